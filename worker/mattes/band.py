"""The band round an edge in which the picture is asked, and the tiles of the plate that it touches."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from bridge.borders import Border
from worker.mattes.field import DistanceField, distance_field
from worker.mattes.geometry import Box
from worker.mattes.growth import grown
from worker.mattes.matrices import Sparse
from worker.mattes.ramp import ANTI_ALIASING_PX
from worker.mattes.softmask import SoftMask

SURE = 0.4
"""The outer part of each side of the band, over which what the picture says fades to plain inside or outside."""


@dataclass(frozen=True)
class Band:
    """All within half a width of the edge of a mask that has been grown by its border's offset."""

    mask: SoftMask
    """The grown mask."""
    half_px: float
    """Half of the band's width."""
    window: Box
    """The plate's pixels that the mask and its band can have an effect on."""
    field: DistanceField

    def weigh(self, distance_px: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What holds at points of the plate.

        Args:
            distance_px: Any shape, float32: the field's values there; overwritten.

        Returns:
            Two rasters of the same shape, float32: plain coverage, 1 inside and 0 outside, and the weight of
            the picture: 1 around the edge, falling smoothly to 0 at the band's rim, before plain coverage jumps.
        """
        plain = (distance_px >= 0.0).float()
        t = distance_px.abs_().div_(-self.half_px * SURE).add_(1.0 / SURE).clamp_(0.0, 1.0)
        return plain, t.square().mul_(t.mul_(-2.0).add_(3.0))


def band_of(mask: SoftMask, border: Border) -> Band:
    """The band of a `guided` or `matting` border."""
    height = mask.plate_wh[1]
    moved = grown(mask, border.offset.px(height))
    half = max(border.soft_width.px(height), ANTI_ALIASING_PX) / 2.0
    window = moved.inner_window(math.ceil(half))
    return Band(moved, half, window, distance_field(moved, window, 2.0 * half, half))


def tiles(band: Band, side_px: int) -> Iterator[tuple[Box, float | None]]:
    """Cut the band's window into tiles.

    Returns:
        Boxes of the plate, each with the coverage of all of its pixels, 0 or 1, or None where the band meets it.
    """
    x0, y0, x1, y1 = band.window
    met, plain = tile_grid(band, side_px, band.window)
    for row, column in itertools.product(*map(range, met.shape)):
        left, top = x0 + column * side_px, y0 + row * side_px
        box = (left, top, min(left + side_px, x1), min(top + side_px, y1))
        yield box, None if met[row, column] else float(plain[row, column])


def tile_grid(band: Band, side_px: int, window: Box) -> tuple[torch.Tensor, torch.Tensor]:
    """What is to do in the tiles that cover a part of the plate, from its top left corner.

    Returns:
        Two tensors of shape ``(rows, columns)`` on the CPU: which tiles the band meets, bool, and the coverage of
        all pixels of those that it does not, float32, 0 or 1.
    """
    device = band.field.values_px.device
    starts = [
        torch.arange(window[axis], window[axis + 2], side_px, dtype=torch.float64, device=device)
        for axis in (0, 1)
    ]
    x, y = (start + side_px / 2.0 for start in starts)
    plain = band.field.at(x, y, finish=lambda d: (d >= 0.0).float())
    return _met(band, side_px, starts).cpu(), plain.cpu()


def _met(band: Band, side_px: int, starts: list[torch.Tensor]) -> torch.Tensor:
    """Which tiles the band meets, by where they begin. Shape ``(rows, columns)``, bool."""
    field, step = band.field, band.field.lattice.step_px
    near = (band.half_px + step - field.values_px.abs()).clamp_(min=0.0)
    # Interpolation carries a lattice point up to a step away.
    across, down = (
        Sparse.of(((points > start - step) & (points < start + (side_px + step))).float())
        for points, start in zip(field.lattice.points_px(near.device), (s[:, None] for s in starts), strict=True)
    )
    return across.times(down.times(near).T.contiguous()).T > 0.0
