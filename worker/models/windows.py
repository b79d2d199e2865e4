"""Windows of a plate, for a closer look at each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worker.mattes.geometry import Box, Size
from worker.models.base import Plate

OVERLAP = 0.25
"""Least share of a window's side that the next one shows too."""

PLAIN = 2.0
"""Greatest standard deviation of a window's pixels, of 255, in which there is nothing to be found."""

Raster = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Window:
    """A part of the plate that is looked at closer."""

    box_px: Box
    """In the plate."""
    cells: Box
    """In the fine grid."""
    weight: Raster
    """How much it counts in its cells: 1 in the middle, falling to 0 at a rim that is not the plate's."""


def windows(grid_wh: Size, plate_wh: Size, detail: int) -> Iterator[Window]:
    """The windows of a plate, row by row: each as many cells of the fine grid as the whole has of its own."""
    columns, rows = (_places(cells, detail) for cells in grid_wh)
    for top, left in itertools.product(rows, columns):
        cells = (left, top, left + grid_wh[0], top + grid_wh[1])
        box_px = tuple(
            edge
            for axis in (0, 1)
            for edge in _pixels(cells[axis], grid_wh[axis], grid_wh[axis] * detail, plate_wh[axis])
        )
        x0, x1, y0, y1 = box_px
        weight = np.minimum.outer(
            _fade(top, grid_wh[1], grid_wh[1] * detail), _fade(left, grid_wh[0], grid_wh[0] * detail)
        )
        yield Window((x0, y0, x1, y1), cells, weight)


def _places(cells: int, detail: int) -> list[int]:
    """First cells of the windows along an axis, the last of which ends with the fine grid."""
    count = 1 + int(np.ceil((detail - 1) / (1.0 - OVERLAP)))
    return [round(cells * (detail - 1) * i / (count - 1)) for i in range(count)]


def _pixels(first: int, count: int, fine: int, size_px: int) -> tuple[int, int]:
    """First and last pixel (half open) under cells of the fine grid; equally many for all windows of an axis."""
    width = min(size_px, -(-count * size_px // fine))
    start = min(first * size_px // fine, size_px - width)
    return start, start + width


def _fade(first: int, count: int, fine: int) -> Raster:
    """1 in the middle of an axis of a window, falling over the overlap to 0 at ends that are not the plate's."""
    ramp = max(1.0, count * OVERLAP)
    at = np.arange(count, dtype=np.float32) + 0.5
    before = np.ones_like(at) if first == 0 else np.clip(at / ramp, 0.0, 1.0)
    after = np.ones_like(at) if first + count == fine else np.clip((count - at) / ramp, 0.0, 1.0)
    t = np.minimum(before, after)
    smooth: Raster = (t * t * (3.0 - 2.0 * t)).astype(np.float32)
    return smooth


def promises(plate: Plate, window: Window) -> bool:
    """Whether there may be something in a window: a clear sky has nothing."""
    x0, y0, x1, y1 = window.box_px
    step = max(1, (x1 - x0) // 128)
    return bool(plate[y0:y1:step, x0:x1:step].std((0, 1)).max() > PLAIN)
