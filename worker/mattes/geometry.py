"""Boxes, and how the mask grid and the distance lattice lie on the plate.

Three rasters share one continuous plane measured in plate pixels, origin at the plate's top left corner:

- plate pixel ``(x, y)`` has its centre at ``(x + 0.5, y + 0.5)``;
- mask grid sample ``(i, j)`` of a ``(w, h)`` grid on a ``(W, H)`` plate has its centre at
  ``((i + 0.5) * W / w, (j + 0.5) * H / h)``;
- lattice point ``(i, j)`` lies at ``((i + 0.5) * step, (j + 0.5) * step)``; indices may be negative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

Box = tuple[int, int, int, int]
"""``x0, y0, x1, y1``, half open."""

Size = tuple[int, int]
"""Width and height."""


def grow(box: Box, by: int) -> Box:
    """The box with `by` added on every side; it may leave the picture."""
    x0, y0, x1, y1 = box
    return x0 - by, y0 - by, x1 + by, y1 + by


def inside(box: Box, other: Box) -> Box:
    """The part of a box that lies inside another, which it must meet."""
    return max(box[0], other[0]), max(box[1], other[1]), min(box[2], other[2]), min(box[3], other[3])


def clip(box: Box, size_wh: Size) -> Box:
    """The part of a box inside a picture of that size, which the box must meet."""
    return inside(box, (0, 0, *size_wh))


def meet(box: Box, other: Box) -> Box | None:
    """What two boxes share; None where that is nothing."""
    x0, y0, x1, y1 = inside(box, other)
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def part_of(around: Box, box: Box) -> tuple[slice, slice]:
    """Rows and columns of a box in an array that shows `around`."""
    x0, y0 = around[:2]
    return slice(box[1] - y0, box[3] - y0), slice(box[0] - x0, box[2] - x0)


def union(boxes: list[Box]) -> Box | None:
    """The smallest box that holds all of them; None for no boxes."""
    if not boxes:
        return None
    return (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )


def box_wh(box: Box) -> Size:
    """Width and height of a box."""
    return box[2] - box[0], box[3] - box[1]


@dataclass(frozen=True)
class Lattice:
    """A square lattice of sample points over a part of the plate's plane."""

    step_px: float
    """Distance of neighbouring points. At 1 the points are the centres of the plate's pixels."""
    box: Box
    """The indices of its points."""

    @classmethod
    def around(cls, window: Box, step_px: float, margin_px: float) -> Lattice:
        """The lattice that holds a window of plate pixels and at least `margin_px` around it."""
        x0, y0, x1, y1 = window
        return cls(
            step_px,
            (
                math.floor((x0 - margin_px) / step_px - 0.5),
                math.floor((y0 - margin_px) / step_px - 0.5),
                math.ceil((x1 + margin_px) / step_px - 0.5) + 1,
                math.ceil((y1 + margin_px) / step_px - 0.5) + 1,
            ),
        )

    def points_px(self, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
        """Where its columns and its rows lie in the plate's plane. Float64, in plate pixels."""
        x0, y0, x1, y1 = self.box
        columns = torch.arange(x0, x1, dtype=torch.float64, device=device)
        rows = torch.arange(y0, y1, dtype=torch.float64, device=device)
        return (columns + 0.5) * self.step_px, (rows + 0.5) * self.step_px
