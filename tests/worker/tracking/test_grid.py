"""Masks on the working grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.segments import Segment
from worker.tracking.grid import area_weights, reduced_mask, reduced_picture, shared_areas, shifted, working_wh


@pytest.mark.parametrize(
    ("grid_wh", "wh"),
    [((320, 180), (96, 54)), ((80, 45), (80, 45)), ((2000, 1), (96, 1)), ((1, 1), (1, 1))],
)
def test_the_working_grid_is_no_finer_than_the_mask_grid(grid_wh: tuple[int, int], wh: tuple[int, int]) -> None:
    assert working_wh(grid_wh) == wh


def test_a_cell_holds_the_share_that_is_covered() -> None:
    segment = Segment("dog", True, 1.0, (1, 0, 4, 2), np.full((2, 3), 255, np.uint8))
    plane = reduced_mask(segment, (6, 4), (2, 2))
    assert plane.ravel().tolist() == pytest.approx([2 / 3, 1 / 3, 0.0, 0.0])


@given(
    box=st.tuples(st.integers(0, 30), st.integers(0, 16), st.integers(1, 9), st.integers(1, 9)),
    wh=st.tuples(st.integers(1, 40), st.integers(1, 25)),
)
def test_reducing_keeps_the_area(box: tuple[int, int, int, int], wh: tuple[int, int]) -> None:
    x, y, w, h = box
    segment = Segment("dog", True, 1.0, (x, y, x + w, y + h), np.full((h, w), 255, np.uint8))
    plane = reduced_mask(segment, (40, 25), wh)
    assert plane.sum() / (wh[0] * wh[1]) == pytest.approx(w * h / (40 * 25), rel=1e-4)


@given(st.integers(1, 200), st.integers(1, 100))
def test_area_weights_are_means(count_in: int, count_out: int) -> None:
    np.testing.assert_allclose(area_weights(count_in, count_out).sum(axis=1), 1.0, rtol=1e-5)


def test_a_thumbnail_of_another_size_is_resampled() -> None:
    thumbnail = np.zeros((2, 4, 3), np.uint8)
    thumbnail[:, 2:] = 255
    np.testing.assert_allclose(reduced_picture(thumbnail, (2, 1))[:, :, 0], [[0.0, 1.0]])
    assert reduced_picture(thumbnail, (4, 2)).shape == (2, 4, 3)


def test_shifting_by_a_fraction_shares_a_cell_out() -> None:
    plane = np.zeros((3, 4), np.float32)
    plane[1, 1] = 1.0
    np.testing.assert_allclose(shifted(plane, 1.25, 0.0)[1], [0, 0, 0.75, 0.25])
    np.testing.assert_allclose(shifted(plane, 0.0, -0.5)[:, 1], [0.5, 0.5, 0])
    assert shifted(plane, 40.0, 0.0).sum() == 0


def test_soft_masks_share_the_smaller_values() -> None:
    planes = np.array([[1.0, 0.5, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]], np.float32)
    np.testing.assert_allclose(shared_areas(planes, np.array([[0.75, 1.0, 0.0]], np.float32)), [1.25, 0.0, 0.0])
