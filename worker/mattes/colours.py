"""The colours of the cells of the mask grid, found once for all layers of a frame."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch

from worker.mattes.geometry import Box, Size, clip, grow, part_of
from worker.mattes.linear import RADIUS, Spread, spread
from worker.mattes.matrices import cell_means
from worker.mattes.picture import values

_BLOCK = (128, 16)
"""Width and height of the blocks of cells whose colours are computed together: few rows, since averaging a row of
cells looks at the pixels of all rows of its block."""

_SPREAD_BLOCK = (96, 96)
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
        plate_wh = (self.plate.shape[1], self.plate.shape[0])
        x, y = (_share(box[axis], box[axis + 2], plate_wh[axis], self.grid_wh[axis]) for axis in (0, 1))
        # Rows first: it is the pixels that are many.
        shown = values(self.plate, (x.first, y.first, x.last, y.last), part.device)
        lines = y.mean(shown.view(1, shown.shape[0], -1)).view(y.cells, -1, 3)
        # In one step: another thread may be reading what was found here before.
        part.copy_(x.mean(lines).div_(255.0).permute(2, 0, 1))


def _middle(plate: npt.NDArray[np.uint8]) -> torch.Tensor:
    """About the mean colour of a plate, from pixels here and there. Shape ``(3, 1, 1)``, float32, in [0, 1]."""
    seen = torch.from_numpy(np.array(plate[::_FAR, ::_FAR]))
    return seen.float().mean((0, 1)).div_(255.0).view(3, 1, 1)


@dataclass(frozen=True)
class _Share:
    """Which pixels along an axis a run of cells has a share in."""

    first: int
    last: int
    """One behind the last."""
    cells: int
    whole: int | None
    """Pixels of a cell, where they are whole ones, as with plates and models of everyday sizes."""
    matrix: torch.Tensor
    """Shape ``(cells, last - first)``; see `cell_means`."""

    def mean(self, lines: torch.Tensor) -> torch.Tensor:
        """Means over the middle axis. Shape ``(n, last - first, k)`` in, ``(n, cells, k)`` out."""
        if self.whole is None:
            matrix = self.matrix.to(lines.device)
            if lines.shape[0] == 1:
                return matrix @ lines
            # As one product: one for each line, three numbers wide, takes nine times as long.
            flat = lines.transpose(1, 2).reshape(-1, lines.shape[1]) @ matrix.T
            return flat.view(lines.shape[0], -1, self.cells).transpose(1, 2)
        by_cell = lines.view(lines.shape[0], self.cells, self.whole, lines.shape[2])
        total = by_cell[:, :, 0].clone()
        for number in range(1, self.whole):
            total += by_cell[:, :, number]
        return total.div_(self.whole)


@lru_cache(maxsize=1024)
def _share(start: int, end: int, count_px: int, count: int) -> _Share:
    """The share of cells `start` to `end` of `count` that lie along `count_px` pixels."""
    cell_px = count_px / count
    first, last = math.floor(start * cell_px), min(math.ceil(end * cell_px), count_px)
    whole = None if count_px % count else count_px // count
    return _Share(first, last, end - start, whole, cell_means(start, end - start, cell_px, first, last - first))


def _blocks(box: Box, block_wh: Size) -> Iterator[tuple[int, int]]:
    """Row and column of the blocks that a part of the grid meets."""
    (x0, y0, x1, y1), (width, height) = box, block_wh
    yield from itertools.product(range(y0 // height, -(-y1 // height)), range(x0 // width, -(-x1 // width)))
