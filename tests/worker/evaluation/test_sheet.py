"""Colours of the contact sheet."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("skia", exc_type=ImportError)

from worker.embedded.labels import LABELS
from worker.evaluation.merge import LeastScores
from worker.evaluation.sheet import predicted_coverage, tinted
from worker.segments import FramePrediction, Segment


def test_colours_are_as_strong_as_coverage() -> None:
    plate = np.zeros((1, 3, 3), np.uint8)
    coverage = np.array([[0.0, 0.5, 1.0]], np.float32)
    picture = tinted(plate, [("road", coverage)])
    full = np.array(LABELS["road"].color) * 0.65
    assert picture[0, 0].tolist() == [0, 0, 0]
    assert picture[0, 1] == pytest.approx(full / 2, abs=1)
    assert picture[0, 2] == pytest.approx(full, abs=1)


def test_two_things_of_a_category_differ() -> None:
    ones = np.ones((1, 1), np.float32)
    one = tinted(np.zeros((1, 1, 3), np.uint8), [("car", ones)])
    two = tinted(np.zeros((1, 1, 3), np.uint8), [("car", ones), ("car", ones)])
    assert (one != two).any()


def test_stuff_lies_below_things_and_what_is_unsure_is_left_out() -> None:
    mask = np.full((2, 2), 255, np.uint8)
    segments = (
        Segment("dog", True, 0.9, (0, 0, 2, 2), mask),
        Segment("road", False, 0.8, (0, 0, 2, 2), mask),
        Segment("bus", True, 0.2, (0, 0, 2, 2), mask),
        Segment("water-other", False, 0.4, (0, 0, 2, 2), mask),
    )
    found = predicted_coverage(FramePrediction((2, 2), segments), (4, 4), LeastScores(0.3, 0.5))
    assert [name for name, _ in found] == ["road", "dog"]
    assert found[0][1].shape == (4, 4)
