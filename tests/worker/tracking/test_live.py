"""The state of one followed thing."""

from __future__ import annotations

import numpy as np
import pytest

from tests.worker.tracking.drawing import GREEN, WH, Shape, drawn, upright
from worker.tracking.live import LiveTrack, Votes
from worker.tracking.scene import Moment, observe

STILL = np.zeros(2, np.float32)
CELLS_A_PIXEL = 0.6


def moment(frame: int, *shapes: Shape) -> Moment:
    """A frame with a camera that stands still; things are in the order of their shapes."""
    prediction = drawn(shapes)
    return Moment(frame, 24.0, observe(prediction.segments, WH, (96, 54), None), STILL, 0)


def test_a_thing_that_slides_behind_another_keeps_its_speed() -> None:
    pillar = Shape(upright(100, 45, 40, 80), GREEN, "bus")
    track = LiveTrack(1, moment(0, Shape(upright(40, 45, 30, 30)), pillar), 0)
    for t in range(1, 48):
        track.observe(moment(t, Shape(upright(40 + t, 45, 30, 30)), pillar), 0)
    # By now four fifths of it are hidden, and the centroid of the rest has moved half as far.
    assert track.velocity[0] == pytest.approx(CELLS_A_PIXEL, abs=0.12)
    after = moment(48, pillar)
    assert track.expected_position(after)[0] == pytest.approx(88 * CELLS_A_PIXEL, abs=4.0)


def test_a_thing_that_leaves_the_picture_keeps_its_speed() -> None:
    track = LiveTrack(1, moment(0, Shape(upright(100, 45, 40, 30))), 0)
    for t in range(1, 36):
        track.observe(moment(t, Shape(upright(100 + 2 * t, 45, 40, 30))), 0)
    assert track.velocity[0] == pytest.approx(2 * CELLS_A_PIXEL, abs=0.1)


def test_speed_fades_out_of_sight() -> None:
    track = LiveTrack(1, moment(0, Shape(upright(40, 45, 10, 30))), 0)
    track.observe(moment(1, Shape(upright(42, 45, 10, 30))), 0)
    steps = [float(track.expected_centroid(moment(t))[0]) for t in (1, 2, 24, 48, 1000)]
    gone = np.diff(steps) / (2 * CELLS_A_PIXEL)
    assert gone[0] == pytest.approx(0.99, abs=0.02)
    assert gone[1] < 22
    assert steps[-1] - steps[0] == pytest.approx(48 * 2 * CELLS_A_PIXEL, rel=0.02)


def test_votes_count_by_score_and_the_first_of_equals_wins() -> None:
    votes = Votes()
    votes.add("bus", 0.5)
    votes.add("car", 0.5)
    assert votes.winner == "bus"
    other = Votes()
    other.add("car", 0.0)
    votes.add_all(other)
    assert votes.winner == "car"
    assert "bus" in votes
    assert "dog" not in votes
