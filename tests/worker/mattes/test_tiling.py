"""Tiles that are enlarged together are what each point is alone."""

from __future__ import annotations

import pytest
import torch

from worker.mattes.resample import Kernel, at_positions
from worker.mattes.tiling import Enlarging


@pytest.mark.parametrize("kernel", list(Kernel))
def test_tiles_are_parts_of_the_enlarged_raster(kernel: Kernel) -> None:
    generator = torch.Generator().manual_seed(3)
    rasters = torch.rand((2, 9, 14), generator=generator)
    # Begins before the first sample and ends behind the last.
    x = torch.arange(48, dtype=torch.float64) * 0.37 - 1.6
    y = torch.arange(32, dtype=torch.float64) * 0.41 - 2.3
    whole = torch.stack([at_positions(raster, x, y, kernel, finish=lambda v: v) for raster in rasters])
    row, column = torch.tensor([0, 3, 1]), torch.tensor([5, 0, 2])
    tiles = Enlarging(x.view(-1, 8), y.view(-1, 8), (14, 9), kernel).tiles(rasters, row, column)
    assert tiles.shape == (3, 8, 2, 8)
    for tile, top, left in zip(tiles, (row * 8).tolist(), (column * 8).tolist(), strict=True):
        expected = whole[:, top : top + 8, left : left + 8]
        assert (tile.transpose(0, 1) - expected).abs().max() < 1e-5
