"""The band round an edge in which the picture is asked, and the tiles of the plate that it touches."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from bridge.borders import Border
from worker.mattes.field import DistanceField, distance_field
from worker.mattes.geometry import Box
from worker.mattes.growth import grown
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
    x, y = (
        torch.arange(first, end, side_px, dtype=torch.float64, device=device)
        for first, end in zip(window[:2], window[2:], strict=True)
    )
    half = side_px / 2.0
    plain = band.field.at(x + half, y + half, finish=lambda d: (d >= 0.0).float())
    return _met(band, side_px, x, y).cpu(), plain.cpu()


def _met(band: Band, side_px: int, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Which tiles the band meets, by where their columns and rows begin. Shape ``(rows, columns)``, bool.

    A pixel's distance lies between those of the lattice points around it. From one of them to the next it cannot
    leap over a band that is wider than their distance; a band that is not is looked for as if it were.
    """
    values, lattice = band.field.values_px, band.field.lattice
    near = (max(band.half_px, lattice.step_px) - values.abs()).clamp_(min=0.0)
    for axis, starts in ((1, y), (0, x)):
        at = (starts + 0.5) / lattice.step_px - (0.5 + lattice.box[axis])
        first, count = at.floor().long(), math.ceil((side_px - 1) / lattice.step_px) + 2
        points = first[:, None] + torch.arange(count, device=first.device)
        near = F.embedding_bag(points.clamp_(0, len(near) - 1), near, mode="sum").T.contiguous()
    return near > 0.0
