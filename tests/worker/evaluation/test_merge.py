"""Soft segments to one segment a pixel."""

from __future__ import annotations

import numpy as np
import pytest

from worker.evaluation.merge import LeastScores, merge
from worker.segments import FramePrediction, Segment


def _segment(name: str, is_thing: bool, score: float, mask: list[list[int]]) -> Segment:
    array = np.array(mask, np.uint8)
    return Segment(name, is_thing, score, (0, 0, array.shape[1], array.shape[0]), array)


LEAST = LeastScores(thing=0.3, stuff=0.3)
SKY = _segment("sky-other-merged", False, 1.0, [[255, 255, 200, 0], [255, 255, 200, 0]])
CAR = _segment("car", True, 0.81, [[0, 0, 210, 255], [0, 0, 210, 255]])


def test_each_pixel_goes_to_the_highest_mask_weighted_with_its_score() -> None:
    merged = merge(FramePrediction((4, 2), (SKY, CAR)), (4, 2), LEAST)
    # 200 against 210 times the root of 0.81: the sky keeps the third column.
    assert merged.ids.tolist() == [[1, 1, 1, 2], [1, 1, 1, 2]]
    assert merged.categories == {1: "sky-other-merged", 2: "car"}


@pytest.mark.parametrize(
    ("least", "left"),
    [
        pytest.param(LeastScores(thing=0.9, stuff=0.5), {"sky-other-merged"}, id="a thing"),
        pytest.param(LeastScores(thing=0.5, stuff=1.1), {"car"}, id="stuff"),
        pytest.param(LeastScores(thing=0.81, stuff=1.0), {"car", "sky-other-merged"}, id="at the limit, none"),
    ],
)
def test_segments_below_their_least_score_take_no_part(least: LeastScores, left: set[str]) -> None:
    merged = merge(FramePrediction((4, 2), (SKY, CAR)), (4, 2), least)
    assert set(merged.categories.values()) == left


def test_a_thing_that_loses_its_mask_to_others_leaves_void() -> None:
    front = _segment("bus", True, 0.9, [[255, 255, 255, 0]])
    hidden = _segment("car", True, 0.5, [[250, 250, 250, 250]])
    merged = merge(FramePrediction((4, 1), (front, hidden)), (4, 1), LEAST)
    assert merged.ids.tolist() == [[1, 1, 1, 0]]
    assert merged.categories == {1: "bus"}


def test_masks_are_interpolated_to_the_map() -> None:
    merged = merge(FramePrediction((4, 2), (SKY, CAR)), (40, 20), LEAST)
    assert merged.ids.shape == (20, 40)
    assert merged.ids[0, 0] == 1
    assert merged.ids[-1, -1] == 2


def test_no_segments_make_an_empty_map() -> None:
    merged = merge(FramePrediction((4, 2), ()), (8, 4), LEAST)
    assert not merged.ids.any()
    assert merged.categories == {}
