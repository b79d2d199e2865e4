"""What an export holds, as the node graph needs it: sequences, layers, and which of them were chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from bridge.frames import split_number
from bridge.manifest import LayerEntry, Manifest
from bridge.naming import short_category
from bridge.request import Layout
from host_adapters.matte_files import FOREGROUND, matte_sequences


@dataclass(frozen=True)
class MatteSequence:
    """The files of one layout."""

    pattern: str
    """``/mattes/plate_mattes.%04d.exr``, with forward slashes on every system."""
    first: int
    last: int
    """Last frame, inclusive."""


@dataclass(frozen=True)
class Picture:
    """Files of their own for a pack of mattes, one matte, or the colour of what one covers."""

    key: str
    """What stands behind the clip's name: ``pack01``, ``person``, ``fg_person``."""
    label: str
    """Which channel shows what: ``R car, G person``; for one matte its layer."""
    layers: tuple[str, ...]
    files: MatteSequence
    is_foreground: bool


@dataclass(frozen=True)
class Export:
    """An export that is done."""

    manifest: Manifest
    folder: Path
    """Where the manifest lies; its paths are relative to it."""

    def sequence(self, layout: Layout) -> Optional[MatteSequence]:
        """The files of a layout that has one file a frame; None where it was not written."""
        files = [file for file in self.manifest.files if file.layout == layout.value]
        if not files:
            return None
        path = (self.folder / files[0].path).as_posix()
        split = split_number(path)
        frames = [file.frame for file in files]
        return MatteSequence(path if split is None else split[0].text, min(frames), max(frames))

    def layers(self) -> tuple[LayerEntry, ...]:
        """The layers of the layout `layers`, in its order."""
        return tuple(entry for entry in self.manifest.layers if Layout.LAYERS.value in entry.layouts)

    def pictures(self) -> tuple[Picture, ...]:
        """The packs, single mattes and foregrounds that were written.

        Raises:
            HostRefusedError: a file is not to be seen from here.
        """
        found: list[Picture] = []
        manifest_path = str(self.folder / f"{self.manifest.clip}.mattes.json")
        for layout in (Layout.PACKED.value, Layout.SINGLE.value, FOREGROUND):
            for one in matte_sequences(manifest_path, self.manifest, layout):
                names = tuple(layer for _, layer in one.layers)
                label = ", ".join(
                    names if len(names) == 1 else (f"{channel} {name}" for channel, name in one.layers)
                )
                files = MatteSequence(one.pattern.text, one.frames[0], one.frames[-1])
                found.append(Picture(one.key, label, names, files, layout == FOREGROUND))
        return tuple(found)

    def objects(self, chosen: Sequence[str], *, by_track: bool) -> tuple[str, ...]:
        """The names in Cryptomatte that stand for chosen layers.

        Args:
            chosen: Layer names.
            by_track: True for the names of `crypto_instance`: tracks of things, and all stuff.
        """
        known = {entry.name: entry for entry in self.manifest.layers}
        names: list[str] = []
        for name in chosen:
            entry = known[name]
            if not by_track or entry.track is not None or not entry.is_thing:
                names += [name] if entry.track is None or by_track else []
            else:
                names += [
                    other.name
                    for other in self.manifest.layers
                    if other.category == entry.category
                    and other.track is not None
                    and Layout.CRYPTOMATTE.value in other.layouts
                ]
        return tuple(dict.fromkeys(names))


def choose(
    layers: Sequence[LayerEntry], words: Sequence[str], most: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The layers that get nodes of their own.

    Args:
        layers: The layers there are.
        words: Layers or categories that were named; none for the first `most`.
        most: How many, where none are named.

    Returns:
        Names of layers, each once, and the words that no layer answers to.
    """
    if not words:
        return tuple(entry.name for entry in layers[:most]), ()
    chosen: list[str] = []
    unknown: list[str] = []
    for word in words:
        found = [entry.name for entry in layers if word in (entry.name, entry.category)]
        # A category's own layer before those of its tracks: who says person wants one matte.
        whole = [
            entry.name
            for entry in layers
            if entry.track is None and word in (entry.name, entry.category, short_category(entry.category))
        ]
        chosen += whole or found
        unknown += [] if whole or found else [word]
    return tuple(dict.fromkeys(chosen)), tuple(unknown)
