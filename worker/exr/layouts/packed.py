"""The layout `packed`: four mattes as R, G, B and A of one picture. What Resolve's Color page reads."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, repeat
from pathlib import Path

import msgspec

from bridge.files import write_whole
from worker.exr.disk import disk_errors
from worker.exr.layouts.base import FileSet, Stamp, of_layers
from worker.exr.layouts.rgba import SUFFIXES, channel_attributes
from worker.exr.patch import Patch, blank
from worker.exr.writer import write_exr
from worker.layers import LayerSpec
from worker.mattes import Matte

FORMAT = 1
"""The index's own version; raised when a field changes its meaning."""


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """One sequence of packs."""

    name: str
    """What stands before the frame number in its files: ``plate_pack01``."""
    channels: dict[str, str]
    """Layers by channel: R, G, B, A. A channel without a layer is black."""


class Packs(msgspec.Struct, frozen=True, kw_only=True):
    """The content of ``<clip>.packs.json``, true for all frames."""

    format: int = FORMAT
    software: str
    clip: str
    packs: tuple[Pack, ...]


class PackedLayout:
    """Files ``<clip>_pack01.<frame>.exr`` and on, four layers each, and ``<clip>.packs.json``."""

    def __init__(self, files: FileSet) -> None:
        self._files = files
        self.layers: tuple[LayerSpec, ...] = files.asked_for
        starts = range(0, len(self.layers), len(SUFFIXES))
        self._packs = [self.layers[start : start + len(SUFFIXES)] for start in starts]

    def files_of(self, frame: int) -> tuple[str, ...]:
        """One file for every four layers."""
        return tuple(self._files.file(_ending(number), frame) for number in range(len(self._packs)))

    def write(self, folder: Path, stamp: Stamp, mattes: Iterable[Matte]) -> None:
        """See `worker.exr.layouts.base.Layout.write`."""
        wh = self._files.plate_wh
        patches = [Patch.of(matte) for matte in of_layers(mattes, self.layers)]
        for name, pack in zip(self.files_of(stamp.frame), self._packs, strict=True):
            header = {
                **stamp.header(self._files.origin, pack),
                **channel_attributes(zip(pack, SUFFIXES, strict=False)),
            }
            members, patches = patches[: len(SUFFIXES)], patches[len(SUFFIXES) :]
            channels = dict(zip(SUFFIXES, chain(members, repeat(blank())), strict=False))
            write_exr(folder / name, channels, (0, 0, *wh), wh, header, self._files.compression)

    def write_index(self, folder: Path) -> str:
        """Write ``<clip>.packs.json``, see `Packs`; readers see the old one or the new one, never a part."""
        packs = Packs(
            software=self._files.origin.software,
            clip=self._files.clip,
            packs=tuple(
                Pack(
                    name=f"{self._files.clip}_{_ending(number)}",
                    channels={suffix: layer.name for suffix, layer in zip(SUFFIXES, pack, strict=False)},
                )
                for number, pack in enumerate(self._packs)
            ),
        )
        name = f"{self._files.clip}.packs.json"
        data = msgspec.json.format(msgspec.json.encode(packs), indent=2) + b"\n"
        with disk_errors(folder / name):
            write_whole(folder / name, data)
        return name


def _ending(number: int) -> str:
    """What stands behind the clip's name; artists count packs from 1."""
    return f"pack{number + 1:02d}"
