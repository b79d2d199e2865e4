"""Exports without a worker: the files and the manifest of a planned job, empty but rightly named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bridge.frames import DEFAULT_PADDING, parse_frames, split_pattern
from bridge.manifest import FileEntry, LayerEntry, Manifest, ModelEntry, read_manifest, write_manifest
from bridge.request import Layout
from host_adapters.matte_files import MatteSequence, matte_sequences
from host_adapters.resolve.finding import Host, find_host
from host_adapters.resolve.plan import MatteJob, Route, plan_jobs
from host_adapters.resolve.restoring import restored
from host_adapters.resolve.routes import ROUTES, Brought, Place
from host_adapters.resolve.selection import Scope, choose, current_timeline
from tests.host_adapters.resolve.conftest import Edit

LAYERS = ("car", "person", "sky")


def clip_name(source: str) -> str:
    name = Path(source).name
    split = split_pattern(name)
    return split.head.rstrip("._") if split else Path(name).stem


def export(job: MatteJob, layers: tuple[str, ...] = LAYERS) -> str:
    """Write what the worker would; returns the manifest's path."""
    folder = Path(job.request.out)
    folder.mkdir(parents=True, exist_ok=True)
    clip = clip_name(job.request.source)
    frames = parse_frames(job.request.frames) if job.request.frames else (job.media.first,)
    names = {Layout.SINGLE: [f"{clip}_{layer}" for layer in layers], Layout.PACKED: [f"{clip}_pack01"]}
    files = []
    for layout in job.request.layouts:
        for name in names.get(layout, []):
            for frame in frames:
                path = f"{name}.{frame:0{DEFAULT_PADDING}d}.exr"
                (folder / path).touch()
                files.append(FileEntry(path=path, frame=frame, layout=layout.value))
    packs = {"packs": [{"name": f"{clip}_pack01", "channels": dict(zip("RGBA", layers, strict=False))}]}
    (folder / f"{clip}.packs.json").write_text(json.dumps(packs))
    manifest = Manifest(
        software="test",
        clip=clip,
        source=job.request.source,
        size_wh=(96, 64),
        fps=None,
        frames=job.request.frames or "1",
        colorspace="sRGB",
        colorspace_from="rule",
        model=ModelEntry(name="m", licence="x", fingerprint="0", label_set="l"),
        overlap="independent",
        layers=tuple(
            LayerEntry(
                name=layer, category=layer, is_thing=True, track=None, border="hard", layouts=("single", "packed")
            )
            for layer in layers
        ),
        tracks=(),
        files=tuple(files),
        indexes=(f"{clip}.packs.json",),
    )
    path = str(folder / f"{clip}.mattes.json")
    write_manifest(path, manifest)
    return path


class Brings:
    """Plans, exports and brings in, as `run` does with a worker between."""

    def __init__(self, edit: Edit, route: Route, **options: Any) -> None:
        self.edit, self.route, self.options = edit, route, options
        self.host: Host = find_host({"resolve": edit.app})
        self.notes: list[str] = []

    def jobs(self, scope: Scope = Scope.TIMELINE, **values: Any) -> list[MatteJob]:
        self.timeline = current_timeline(self.edit.app)
        chosen = choose(self.timeline, scope)
        return plan_jobs(chosen.items, self.route, str(self.edit.folder / "mattes"), values, self.timeline.project)

    def __call__(self, layers: tuple[str, ...] = LAYERS, **values: Any) -> list[Brought]:
        self.notes = []
        done = []
        for job in self.jobs(**values):
            manifest = export(job, layers)
            place = Place(self.host, self.timeline, job, manifest, self.options, self.notes)
            with restored(self.host, self.timeline, self.notes):
                done += ROUTES[self.route](place, self.sequences(manifest))
        return done

    def sequences(self, manifest: str) -> tuple[MatteSequence, ...]:
        return matte_sequences(manifest, read_manifest(manifest), self.route.layout)


def states(brought: list[Brought]) -> list[str]:
    """What became of each item, in words."""
    return [one.state.value for one in brought]
