"""Mattes from true masks that were shrunk to a model's grid, against the masks they came from."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bridge.borders import Border, BorderKind
from tests.worker.mattes.drawing import HARD, Array, covered, feather, prediction, segment

_DATA = os.environ.get("MATTEBRIDGE_TEST_DATA")
pytestmark = pytest.mark.skipif(_DATA is None, reason="needs the test data; set MATTEBRIDGE_TEST_DATA")

NATURAL = Border(BorderKind.NATURAL)


def _grey(path: Path) -> Array:
    return np.asarray(Image.open(path).convert("L"), np.float64) / 255.0


def _area_means(picture: Array, cells: int, axis: int) -> Array:
    """Exact means over equal cells along one axis, whatever its length."""
    sums = np.concatenate([np.zeros_like(picture.take([0], axis)), picture.cumsum(axis)], axis)
    edges = np.linspace(0.0, picture.shape[axis], cells + 1)
    below = np.minimum(edges.astype(int), picture.shape[axis] - 1)
    shape = [1, 1]
    shape[axis] = -1
    part = (edges - below).reshape(shape)
    at_edges = sums.take(below, axis) * (1.0 - part) + sums.take(below + 1, axis) * part
    means: Array = np.diff(at_edges, axis=axis) * cells / picture.shape[axis]
    return means


def _error(true: Array, border: Border, times: int) -> float:
    """Mean absolute error of the matte, over the pixels within reach of the true edge."""
    height, width = true.shape
    grid_wh = (round(width / times), round(height / times))
    cells = _area_means(_area_means(true, grid_wh[1], 0), grid_wh[0], 1)
    matte = covered(prediction(segment(cells), grid_wh=grid_wh), border, (width, height))
    rows, cols = (np.arange(n) * cell // n for n, cell in zip(true.shape, cells.shape, strict=True))
    unsure = ((cells > 0.0) & (cells < 1.0))[rows][:, cols]
    return float(np.abs(matte - true)[unsure].mean())


@pytest.mark.parametrize("clip", ["car-shadow", "dog"])
@pytest.mark.parametrize("times", [4, 8])
def test_hard_edge_finds_the_true_mask_again(clip: str, times: int) -> None:
    masks = sorted(Path(_DATA or "", "clips", "davis", clip, "masks").glob("*.png"))[::16]
    trues = [(_grey(mask) > 0.5).astype(np.float64) for mask in masks]
    hard = np.mean([_error(true, HARD, times) for true in trues])
    natural = np.mean([_error(true, NATURAL, times) for true in trues])
    assert hard < 0.07
    assert hard < 0.5 * natural, "a solid body is found again by its hard edge, not by the blurred mask"


def test_fur_is_nearer_to_its_probability_than_to_a_hard_edge() -> None:
    true = _grey(Path(_DATA or "", "matting", "lemur_alpha.png"))
    natural, feathered, hard = (_error(true, border, 8) for border in (NATURAL, feather(8.0), HARD))
    assert natural < feathered < hard
