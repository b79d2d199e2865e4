"""Rasters enlarged to many small tiles of the plate at once: few long steps instead of many short ones."""

from __future__ import annotations

import torch

from worker.mattes.matrices import interpolation
from worker.mattes.resample import Kernel


class Enlarging:
    """How tiles that lie in rows and columns are made from a raster of samples."""

    def __init__(self, x: torch.Tensor, y: torch.Tensor, size_wh: tuple[int, int], kernel: Kernel) -> None:
        """
        Args:
            x: Shape ``(columns, side)``, float64: where the pixels of each column of tiles lie among the raster's
                samples; 0 is the centre of the first sample. Each one pixel as far from the last as the others.
            y: Shape ``(rows, side)``, float64: the same for rows.
            size_wh: Width and height of the raster, which goes on outside by replication.
            kernel: The interpolation kernel.
        """
        self.columns, across = _along(x, size_wh[0], kernel)
        self.rows, self._down = _along(y, size_wh[1], kernel)
        self._across = across.transpose(1, 2).contiguous()

    def tiles(self, rasters: torch.Tensor, row: torch.Tensor, column: torch.Tensor) -> torch.Tensor:
        """Some tiles of several rasters.

        Args:
            rasters: Shape ``(c, h, w)``, float32.
            row: Shape ``(n,)``: the rows of the tiles.
            column: Shape ``(n,)``: their columns.

        Returns:
            Shape ``(n, side, c, side)``.
        """
        rows, columns = self.rows[row], self.columns[column]
        (count, k), width = rows.shape, columns.shape[1]
        place = (rows[:, :, None] * rasters.shape[2] + columns[:, None, :]).view(-1)
        samples = rasters.reshape(len(rasters), -1).index_select(1, place).view(-1, count, k, width)
        down, across = self._down[row], self._across[column]
        lines = down @ samples.permute(1, 2, 0, 3).reshape(count, k, -1)
        return (lines.view(count, -1, width) @ across).view(count, down.shape[1], -1, across.shape[2])


def _along(at: torch.Tensor, count: int, kernel: Kernel) -> tuple[torch.Tensor, torch.Tensor]:
    """The samples that each tile along an axis is made from, shape ``(tiles, k)``, and the matrices that do it."""
    first = at[:, :1].floor() - 1.0
    reach = int((at[:, -1:].floor() + 2.0 - first).max()) + 1
    samples = (first.long() + torch.arange(reach, device=at.device)).clamp_(0, count - 1)
    return samples, interpolation(at - first, reach, kernel)
