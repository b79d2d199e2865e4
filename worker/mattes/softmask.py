"""The soft mask of a layer: the join of its segments, and its values anywhere on the plate."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from worker.mattes.geometry import Box, Lattice, Size, box_wh, clip, grow, part_of, union
from worker.mattes.resample import REACH, Kernel, enlarged, even_taps, prefilter
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
    def around(self) -> Box:
        """All cells of the grid that the mask has an effect on."""
        return clip(grow(self.box, REACH), self.grid_wh)

    @cached_property
    def samples(self) -> torch.Tensor:
        """The mask on the cells `around` it, float32."""
        width, height = box_wh(self.around)
        out = torch.zeros((height, width), dtype=torch.float32, device=self.values.device)
        out[part_of(self.around, self.box)] = self.values
        return out

    @cached_property
    def prefiltered(self) -> torch.Tensor:
        """The same as a cubic B-spline wants it."""
        return prefilter(self.samples)

    @property
    def cell_px(self) -> float:
        """The smaller side of a grid cell, in plate pixels."""
        return min(self.plate_wh[0] / self.grid_wh[0], self.plate_wh[1] / self.grid_wh[1])

    def plate_window(self, reach_px: int) -> Box:
        """The plate pixels the mask can have an effect on, grown by `reach_px` and clipped to the plate."""
        return self._under(grow(self.box, REACH), reach_px)

    def inner_window(self, reach_px: int) -> Box:
        """The plate pixels where the mask may be one half or more, grown by `reach_px` and clipped to the plate.

        Models are a little unsure far beyond an edge, and the boxes of their masks hold all of that. Where the
        mask is less than one half everywhere it is one pixel, which is as good as any.
        """
        # Values lie between the samples around them, or between the prefiltered ones, as the kernel is.
        most = torch.maximum(self.samples, self.prefiltered).cpu().numpy() >= 0.5
        rows, columns = (np.flatnonzero(most.any(axis)) for axis in (1, 0))
        if len(rows) == 0:
            return 0, 0, 1, 1
        x0, y0 = self.around[:2]
        cells = x0 + int(columns[0]), y0 + int(rows[0]), x0 + int(columns[-1]) + 1, y0 + int(rows[-1]) + 1
        return self._under(grow(cells, REACH), reach_px)

    def _under(self, cells: Box, reach_px: int) -> Box:
        """The pixels under some cells, grown by `reach_px` and clipped to the plate."""
        x0, y0, x1, y1 = cells
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
    values = np.zeros((height, width), np.float32)
    for segment in members:
        values[part_of(box, segment.box)] += segment.mask
    if len(members) > 1:
        np.minimum(values, 255.0, out=values)
    values /= np.float32(255.0)
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
    # Where the samples are the pixels, nothing lies between them, and the probability stays as it is.
    plain = mask.grid_wh == mask.plate_wh and lattice.step_px == 1.0
    kernel, samples = (Kernel.LINEAR, mask.samples) if plain else (Kernel.BSPLINE, mask.prefiltered)

    def last(values: torch.Tensor) -> torch.Tensor:
        values = values.clamp_(0.0, 1.0)
        return values if finish is None else finish(values)

    columns, rows = (
        even_taps(
            lattice.box[axis],
            lattice.box[axis + 2],
            lattice.step_px * mask.grid_wh[axis] / mask.plate_wh[axis],
            mask.around[axis],
            kernel,
            samples.device,
        )
        for axis in (0, 1)
    )
    return enlarged(samples, columns, rows, finish=last, dtype=dtype)
