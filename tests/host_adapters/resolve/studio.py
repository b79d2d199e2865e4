"""An edit in the fake Resolve with media on disk, a real worker, and what its mattes are held against.

Each EXR names in its header the plate it was made of, so that what the host reads for a frame of the timeline can
be held against the plate it shows there.
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from host_adapters.resolve import run
from host_adapters.resolve.run import Report
from tests.fakes.resolve import FakeTimelineItem
from tests.host_adapters.end_to_end import made_of
from tests.host_adapters.resolve.conftest import Edit
from tests.worker.media.made import write_movie


class Studio:
    """An edit whose media are on disk, and a worker."""

    def __init__(self, folder: Path, pictures: list[Image.Image], worker: str, **options: Any) -> None:
        self.edit = Edit(folder, **options)
        self.pictures, self.worker, self.out = pictures, worker, folder / "mattes"

    def sequence(self, name: str, first: int, frames: int) -> Any:
        for i in range(frames) if not (self.edit.folder / f"{name}.{first:04d}.png").exists() else ():
            self.pictures[i % len(self.pictures)].save(self.edit.folder / f"{name}.{first + i:04d}.png")
        return self.edit.sequence(name, first, frames)

    def movie(self, name: str, frames: int, rate: Fraction) -> Any:
        plates = [np.asarray(self.pictures[i % len(self.pictures)]) for i in range(frames)]
        write_movie(self.edit.folder / name, "mpeg4", rate=rate, pictures=plates)
        return self.edit.movie(name, frames)

    def still(self, name: str) -> Any:
        self.pictures[0].save(self.edit.folder / name)
        return self.edit.movie(name, 1, Type="Still", End="0")

    def run(self, route: str, scope: str = "timeline", **wishes: Any) -> Report:
        said: list[str] = []
        wishes.setdefault("categories", "sky")
        return run(
            scope,
            route,
            out=str(self.out),
            address=self.worker,
            script_globals={"resolve": self.edit.app},
            say=said.append,
            contact_sheet=False,
            **wishes,
        )


def plate_frame(item: FakeTimelineItem, frame: int) -> int:
    """The worker's number of the plate an item shows: in its file's name, or counted from 1 in a movie."""
    path = item.file_at(frame)
    found = re.fullmatch(r".*\.(\d+)\.png", path.name)
    if found:
        return int(found[1])
    return 1 if item.media.still else item.source_index(frame) + 1


def check_track(studio: Studio, item: FakeTimelineItem, layer: str) -> None:
    tracks = [t for t in studio.edit.app.timeline.tracks if t.name.startswith(f"Mattebridge {layer}")]
    mattes = [m for t in tracks for m in t.items if m.media.name.endswith(".exr") and m.start == item.start]
    (matte,) = mattes
    assert (matte.start, matte.end) == (item.start, item.end)
    for frame in range(item.start, item.end):
        assert made_of(matte.file_at(frame))[1] == plate_frame(item, frame)


def check_fusion(item: FakeTimelineItem, layer: str) -> None:
    comp = item.comps[item.active_comp or ""]
    for frame in range(item.start, item.end):
        path = comp.tools[f"Matte_{layer}"].file_at(comp.start + frame - item.start)
        assert path is not None
        assert made_of(path)[1] == plate_frame(item, frame)
