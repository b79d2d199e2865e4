"""Resampling between a part of the mask grid and a part of the plate, as small matrices.

A tile of the plate is a few dozen cells. Its rasters are enlarged by two small dense matrices, one for columns and
one for rows, several rasters at a time; pixels are averaged by two that are sparse.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from worker.mattes.resample import Kernel, taps


@dataclass(frozen=True)
class Sparse:
    """A matrix of which few entries are not 0."""

    columns: torch.Tensor
    """Where these are, row after row. Shape ``(n,)``, int64."""
    starts: torch.Tensor
    """Where each row begins in `columns`. Shape ``(rows,)``, int64."""
    entries: torch.Tensor
    """Shape ``(n,)``, float32."""

    @classmethod
    def of(cls, matrix: torch.Tensor) -> Sparse:
        """The entries of a matrix. Shape ``(rows, columns)``, float32."""
        row, column = torch.nonzero(matrix, as_tuple=True)
        counts = torch.bincount(row, minlength=len(matrix))
        return cls(column, counts.cumsum(0) - counts, matrix[row, column])

    def times(self, right: torch.Tensor) -> torch.Tensor:
        """The product with another matrix: shape ``(columns, k)`` in, ``(rows, k)`` out, float32."""
        # What looks up words is the quickest of all that torch has for sums of whole rows.
        return F.embedding_bag(self.columns, right, self.starts, mode="sum", per_sample_weights=self.entries)


def interpolation(positions: torch.Tensor, count: int, kernel: Kernel) -> torch.Tensor:
    """The matrix that interpolates samples; beyond the first and the last they go on by replication.

    Args:
        positions: Shape ``(..., n)``, float64: where to interpolate; 0 is the centre of the first sample.
        count: How many samples there are.
        kernel: The interpolation kernel.

    Returns:
        Shape ``(..., n, count)``, float32; rows add up to 1.
    """
    first, weights = taps(positions, kernel)
    out = torch.zeros((*positions.shape, count), device=positions.device)
    for tap, weight in enumerate(weights):
        index = (first + tap).clamp_(0, count - 1)
        out.scatter_add_(-1, index[..., None], weight[..., None].float())
    return out


def cell_means(first_cell: int, cells: int, cell_px: float, first_px: int, count_px: int) -> torch.Tensor:
    """The matrix that averages pixels over cells, with the parts of pixels that cells cut.

    Args:
        first_cell: Index of the first cell.
        cells: How many cells.
        cell_px: Their side, in pixels.
        first_px: Index of the first pixel.
        count_px: How many pixels; they must hold the cells.

    Returns:
        Shape ``(cells, count_px)``, float32; rows add up to 1.
    """
    start = (torch.arange(first_cell, first_cell + cells, dtype=torch.float64) * cell_px)[:, None]
    pixel = torch.arange(first_px, first_px + count_px, dtype=torch.float64)[None, :]
    end = start + cell_px
    covered = torch.minimum(end, pixel + 1.0) - torch.maximum(start, pixel)
    shares = covered.clamp_(min=0.0)
    return (shares / shares.sum(1, keepdim=True)).float()
