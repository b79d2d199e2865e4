"""Colour histograms."""

from __future__ import annotations

import numpy as np
import pytest

from worker.tracking.appearance import BINS, colour_bins, likeness

LEFT = np.repeat([[1.0, 1.0, 0.0, 0.0]], 2, axis=0).astype(np.float32)
RIGHT = 1 - LEFT


def picture(
    left: tuple[float, float, float], right: tuple[float, float, float]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    out = np.empty((2, 4, 3), np.float32)
    out[:, :2], out[:, 2:] = left, right
    return out


def test_a_histogram_has_half_brightness_and_half_colour() -> None:
    found = colour_bins(picture((1, 0, 0), (0, 0, 1))).histogram(LEFT)
    assert found.shape == (BINS,)
    assert found[:8].sum() == pytest.approx(0.5)
    assert found[8:].sum() == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("left", "right", "low", "high"),
    [
        pytest.param((1, 0, 0), (1, 0, 0), 1.0, 1.0, id="the same"),
        pytest.param((1, 0, 0), (0, 0, 1), 0.0, 0.6, id="red and blue"),
        pytest.param((0, 0, 0), (1, 1, 1), 0.5, 0.5, id="black and white, alike in colour only"),
        pytest.param((0.5, 0.4, 0.3), (0.52, 0.41, 0.3), 0.95, 1.0, id="a shade off"),
        pytest.param((1, 1, 0), (0, 1, 1), 0.0, 0.6, id="corners of the colour cube"),
    ],
)
def test_likeness(
    left: tuple[float, float, float], right: tuple[float, float, float], low: float, high: float
) -> None:
    bins = colour_bins(picture(left, right))
    assert low - 1e-5 <= float(likeness(bins.histogram(LEFT), bins.histogram(RIGHT))) <= high + 1e-5


def test_cells_at_the_edge_count_little() -> None:
    bins = colour_bins(picture((1, 0, 0), (0, 0, 1)))
    mostly_left = LEFT + 0.1 * RIGHT
    assert float(likeness(bins.histogram(mostly_left), bins.histogram(LEFT))) > 0.99
