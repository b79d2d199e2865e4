"""From segments to the mattes of a frame: who joins whom, order, windows, empty layers."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.borders import Border, BorderKind
from tests.worker.mattes.drawing import HARD, covered, disc, drawn, feather, layer, prediction, segment, whole
from worker.mattes import empty_mattes, make_mattes
from worker.segments import FramePrediction

GRID = (16, 8)
PLATE = (128, 64)
NATURAL = Border(BorderKind.NATURAL)


def _two_touching() -> FramePrediction:
    """Two cars that share column 7, each with half of it."""
    left, right = np.zeros((8, 16)), np.zeros((8, 16))
    left[:, :7] = 1.0
    right[:, 8:] = 1.0
    left[:, 7] = right[:, 7] = 0.5
    return prediction(segment(left, track=1), segment(right, track=2), grid_wh=GRID)


@pytest.mark.parametrize("border", [HARD, feather(6.0), NATURAL], ids=lambda b: b.kind.value)
def test_no_crack_between_touching_segments_of_a_category(border: Border) -> None:
    assert covered(_two_touching(), border, PLATE).min() > 0.99


def test_overlapping_segments_of_a_category_add_up_to_one_at_most() -> None:
    full = segment(np.ones((8, 16)))
    assert covered(prediction(full, full, grid_wh=GRID), NATURAL, PLATE).max() == 1.0


def test_track_layer_holds_its_track_alone() -> None:
    both, first, second = make_mattes(_two_touching(), [layer(), layer(track=1), layer(track=2)], PLATE)
    assert both.window == (0, 0, 128, 64)
    assert first.window is not None
    assert second.window is not None
    assert first.window[2] - 60 in (0, 1), "the seam is at 60 px, give or take a pixel of anti-aliasing"
    assert second.window[0] - 60 in (-1, 0)


def test_mattes_come_in_the_order_of_the_layers_and_empty_ones_are_there() -> None:
    shown = prediction(segment(np.ones((8, 16)), category="dog"), grid_wh=GRID)
    mattes = make_mattes(shown, [layer(category="sky"), layer(category="dog")], PLATE)
    assert [m.layer for m in mattes] == ["sky", "dog"]
    assert mattes[0].window is None
    assert mattes[0].coverage.shape == (0, 0)
    assert mattes[1].coverage.shape == (64, 128)


def test_mask_below_one_half_makes_an_empty_hard_matte() -> None:
    faint = prediction(segment(np.full((8, 16), 0.4)), grid_wh=GRID)
    assert make_mattes(faint, [layer(HARD)], PLATE)[0].window is None
    assert make_mattes(faint, [layer(NATURAL)], PLATE)[0].window == (0, 0, 128, 64)


def test_prediction_without_segments_makes_empty_mattes() -> None:
    layers = [layer(), layer(track=3)]
    mattes = make_mattes(FramePrediction(GRID, ()), layers, PLATE)
    assert [(m.layer, m.window) for m in mattes] == [(m.layer, m.window) for m in empty_mattes(layers)]


def test_window_holds_all_coverage_and_no_empty_row_or_column() -> None:
    shown = drawn(disc(60.0, 30.0, 12.0), GRID, PLATE, 8.0)
    matte = make_mattes(shown, [layer(feather(6.0))], PLATE)[0]
    assert matte.window is not None
    x0, y0, x1, y1 = matte.window
    assert matte.coverage.dtype == np.float16
    assert matte.coverage.flags.c_contiguous
    assert matte.coverage.shape == (y1 - y0, x1 - x0)
    for side in (matte.coverage[0], matte.coverage[-1], matte.coverage[:, 0], matte.coverage[:, -1]):
        assert side.max() > 0.0


@pytest.mark.parametrize(
    "plate_wh",
    [
        pytest.param((853, 480), id="cells that are no whole number of pixels"),
        pytest.param((128, 32), id="cells twice as wide as high"),
        pytest.param((7, 5), id="a plate smaller than the grid"),
        pytest.param((1, 1), id="a plate of one pixel"),
    ],
)
@pytest.mark.parametrize("border", [HARD, feather(3.0), NATURAL], ids=lambda b: b.kind.value)
def test_left_half_is_the_left_half_on_any_plate(plate_wh: tuple[int, int], border: Border) -> None:
    mask = np.zeros((8, 16))
    mask[:, :8] = 1.0
    got = covered(prediction(segment(mask), grid_wh=GRID), border, plate_wh)
    assert got.mean() == pytest.approx(0.5, abs=0.02)


def test_same_prediction_gives_the_same_mattes() -> None:
    shown = drawn(disc(60.0, 30.0, 22.0), GRID, PLATE, 8.0)
    first, second = (make_mattes(shown, [layer(feather(6.0))], PLATE)[0] for _ in range(2))
    assert first.window == second.window
    assert np.array_equal(whole(first, PLATE), whole(second, PLATE))
