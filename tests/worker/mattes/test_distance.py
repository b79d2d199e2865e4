"""Signed distance: exact against lines and against brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from worker.mattes import distance
from worker.mattes.contour import level_line
from worker.mattes.distance import signed_distance


def _ramp(position: float, width: int = 12, height: int = 5) -> torch.Tensor:
    """Inside left of a vertical line: falls by 0.25 a sample, with 0.5 at `position`."""
    x = torch.arange(width, dtype=torch.float32)
    return ((position - x) * 0.25 + 0.5).clamp(0.0, 1.0).repeat(height, 1)


def _blobs(seed: int, size: tuple[int, int] = (24, 31)) -> torch.Tensor:
    noise = gaussian_filter(np.random.default_rng(seed).standard_normal(size), 2.5)
    return torch.from_numpy(0.5 + noise / (4.0 * np.abs(noise).max())).float()


def test_distance_to_a_line_between_samples() -> None:
    got = signed_distance(_ramp(5.3), 20.0)
    assert np.allclose(got.numpy(), np.tile(5.3 - np.arange(12), (5, 1)), atol=1e-4)


def test_distance_is_cut_to_the_radius() -> None:
    got = signed_distance(_ramp(5.3), 2.0)[2]
    assert got.min() == -2.0
    assert got.max() == 2.0
    assert got[4].item() == pytest.approx(1.3, abs=1e-4)


@pytest.mark.parametrize("value", [0.0, 1.0], ids=["all outside", "all inside"])
def test_without_a_line_everything_is_a_radius_away(value: float) -> None:
    expected = 3.0 if value else -3.0
    assert torch.equal(signed_distance(torch.full((4, 5), value), 3.0), torch.full((4, 5), expected))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("radius", [0.7, 3.0, 11.5])
def test_distance_is_exact_to_every_piece(seed: int, radius: float) -> None:
    values = _blobs(seed)
    pieces = level_line(values).T.double().numpy()
    rows, cols = np.mgrid[: values.shape[0], : values.shape[1]]
    points = np.stack([cols.ravel(), rows.ravel()], axis=1)[:, None, :]
    start, along = pieces[None, :, :2], (pieces[:, 2:] - pieces[:, :2])[None]
    t = np.clip(((points - start) * along).sum(2) / np.maximum((along**2).sum(2), 1e-12), 0.0, 1.0)
    nearest = np.linalg.norm(points - start - t[:, :, None] * along, axis=2).min(1).reshape(values.shape)
    expected = np.where(values.numpy() >= 0.5, 1.0, -1.0) * np.minimum(nearest, radius)
    assert np.allclose(signed_distance(values, radius).numpy(), expected, atol=2e-4)


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = _blobs(7)
    at_once = signed_distance(values, 5.0)
    monkeypatch.setitem(distance._CHUNK, "cpu", 500)
    assert torch.equal(signed_distance(values, 5.0), at_once)


def test_distance_field_of_a_disc_has_slope_one() -> None:
    rows, cols = np.mgrid[:64, :64]
    away = 20.0 - np.hypot(cols - 31.4, rows - 30.8)
    got = signed_distance(torch.from_numpy(np.clip(away / 4.0 + 0.5, 0.0, 1.0)).float(), 12.0).numpy()
    band = np.abs(away) < 11.0
    assert np.abs(got - away)[band].max() < 0.03
    assert math.isclose(np.abs(got).max(), 12.0)
