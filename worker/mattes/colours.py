"""The mean colours of the cells of the mask grid, found once for all layers of a frame."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch

from worker.mattes.geometry import Box, Size, part_of
from worker.mattes.matrices import cell_means
from worker.mattes.picture import pixels

_BLOCK = 32
"""Side of the squares of cells whose colours are computed together."""


class CellColours:
    """Mean colours of cells, computed where they are asked for. Usable from several threads."""

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
        self._known: set[tuple[int, int]] = set()

    def of(self, box: Box) -> torch.Tensor:
        """Mean colours of a part of the grid. Shape ``(3, h, w)``, float32, sRGB in [0, 1]; not to be changed."""
        x0, y0, x1, y1 = box
        for row in range(y0 // _BLOCK, -(-y1 // _BLOCK)):
            for column in range(x0 // _BLOCK, -(-x1 // _BLOCK)):
                if (row, column) not in self._known:
                    self._average(row, column)
                    # Last: another thread may find it done, or do the same once more.
                    self._known.add((row, column))
        return self._means[(slice(None), *part_of((0, 0, *self.grid_wh), box))]

    def _average(self, row: int, column: int) -> None:
        part = self._means[:, row * _BLOCK : (row + 1) * _BLOCK, column * _BLOCK : (column + 1) * _BLOCK]
        plate_wh = (self.plate.shape[1], self.plate.shape[0])
        sides = []
        for axis, first, count in ((0, column * _BLOCK, part.shape[2]), (1, row * _BLOCK, part.shape[1])):
            cell_px = plate_wh[axis] / self.grid_wh[axis]
            start = math.floor(first * cell_px)
            end = min(math.ceil((first + count) * cell_px), plate_wh[axis])
            sides.append((start, end, cell_means(first, count, cell_px, start, end - start).to(part.device)))
        (x0, x1, across), (y0, y1, down) = sides
        # Columns of interleaved pixels first: it is the pixels that are many.
        lines = down @ pixels(self.plate, (x0, y0, x1, y1), part.device).flatten(1)
        part.copy_(torch.einsum("yxc,jx->cyj", lines.view(part.shape[1], -1, 3), across))
