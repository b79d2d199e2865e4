"""A clip's scores: which frames are compared, and what is held in memory."""

from __future__ import annotations

import weakref
from collections.abc import Iterator

import numpy as np
import pytest

from tests.worker.evaluation.matte_scene import Scene
from worker.evaluation.mattes import UNITS, FrameScore, MatteFrame, frame_step, mean_score, score_frames

PAN = Scene(disc=(2.0, 1.0), ground=(2.0, 1.0))
ERRORS = ["sad", "mse", "grad", "conn"]
CHATTER = ["chatter", "chatter_p95", "jump_px", "judged"]


def pan(number: int) -> MatteFrame:
    return MatteFrame(number, PAN.matte(number), PAN.matte(number), plate=PAN.plate(number))


def test_the_first_frame_has_nothing_before_it() -> None:
    first, second = score_frames([pan(0), pan(1)])
    assert list(first.values) == ERRORS
    assert list(second.values) == list(UNITS)


def test_across_a_gap_nothing_is_compared() -> None:
    found = [score.values for score in score_frames([pan(0), pan(2), pan(4), pan(5)], step=2)]
    assert ["dtssd" in values for values in found] == [False, True, True, False]
    assert ["chatter" in values for values in found] == [False, True, True, False]


@pytest.mark.parametrize(
    ("frames", "step"), [((7,), 1), ((1, 2, 3), 1), ((1, 3, 5, 11), 2)], ids=["one", "all", "every other"]
)
def test_the_step_is_the_least_distance(frames: tuple[int, ...], step: int) -> None:
    assert frame_step(frames) == step


def test_without_truth_there_is_chatter_alone() -> None:
    frames = [MatteFrame(number, PAN.matte(number)) for number in (0, 1)]
    assert [list(score.values) for score in score_frames(frames)] == [[], CHATTER]


def test_the_truth_has_chatter_of_its_own() -> None:
    frames = [MatteFrame(n, PAN.matte(n, 1.0 * n), PAN.matte(n), plate=PAN.plate(n)) for n in (0, 1)]
    values = list(score_frames(frames))[1].values
    assert values["jump_px"] == pytest.approx(1.0, abs=0.1)
    assert values["truth_jump_px"] < 0.1


def test_an_empty_region_is_not_judged() -> None:
    matte = PAN.matte(0)
    (score,) = score_frames([MatteFrame(0, matte, matte, np.zeros(matte.shape, np.bool_))])
    assert score.values == {}


def test_the_mean_is_over_the_frames_that_have_a_figure() -> None:
    scores = [FrameScore(1, {"sad": 1.0}), FrameScore(2, {"sad": 3.0, "dtssd": 0.5}), FrameScore(3, {})]
    assert mean_score(scores) == {"sad": 2.0, "dtssd": 0.5}


def test_no_more_than_two_frames_are_held() -> None:
    alive: list[weakref.ref[MatteFrame]] = []
    most = 0

    def frames() -> Iterator[MatteFrame]:
        nonlocal most
        for number in range(5):
            most = max(most, sum(ref() is not None for ref in alive))
            matte = np.zeros((8, 8), np.float32)
            matte[:, :4] = 1
            frame = MatteFrame(number, matte)
            alive.append(weakref.ref(frame))
            yield frame
            del frame

    assert len(list(score_frames(frames()))) == 5
    # While one is made the one before it is held, and the one before that may not be let go yet.
    assert most <= 2
