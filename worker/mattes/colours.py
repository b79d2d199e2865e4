"""The colours of the cells of the mask grid, found once for all layers of a frame."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch

from worker.mattes.geometry import Box, Size, clip, grow, part_of
from worker.mattes.linear import RADIUS, Spread, spread
from worker.mattes.matrices import Sparse, cell_means
from worker.mattes.picture import values

_BLOCK = (512, 16)
"""Width and height of the blocks of cells whose colours are computed together: whole rows of most grids, since
long ones are quick to add, and few of them, for masks that need few."""

_SPREAD_BLOCK = (192, 64)
"""The same for how they vary, which takes many short steps over little."""

_FAR = 64
"""Distance, in pixels, of those that say what a plate's mean colour is about."""


class CellColours:
    """Mean colours of cells and how they vary around each, found where asked for. Usable from several threads."""

    def __init__(self, plate: npt.NDArray[np.uint8], grid_wh: Size, device: torch.device) -> None:
        """
        Args:
            plate: Shape ``(H, W, 3)``, uint8, sRGB.
            grid_wh: Width and height of the mask grid, which covers the plate.
            device: Where the colours are kept.
        """
        self.plate = plate
        self.grid_wh = grid_wh
        self._centre = _middle(plate).to(device)
        # Never filled as a whole: memory that is not touched is not taken.
        self._means = torch.empty((3, grid_wh[1], grid_wh[0]), device=device)
        self._spread = torch.empty((9, grid_wh[1], grid_wh[0]), device=device)
        self._averaged: set[tuple[int, int]] = set()
        self._spread_out: set[tuple[int, int]] = set()

    def of(self, box: Box) -> torch.Tensor:
        """Mean colours of a part of the grid. Shape ``(3, h, w)``, float32, sRGB in [0, 1]; not to be changed."""
        for block in _blocks(box, _BLOCK):
            if block not in self._averaged:
                self._average(self._box(block, _BLOCK))
                # Last: another thread may find it done, or do the same once more.
                self._averaged.add(block)
        return self._means[self._part(box)]

    def spread(self, box: Box) -> Spread:
        """How colours vary around the cells of a part of the grid; not to be changed."""
        for block in _blocks(box, _SPREAD_BLOCK):
            if block not in self._spread_out:
                inner = self._box(block, _SPREAD_BLOCK)
                around = clip(grow(inner, RADIUS), self.grid_wh)
                found = spread(self.of(around), self._centre)
                cut = (slice(None), *part_of(around, inner))
                self._spread[self._part(inner)] = torch.cat([found.mean[cut], found.factors[cut]])
                self._spread_out.add(block)
        kept = self._spread[self._part(box)]
        return Spread(self._centre, kept[:3], kept[3:])

    def _box(self, block: tuple[int, int], block_wh: Size) -> Box:
        x0, y0 = block[1] * block_wh[0], block[0] * block_wh[1]
        return clip((x0, y0, x0 + block_wh[0], y0 + block_wh[1]), self.grid_wh)

    def _part(self, box: Box) -> tuple[slice, slice, slice]:
        return (slice(None), *part_of((0, 0, *self.grid_wh), box))

    def _average(self, box: Box) -> None:
        part = self._means[self._part(box)]
        (left, right, across), (top, bottom, down) = (
            _share(box[axis], box[axis + 2], self.plate.shape[1 - axis], self.grid_wh[axis], part.device)
            for axis in (0, 1)
        )
        # Rows first: it is the pixels that are many.
        shown = values(self.plate, (left, top, right, bottom), part.device)
        lines = down.times(shown.view(bottom - top, -1)).view(-1, right - left, 3)
        means = across.times(lines.permute(1, 2, 0).reshape(right - left, -1)).div_(255.0)
        # In one step: another thread may be reading what was found here before.
        part.copy_(means.view(-1, 3, part.shape[1]).permute(1, 2, 0))


def _middle(plate: npt.NDArray[np.uint8]) -> torch.Tensor:
    """About the mean colour of a plate, from pixels here and there. Shape ``(3, 1, 1)``, float32, in [0, 1]."""
    seen = torch.from_numpy(np.array(plate[::_FAR, ::_FAR]))
    return seen.float().mean((0, 1)).div_(255.0).view(3, 1, 1)


@lru_cache(maxsize=1024)
def _share(start: int, end: int, count_px: int, count: int, device: torch.device) -> tuple[int, int, Sparse]:
    """The pixels that cells `start` to `end` of `count` have a share in, of `count_px` along an axis.

    Returns:
        The first, one behind the last, and the matrix that averages them; see `cell_means`.
    """
    cell_px = count_px / count
    first, last = math.floor(start * cell_px), min(math.ceil(end * cell_px), count_px)
    matrix = cell_means(start, end - start, cell_px, first, last - first)
    return first, last, Sparse.of(matrix.to(device))


def _blocks(box: Box, block_wh: Size) -> Iterator[tuple[int, int]]:
    """Row and column of the blocks that a part of the grid meets."""
    (x0, y0, x1, y1), (width, height) = box, block_wh
    yield from itertools.product(range(y0 // height, -(-y1 // height)), range(x0 // width, -(-x1 // width)))
