"""The colours of the cells of the mask grid, found once for all layers of a frame."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch

from worker.mattes.geometry import Box, Size, box_wh, clip, grow, part_of
from worker.mattes.linear import RADIUS, Spread, spread
from worker.mattes.matrices import cell_means
from worker.mattes.picture import pixels

_BLOCK = 32
"""Side of the squares of cells whose colours are computed together."""

_SPREAD_BLOCK = 64
"""The same for how they vary, which takes many short steps over little."""


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
        # Never filled as a whole: memory that is not touched is not taken.
        self._means = torch.empty((3, grid_wh[1], grid_wh[0]), device=device)
        self._spread = torch.empty((9, grid_wh[1], grid_wh[0]), dtype=torch.float64, device=device)
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
                found = spread(self.of(around))
                cut = (slice(None), *part_of(around, inner))
                self._spread[self._part(inner)] = torch.cat([found.mean[cut], found.inverse[cut]])
                self._spread_out.add(block)
        kept = self._spread[self._part(box)]
        return Spread(kept[:3], kept[3:])

    def _box(self, block: tuple[int, int], side: int) -> Box:
        x0, y0 = block[1] * side, block[0] * side
        return clip((x0, y0, x0 + side, y0 + side), self.grid_wh)

    def _part(self, box: Box) -> tuple[slice, slice, slice]:
        return (slice(None), *part_of((0, 0, *self.grid_wh), box))

    def _average(self, box: Box) -> None:
        plate_wh = (self.plate.shape[1], self.plate.shape[0])
        part = self._means[self._part(box)]
        width, height = box_wh(box)
        if plate_wh[0] % self.grid_wh[0] == 0 and plate_wh[1] % self.grid_wh[1] == 0:
            # Cells of whole pixels, which plates and models of everyday sizes have.
            across, down = plate_wh[0] // self.grid_wh[0], plate_wh[1] // self.grid_wh[1]
            x0, y0, x1, y1 = box
            shown = pixels(self.plate, (x0 * across, y0 * down, x1 * across, y1 * down), part.device)
            rows = shown.view(height, down, width * across * 3).sum(1)
            part.copy_(rows.view(height, width, across, 3).sum(2).permute(2, 0, 1) / (across * down))
            return
        sides = []
        for axis, count in ((0, width), (1, height)):
            cell_px = plate_wh[axis] / self.grid_wh[axis]
            start = math.floor(box[axis] * cell_px)
            end = min(math.ceil((box[axis] + count) * cell_px), plate_wh[axis])
            sides.append((start, end, cell_means(box[axis], count, cell_px, start, end - start).to(part.device)))
        (left, right, across_matrix), (top, bottom, down_matrix) = sides
        # Columns of interleaved pixels first: it is the pixels that are many.
        lines = down_matrix @ pixels(self.plate, (left, top, right, bottom), part.device).flatten(1)
        part.copy_(torch.einsum("yxc,jx->cyj", lines.view(height, -1, 3), across_matrix))


def _blocks(box: Box, side: int) -> Iterator[tuple[int, int]]:
    """Row and column of the blocks that a part of the grid meets."""
    x0, y0, x1, y1 = box
    yield from itertools.product(range(y0 // side, -(-y1 // side)), range(x0 // side, -(-x1 // side)))
