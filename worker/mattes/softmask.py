"""The soft mask of a layer: the join of its segments, and its values anywhere on the plate."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch

from worker.mattes.geometry import Box, Lattice, Size, box_wh, clip, grow, union
from worker.mattes.resample import REACH, Kernel, at_positions, prefilter
from worker.segments import Segment


@dataclass(frozen=True)
class SoftMask:
    """Probability on the part of the mask grid where a layer is not zero."""

    values: torch.Tensor
    """Shape ``(y1 - y0, x1 - x0)``, float32, in [0, 1]."""
    box: Box
    """``x0, y0, x1, y1`` in the mask grid; outside of it the mask is 0."""
    grid_wh: Size
    """Width and height of the mask grid."""
    plate_wh: Size
    """Width and height of the plate the grid covers, in pixels."""

    @property
    def cell_px(self) -> float:
        """The smaller side of a grid cell, in plate pixels."""
        return min(self.plate_wh[0] / self.grid_wh[0], self.plate_wh[1] / self.grid_wh[1])

    def plate_window(self, reach_px: int) -> Box:
        """The plate pixels the mask can have an effect on, grown by `reach_px` and clipped to the plate."""
        x0, y0, x1, y1 = grow(self.box, REACH)
        scale_x, scale_y = self.plate_wh[0] / self.grid_wh[0], self.plate_wh[1] / self.grid_wh[1]
        window = (int(x0 * scale_x), int(y0 * scale_y), -int(-x1 * scale_x // 1), -int(-y1 * scale_y // 1))
        return clip(grow(window, reach_px), self.plate_wh)


def join(segments: Iterable[Segment], grid_wh: Size, plate_wh: Size, device: torch.device) -> SoftMask | None:
    """Join the masks of a layer's segments as ``min(1, sum)``.

    Soft masks are visible coverage: where two persons touch, each has 0.5 on the seam and their sum is 1, while
    the greater of the two would leave a crack.

    Returns:
        None where no segment has any coverage.
    """
    members = [s for s in segments if s.mask.any()]
    box = union([s.box for s in members])
    if box is None:
        return None
    width, height = box_wh(box)
    total = np.zeros((height, width), np.uint32)
    for segment in members:
        x0, y0, x1, y1 = segment.box
        total[y0 - box[1] : y1 - box[1], x0 - box[0] : x1 - box[0]] += segment.mask
    values = np.minimum(total, 255).astype(np.float32) / np.float32(255.0)
    return SoftMask(torch.from_numpy(values).to(device), box, grid_wh, plate_wh)


def sample(
    mask: SoftMask,
    lattice: Lattice,
    *,
    finish: Callable[[torch.Tensor], torch.Tensor] | None = None,
    dtype: torch.dtype = torch.float32,
) -> torch.Tensor:
    """The mask's value at every point of a lattice; beyond the plate's frame it goes on by replication.

    Args:
        mask: A layer's soft mask.
        lattice: Where to sample it.
        finish: A function of each value alone that is applied last.
        dtype: Type of the result.

    Returns:
        Shape of the lattice's box, in [0, 1] before `finish`.
    """
    around = clip(grow(mask.box, REACH), mask.grid_wh)
    width, height = box_wh(around)
    padded = torch.zeros((height, width), dtype=torch.float32, device=mask.values.device)
    x0, y0, x1, y1 = mask.box
    padded[y0 - around[1] : y1 - around[1], x0 - around[0] : x1 - around[0]] = mask.values
    x_px, y_px = lattice.points_px(mask.values.device)
    x = x_px * (mask.grid_wh[0] / mask.plate_wh[0]) - 0.5 - around[0]
    y = y_px * (mask.grid_wh[1] / mask.plate_wh[1]) - 0.5 - around[1]
    kernel = Kernel.BSPLINE
    if mask.grid_wh == mask.plate_wh and lattice.step_px == 1.0:
        # The samples are the pixels: nothing lies between them, and the probability stays as it is.
        kernel = Kernel.LINEAR
    else:
        padded = prefilter(padded)

    def last(values: torch.Tensor) -> torch.Tensor:
        values = values.clamp_(0.0, 1.0)
        return values if finish is None else finish(values)

    return at_positions(padded, x, y, kernel, finish=last, dtype=dtype)
