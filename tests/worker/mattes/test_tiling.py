"""Tiles that are enlarged together are what each point is alone."""

from __future__ import annotations

import pytest
import torch

from worker.mattes.resample import Kernel, at_positions
from worker.mattes.tiling import Along, Enlarging, even_tiles


@pytest.mark.parametrize("kernel", list(Kernel))
def test_tiles_are_parts_of_the_enlarged_raster(kernel: Kernel) -> None:
    generator = torch.Generator().manual_seed(3)
    rasters = torch.rand((2, 9, 14), generator=generator)
    # Begins before the first sample and ends behind the last.
    x = torch.arange(48, dtype=torch.float64) * 0.37 - 1.6
    y = torch.arange(32, dtype=torch.float64) * 0.41 - 2.3
    whole = torch.stack([at_positions(raster, x, y, kernel, finish=lambda v: v) for raster in rasters])
    row, column = torch.tensor([0, 3, 1]), torch.tensor([5, 0, 2])
    across, down = Along.at(x.view(-1, 8), kernel), Along.at(y.view(-1, 8), kernel)
    tiles = Enlarging(across, down, (14, 9)).tiles(rasters, row, column)
    assert tiles.shape == (3, 8, 2, 8)
    for tile, top, left in zip(tiles, (row * 8).tolist(), (column * 8).tolist(), strict=True):
        expected = whole[:, top : top + 8, left : left + 8]
        assert (tile.transpose(0, 1) - expected).abs().max() < 1e-5


def test_tiles_in_a_row_lie_where_their_pixels_do() -> None:
    found = even_tiles(3, 6, 8, 0.3, 4, Kernel.BSPLINE, torch.device("cpu"))
    pixels = torch.arange(24, 48, dtype=torch.float64)
    samples = torch.rand(40, generator=torch.Generator().manual_seed(5))
    expected = at_positions(
        samples[None], (pixels + 0.5) * 0.3 - 4.5, torch.zeros(1).double(), Kernel.BSPLINE, finish=lambda v: v
    )
    got = (found.matrices @ samples[found.samples][:, :, None]).view(-1)
    assert (got - expected[0]).abs().max() < 1e-5
