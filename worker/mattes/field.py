"""The signed distance to a mask's 0.5 level line, over the plate."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from worker.mattes.distance import signed_distance
from worker.mattes.geometry import Box, Lattice
from worker.mattes.ramp import ANTI_ALIASING_PX, Ramp, coverage
from worker.mattes.resample import Kernel, at_positions, even_taps
from worker.mattes.softmask import SoftMask, sample
from worker.mattes.tiling import Enlarging

SAMPLES_PER_CELL = 2
"""Least number of lattice points across a cell of the mask grid; a mask has no detail finer than its cells."""

SAMPLES_PER_RAMP = 24
"""Lattice points across a ramp; its slope hides errors far below its width."""

SAMPLES_PER_REACH = 48
"""Lattice points from the edge to the farthest distance that matters: bounds the cost of a large offset, far
from which the distance is nearly straight."""


_PARTLY, _PARTLY_BITS = 2.0, 0x4000
"""What stands for coverage that is not known yet, and its bits as a half float."""


@dataclass(frozen=True)
class DistanceField:
    """Signed distance on a lattice, which for a large plate is coarser than its pixels.

    In between it is interpolated: a distance is linear across a straight edge.
    """

    values_px: torch.Tensor
    """Shape of the lattice's box, float32, in plate pixels: above 0 inside, cut to the reach."""
    lattice: Lattice
    reach_px: float
    """Distances beyond it were cut to it."""

    def at(
        self,
        x_px: torch.Tensor,
        y_px: torch.Tensor,
        *,
        finish: Callable[[torch.Tensor], torch.Tensor],
        dtype: torch.dtype = torch.float32,
    ) -> torch.Tensor:
        """The distance where columns and rows of the plate's plane meet.

        Args:
            x_px: Shape ``(n,)``, float64, in plate pixels.
            y_px: Shape ``(m,)``, float64.
            finish: A function of each distance alone, which it may overwrite.
            dtype: Type of the result.

        Returns:
            Shape ``(m, n)``: the finished distances.
        """
        step, (left, top) = self.lattice.step_px, self.lattice.box[:2]
        x, y = x_px / step - 0.5 - left, y_px / step - 0.5 - top
        return at_positions(self.values_px, x, y, Kernel.LINEAR, finish=finish, dtype=dtype)

    def covered(self, window: Box, ramp: Ramp) -> torch.Tensor:
        """The coverage of a window's pixels by a ramp over the distance.

        Interpolated distances lie between those of the four lattice points around: where all four are on one side
        of the ramp, coverage is plain 0 or 1, and only what is between is interpolated.

        Returns:
            Shape of the window, float16, in [0, 1].
        """
        width, device = self.values_px.shape[1], self.values_px.device
        (first_x, (_, x)), (first_y, (_, y)) = (
            even_taps(
                window[axis],
                window[axis + 2],
                1.0 / self.lattice.step_px,
                self.lattice.box[axis],
                Kernel.LINEAR,
                device,
            )
            for axis in (0, 1)
        )
        # A quarter of the way along the ramp, so that four corners add up to 1 inside and to 0 outside. In steps
        # of arithmetic, since torch is slow at comparing.
        along = (self.values_px - ramp.start_px).mul_(0.25 / ramp.width_px).clamp_(0.0, 0.25)
        across = along[:, :-1] + along[:, 1:]
        total = across[:-1] + across[1:]
        plain = total.ceil().mul_(_PARTLY).sub_(total.floor_())
        out = plain.index_select(1, first_x).half().index_select(0, first_y)
        found = _where_partly(out)
        row = found // len(first_x)
        column = found - row * len(first_x)
        corner = (first_y * width).index_select(0, row).add_(first_x.index_select(0, column))
        across, down = (part.index_select(0, at) for part, at in ((x, column), (y, row)))
        values = self.values_px.view(-1)
        upper, lower = (
            torch.lerp(values.index_select(0, at), values.index_select(0, at + 1), across)
            for at in (corner, corner + width)
        )
        out.view(-1).index_copy_(0, found, coverage(torch.lerp(upper, lower, down), ramp).half())
        return out

    def enlarging(self, tiles: Box, side_px: int) -> Enlarging:
        """From `values_px` to tiles of the plate, of which the box says the first and last columns and rows."""
        scale = 1.0 / self.lattice.step_px
        return Enlarging.even(
            tiles, side_px, (scale, scale), self.lattice.box, Kernel.LINEAR, self.values_px.device
        )


def distance_field(mask: SoftMask, window: Box, width_px: float, reach_px: float) -> DistanceField:
    """Compute the distance on a lattice as fine as the mask's detail and a ramp's width need.

    Args:
        mask: A layer's soft mask.
        window: The pixels of the plate it is asked for.
        width_px: The width of the ramp it is for.
        reach_px: The farthest distance that matters.
    """
    step = _step_px(mask.cell_px, width_px, reach_px)
    lattice = Lattice.around(window, step, reach_px)
    # Interpolation looks at points up to a diagonal beyond the last distance that matters.
    radius = reach_px / step + math.sqrt(2.0)
    return DistanceField(signed_distance(sample(mask, lattice), radius).mul_(step), lattice, radius * step)


def _step_px(cell_px: float, width_px: float, reach_px: float) -> float:
    """How fine the lattice of a distance must be, in plate pixels.

    The level line is taken as chords between lattice points. A chord of length s leaves an arc of radius r by
    s^2 / 8r; masks bend no tighter than about a cell, so that sqrt(cell) keeps it to an eighth of a pixel.
    """
    detail = min(cell_px / SAMPLES_PER_CELL, math.sqrt(cell_px))
    return max(ANTI_ALIASING_PX, detail, width_px / SAMPLES_PER_RAMP, reach_px / SAMPLES_PER_REACH)


def _where_partly(coverage: torch.Tensor) -> torch.Tensor:
    """Where coverage is `_PARTLY`, in a row. Shape ``(n,)``, int64."""
    bits = coverage.view(torch.int16)
    if bits.device.type == "cpu":
        # Far quicker than torch.
        return torch.from_numpy(np.flatnonzero(bits.numpy() == _PARTLY_BITS))
    return torch.nonzero(bits.view(-1) == _PARTLY_BITS).view(-1)
