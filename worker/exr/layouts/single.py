"""The layout `single`: a file for each matte and frame, the matte in all four channels. What everything reads."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from worker.exr.layouts.base import FileSet, Stamp, of_layers
from worker.exr.layouts.rgba import SUFFIXES, channel_attributes
from worker.exr.patch import Patch
from worker.exr.writer import write_exr
from worker.layers import LayerSpec
from worker.mattes import Matte

_TAKEN = re.compile(r"mattes|crypto|pack\d+|fg_\w+")
"""Endings of the other layouts' files."""


class SingleLayout:
    """Files ``<clip>_<layer>.<frame>.exr``, one for each layer."""

    def __init__(self, files: FileSet) -> None:
        self._files = files
        self.layers: tuple[LayerSpec, ...] = files.asked_for

    def files_of(self, frame: int) -> tuple[str, ...]:
        """One file for each layer, in their order."""
        return tuple(self._files.file(_ending(layer.name), frame) for layer in self.layers)

    def write(self, folder: Path, stamp: Stamp, mattes: Iterable[Matte]) -> None:
        """See `worker.exr.layouts.base.Layout.write`."""
        chosen = of_layers(mattes, self.layers)
        wh = self._files.plate_wh
        for name, layer, matte in zip(self.files_of(stamp.frame), self.layers, chosen, strict=True):
            header = {
                **stamp.header(self._files.origin, (layer,)),
                **channel_attributes([(layer, SUFFIXES[-1])]),
            }
            channels = dict.fromkeys(SUFFIXES, Patch.of(matte))
            write_exr(folder / name, channels, (0, 0, *wh), wh, header, self._files.compression)

    def write_index(self, folder: Path) -> None:
        """There is none: files have the layers' names."""


def _ending(layer: str) -> str:
    """The layer's name; with ``-matte`` behind it, which no layer's name has, where it is another layout's."""
    return f"{layer}-matte" if _TAKEN.fullmatch(layer) else layer
