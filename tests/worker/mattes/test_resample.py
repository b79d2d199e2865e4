"""Resampling: what it reproduces exactly, and what it does at the frame."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from worker.mattes import resample
from worker.mattes.resample import Kernel, at_positions, prefilter


def _same(values: torch.Tensor) -> torch.Tensor:
    return values


def _along_x(samples: list[float], positions: list[float], kernel: Kernel) -> list[float]:
    row = torch.tensor([samples])
    x = torch.tensor(positions, dtype=torch.float64)
    out: list[float] = at_positions(row, x, torch.zeros(1, dtype=torch.float64), kernel, finish=_same)[0].tolist()
    return out


def test_linear_kernel_lies_between_neighbours() -> None:
    assert _along_x([0.0, 1.0, 3.0], [0.0, 0.25, 1.5, 2.0], Kernel.LINEAR) == [0.0, 0.25, 2.0, 3.0]


def test_outside_the_raster_the_outermost_sample_goes_on() -> None:
    assert _along_x([0.25, 1.0, 0.5], [-7.0, -1.0, 2.5, 9.0], Kernel.LINEAR) == [0.25, 0.25, 0.5, 0.5]


def test_bspline_after_prefilter_returns_a_cubic_from_its_cell_means() -> None:
    def antiderivative(x: np.ndarray) -> np.ndarray:
        return np.asarray(0.25 * x**4 / 1000.0 - x**2 / 40.0 + x / 4.0)

    cells = np.arange(-10.0, 11.0)
    means = torch.tensor(antiderivative(cells + 0.5) - antiderivative(cells - 0.5), dtype=torch.float32)
    x = np.linspace(-5.0, 5.0, 41)
    rows = prefilter(means[None, :].repeat(3, 1))
    got = at_positions(rows, torch.from_numpy(x + 10.0), torch.ones(1).double(), Kernel.BSPLINE, finish=_same)[0]
    assert np.allclose(got.numpy(), x**3 / 1000.0 - x / 20.0 + 0.25, atol=1e-5)


def test_prefilter_keeps_a_flat_raster_of_one_sample() -> None:
    assert prefilter(torch.full((1, 1), 0.5)).item() == pytest.approx(0.5)


def test_strips_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = torch.rand((7, 9), generator=torch.Generator().manual_seed(1))
    x, y = torch.linspace(-1, 9, 40).double(), torch.linspace(-1, 7, 33).double()
    at_once = at_positions(samples, x, y, Kernel.BSPLINE, finish=_same)
    monkeypatch.setattr(resample, "_STRIP", 100)
    assert torch.equal(at_positions(samples, x, y, Kernel.BSPLINE, finish=_same), at_once)


def test_finish_is_applied_and_the_type_is_as_asked() -> None:
    samples = torch.tensor([[1.0, 2.0]])
    where = torch.zeros(1, dtype=torch.float64)
    out = at_positions(samples, where, where, Kernel.LINEAR, finish=lambda v: v + 4.0, dtype=torch.float16)
    assert out.dtype == torch.float16
    assert out.tolist() == [[5.0]]
