"""The files of an export, as the sequences that hosts take in: one for each pack of four, each matte, or all."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import BadRequestError
from bridge.frames import FramePattern, split_number
from bridge.manifest import Manifest
from bridge.request import Layout
from host_adapters.brackets import in_brackets
from host_adapters.errors import HostRefusedError
from host_adapters.ranges import Span

FOREGROUND = "foreground"
"""What manifests call the files of foreground colour, which are asked for by a flag and no layout."""


@dataclass(frozen=True)
class MatteSequence:
    """The files of one pack or one matte."""

    name: str
    """What stands before the frame number: ``plate_pack01``, ``plate_person``."""
    key: str
    """The same without the clip's name, equal in every shot: ``pack01``, ``person``."""
    layers: tuple[tuple[str, str], ...]
    """Channels and the layers they show: ``(("R", "car"), ("G", "person"))``; ``RGBA`` for a single matte."""
    pattern: FramePattern
    """Absolute, with forward slashes."""
    frames: tuple[int, ...]

    @property
    def words(self) -> str:
        """What it holds, for the person."""
        if len(self.layers) == 1 and self.layers[0][0] == "RGBA":
            return f"{self.name} ({self.layers[0][1]})"
        return f"{self.name} ({', '.join(f'{channel} {layer}' for channel, layer in self.layers)})"

    def runs(self) -> tuple[Span, ...]:
        """Its frames as runs without gaps: each is a clip to Resolve."""
        found: list[Span] = []
        for frame in self.frames:
            if found and found[-1].end == frame:
                found[-1] = Span(found[-1].start, frame + 1)
            else:
                found.append(Span(frame, frame + 1))
        return tuple(found)

    def run_with(self, frames: Span) -> Span:
        """The run that holds these frames.

        Raises:
            HostRefusedError: no run does.
        """
        for run in self.runs():
            if run.start <= frames.start and frames.end <= run.end:
                return run
        raise HostRefusedError(f"{self.name} has no mattes for frames {frames.start} to {frames.end - 1}")

    def path(self, frame: int) -> str:
        """The file of a frame."""
        return self.pattern.path(frame)

    def brackets(self, run: Span) -> str:
        """A run as Resolve writes sequences: ``name.[1001-1100].exr``."""
        return in_brackets(self.pattern, run)


def matte_sequences(manifest_path: str, manifest: Manifest, layout: str) -> tuple[MatteSequence, ...]:
    """The sequences of a layout, in the order of the export's layers; every file is there.

    Args:
        manifest_path: Where the manifest lies; files are named from there.
        manifest: The manifest.
        layout: Which files: a `Layout`, or `FOREGROUND`.

    Raises:
        HostRefusedError: a file is missing on this machine.
        BadRequestError: the files are not named as this version names them.
    """
    folder = Path(manifest_path).absolute().parent
    found: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for entry in manifest.files:
        if entry.layout == layout:
            path = folder / entry.path
            if not path.exists():
                raise HostRefusedError(
                    f"{path} is not to be seen from here; the host and the worker must see the same disks"
                )
            split = split_number(path.as_posix())
            if split is None:
                raise BadRequestError(f"{path} has no frame number")
            found[split[0].head, split[0].tail].append((split[1], path.as_posix()))
    channels = _channels(folder, manifest, layout)
    sequences = []
    for (head, _), files in found.items():
        name = Path(head).name.rstrip(".")
        if name not in channels:
            raise BadRequestError(f"{name} is in no index of {manifest_path}")
        frames = tuple(sorted(frame for frame, _ in files))
        first = next(path for frame, path in files if frame == frames[0])
        split = split_number(first)
        assert split is not None
        key = name[len(manifest.clip) + 1 :]
        sequences.append(MatteSequence(name, key, channels[name], split[0], frames))
    order = list(channels)
    return tuple(sorted(sequences, key=lambda sequence: order.index(sequence.name)))


def _channels(folder: Path, manifest: Manifest, layout: str) -> dict[str, tuple[tuple[str, str], ...]]:
    if layout == Layout.PACKED:
        return _channels_of_packs(folder, manifest)
    if layout == Layout.SINGLE:
        return _channels_of_singles(manifest)
    if layout == FOREGROUND:
        # Whatever has a matte can have one; which have, the files say.
        return {f"{manifest.clip}_fg_{layer.name}": (("A", layer.name),) for layer in manifest.layers}
    # One file holds them all, by name.
    ending = "mattes" if layout == Layout.LAYERS else "crypto"
    layers = tuple(layer.name for layer in manifest.layers if layout in layer.layouts)
    return {f"{manifest.clip}_{ending}": tuple((f"{layer}.A", layer) for layer in layers)}


def _channels_of_packs(folder: Path, manifest: Manifest) -> dict[str, tuple[tuple[str, str], ...]]:
    found = {}
    for index in manifest.indexes:
        if index.endswith(".packs.json"):
            for pack in json.loads((folder / index).read_text(encoding="utf-8"))["packs"]:
                found[pack["name"]] = tuple(pack["channels"].items())
    return found


def _channels_of_singles(manifest: Manifest) -> dict[str, tuple[tuple[str, str], ...]]:
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for layer in manifest.layers:
        if Layout.SINGLE.value in layer.layouts:
            for ending in (layer.name, f"{layer.name}-matte"):
                found[f"{manifest.clip}_{ending}"] = (("RGBA", layer.name),)
    return found
