"""Small resampling matrices: the same as the resampler's, and exact means."""

from __future__ import annotations

import pytest
import torch

from worker.mattes.matrices import cell_means, interpolation
from worker.mattes.resample import Kernel, at_positions


@pytest.mark.parametrize("kernel", list(Kernel))
def test_matrix_interpolates_as_the_resampler_does(kernel: Kernel) -> None:
    samples = torch.rand((7, 1), generator=torch.Generator().manual_seed(1))
    positions = torch.linspace(-2.0, 9.0, 23, dtype=torch.float64)
    expected = at_positions(samples, torch.zeros(1, dtype=torch.float64), positions, kernel, finish=lambda v: v)
    got = interpolation(positions, 7, kernel)
    assert torch.allclose(got @ samples, expected, atol=1e-6)
    assert torch.allclose(got.sum(1), torch.ones(23), atol=1e-6)


def test_cells_take_the_parts_of_pixels_that_they_cut() -> None:
    expected = [[2 / 3, 1 / 3, 0.0], [0.0, 1 / 3, 2 / 3]]
    assert torch.allclose(cell_means(0, 2, 1.5, 0, 3), torch.tensor(expected))


def test_cells_smaller_than_a_pixel_have_its_colour() -> None:
    assert cell_means(2, 2, 0.5, 1, 1).tolist() == [[1.0], [1.0]]


def test_cells_and_pixels_are_counted_from_the_plates_corner() -> None:
    assert cell_means(3, 1, 2.0, 5, 4).tolist() == [[0.0, 0.5, 0.5, 0.0]]
