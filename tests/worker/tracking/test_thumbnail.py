"""The thumbnail kept with a prediction."""

from __future__ import annotations

import numpy as np
import pytest

from worker.segments import FramePrediction
from worker.thumbnail import THUMBNAIL_WIDTH_PX, thumbnail_of, with_thumbnail


@pytest.mark.parametrize(
    ("plate_hw", "thumbnail_hw"),
    [
        pytest.param((720, 1280), (54, 96), id="a 720p plate"),
        pytest.param((4320, 7680), (54, 96), id="an 8K plate has the same thumbnail"),
        pytest.param((1920, 1080), (171, 96), id="an upright plate is taller"),
        pytest.param((54, 40), (54, 40), id="a plate smaller than a thumbnail keeps its size"),
        pytest.param((1, 5000), (1, 96), id="a line is at least one pixel high"),
    ],
)
def test_size(plate_hw: tuple[int, int], thumbnail_hw: tuple[int, int]) -> None:
    assert thumbnail_of(np.zeros((*plate_hw, 3), np.uint8)).shape == (*thumbnail_hw, 3)


def test_a_thumbnail_pixel_is_the_mean_of_its_area() -> None:
    plate = np.zeros((54, 288, 3), np.uint8)
    plate[:, 144:] = (255, 120, 9)
    plate[:, 143] = (210, 105, 51)  # a third of the pixel left of the border
    small = thumbnail_of(plate)
    assert small.shape == (18, THUMBNAIL_WIDTH_PX, 3)
    assert (small[:, :47] == 0).all()
    assert (small[:, 48:] == (255, 120, 9)).all()
    assert small[9, 47].tolist() == [70, 35, 17]


def test_a_small_plate_is_its_own_thumbnail() -> None:
    plate = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    assert (thumbnail_of(plate) == plate).all()


def test_with_thumbnail_changes_nothing_else() -> None:
    prediction = FramePrediction((16, 9), ())
    plate = np.full((90, 160, 3), 77, np.uint8)
    out = with_thumbnail(prediction, plate)
    assert out.thumbnail is not None
    assert (out.thumbnail == 77).all()
    assert (out.grid_wh, out.segments, prediction.thumbnail) == ((16, 9), (), None)


@pytest.mark.parametrize(
    "plate",
    [
        pytest.param(np.zeros((4, 4, 3), np.float32), id="not 8-bit"),
        pytest.param(np.zeros((4, 4), np.uint8), id="one channel"),
        pytest.param(np.zeros((4, 4, 4), np.uint8), id="four channels"),
        pytest.param(np.zeros((0, 4, 3), np.uint8), id="empty"),
    ],
)
def test_a_plate_that_is_no_picture_is_refused(plate: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    with pytest.raises(ValueError, match="plate must be uint8 with shape"):
        thumbnail_of(plate)
