"""What part of a plate a tile shows."""

from __future__ import annotations

import numpy as np
import pytest

from worker.mattes import Matte
from worker.mattes.geometry import Box
from worker.sheet.tiles import around

PLATE_WH = (1920, 1080)
CELL = (200, 180)


def covered(*box: int) -> Matte:
    return Matte("it", box, np.ones((box[3] - box[1], box[2] - box[0]), np.float16))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("box", "shows"),
    [
        pytest.param((860, 400, 1060, 800), (684, 352, 1235, 848), id="a person, with more beside it"),
        pytest.param((500, 500, 1100, 600), (428, 216, 1172, 884), id="a car, with more above and below"),
        pytest.param((0, 400, 200, 800), (0, 352, 551, 848), id="at the edge"),
        pytest.param((1000, 500, 1004, 506), (968, 473, 1036, 533), id="a speck, three times as large"),
        pytest.param((0, 0, 1920, 300), (0, 0, 1920, 1080), id="as wide as the plate"),
    ],
)
def test_the_object_and_some_surroundings_in_the_shape_of_the_picture(box: Box, shows: Box) -> None:
    found = around(covered(*box), PLATE_WH, CELL)
    assert np.abs(np.subtract(found, shows)).max() <= 2, found


def test_a_soft_rim_and_haze_do_not_count() -> None:
    haze = covered(860, 400, 1060, 800)
    wide = np.full((1080, 1920), 0.1, np.float16)
    wide[400:800, 860:1060] = 1.0
    assert around(Matte("it", (0, 0, 1920, 1080), wide), PLATE_WH, CELL) == around(haze, PLATE_WH, CELL)
    faint = Matte("it", (10, 20, 40, 60), np.full((40, 30), 0.2, np.float16))
    assert around(faint, PLATE_WH, CELL) == around(covered(10, 20, 40, 60), PLATE_WH, CELL)


def test_without_coverage_all_of_the_plate_is_shown() -> None:
    assert around(Matte("it", None), PLATE_WH, CELL) == (0, 0, *PLATE_WH)
