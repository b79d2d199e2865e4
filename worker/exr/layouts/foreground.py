"""The layout `foreground`: a file for each matte and frame, with the matte's own colour beside it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch

from worker.exr.header import PREFIX, Attribute
from worker.exr.layouts.base import FileSet, Stamp, of_layers
from worker.exr.layouts.rgba import SUFFIXES, channel_attributes
from worker.exr.patch import Patch, blank
from worker.exr.writer import write_exr
from worker.foreground import make_foreground
from worker.layers import LayerSpec
from worker.mattes import Matte
from worker.mattes.threads import each
from worker.media.linear import LinearLight, LinearPlate

COLORSPACE = PREFIX + "foreground_colorspace"
"""The header attribute that names the space of R, G and B."""


class ForegroundLayout:
    """Files ``<clip>_fg_<layer>.<frame>.exr``, one for each layer: scene-linear R, G, B times A, and A.

    The data window is the whole plate: Fusion and Resolve stumble over crops, and black costs nothing on the disk.
    """

    def __init__(self, files: FileSet) -> None:
        self._files = files
        self.layers: tuple[LayerSpec, ...] = files.asked_for

    def files_of(self, frame: int) -> tuple[str, ...]:
        """One file for each layer, in their order."""
        return tuple(self._files.file(f"fg_{layer.name}", frame) for layer in self.layers)

    def write(self, folder: Path, stamp: Stamp, mattes: Iterable[Matte], plate: LinearPlate) -> None:
        """Write a frame's files, see `worker.exr.layouts.base.Layout.write`.

        Args:
            folder: Where the files go.
            stamp: The frame, and what its headers say.
            mattes: The frame's mattes.
            plate: The frame that the mattes are of. Where it could not be read, all mattes are taken for empty.
        """
        chosen = of_layers(mattes, self.layers)

        def write_one(job: tuple[str, LayerSpec, Matte]) -> None:
            name, layer, matte = job
            header = {**stamp.header(self._files.origin, (layer,)), **_color_attributes(layer, plate.light)}
            wh = self._files.plate_wh
            channels = self._channels(matte, plate)
            write_exr(folder / name, channels, (0, 0, *wh), wh, header, self._files.compression)

        jobs = zip(self.files_of(stamp.frame), self.layers, chosen, strict=True)
        each(write_one, jobs, torch.device(self._files.device))

    def write_index(self, folder: Path) -> None:
        """There is none: files have the layers' names."""

    def _channels(self, matte: Matte, plate: LinearPlate) -> dict[str, Patch]:
        """R, G, B and A."""
        if matte.window is None or plate.pixels is None:
            return dict.fromkeys(SUFFIXES, blank())
        color = make_foreground(plate.pixels, matte, self._files.device).premultiplied
        planes = [*np.moveaxis(color, 2, 0), matte.coverage]
        return {suffix: Patch(plane, matte.window) for suffix, plane in zip(SUFFIXES, planes, strict=True)}


def _color_attributes(layer: LayerSpec, light: LinearLight) -> dict[str, Attribute]:
    """Header attributes that say what the colour is; the same in every frame, black ones too."""
    header: dict[str, Attribute] = {**channel_attributes([(layer, SUFFIXES[-1])]), COLORSPACE: light.space}
    # These pixels are colour, unlike those of all other files.
    header["colorInteropID"] = light.interop_id or "unknown"
    if light.chromaticities is not None:
        header["chromaticities"] = light.chromaticities
    return header
