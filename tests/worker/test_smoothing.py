"""Smoothing on discs that move over a textured wall, whose true masks are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from worker.segments import FramePrediction, Segment, boxed, full_mask
from worker.smoothing import Smoother

WH = (160, 90)
Plane = npt.NDArray[np.float64]
_ROWS, _COLUMNS = np.mgrid[0 : WH[1], 0 : WH[0]] + 0.5


def texture(seed: int, shift: float = 0.0) -> npt.NDArray[np.float64]:
    """Blotches with soft edges, so that motion can be followed."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 6, (2, 40))
    waves = [
        np.cos(0.11 * a * (_COLUMNS - shift) + 0.13 * b * _ROWS + c)
        for a, b, c in zip(x - 3, y - 3, 6 * x, strict=True)
    ]
    return np.asarray(np.sum(waves, axis=0), np.float64)


def wall(shift: float) -> npt.NDArray[np.float64]:
    """What is behind everything, after the camera moved. Shape ``(h, w, 3)``."""
    return np.asarray(np.clip(0.35 + 0.03 * texture(1, shift), 0, 1)[..., None] * np.array([0.6, 0.9, 1.0]))


def disc(x: float, y: float, radius: float) -> Plane:
    return np.asarray(np.clip(radius + 0.5 - np.hypot(_COLUMNS - x, _ROWS - y), 0, 1), np.float64)


def plate(mask: Plane, color: Sequence[float] = (0.9, 0.3, 0.2), pan: float = 0.0) -> npt.NDArray[np.uint8]:
    """A wall with something of one colour before it."""
    behind = wall(pan)
    return np.asarray(np.rint((behind + mask[..., None] * (np.array(color) - behind)) * 255), np.uint8)


def prediction(mask: Plane | None, track: int = 1) -> FramePrediction:
    found = None if mask is None else boxed(np.rint(mask * 255).astype(np.uint8))
    return FramePrediction(WH, () if found is None else (Segment("person", True, 0.9, *found, track),))


def smoother(
    masks: Sequence[Plane | None], plates: Sequence[npt.NDArray[np.uint8]], reach: int = 2
) -> Callable[[int], npt.NDArray[np.float64]]:
    """The smoothed mask of each frame, in [0, 1]."""
    found = [prediction(mask) for mask in masks]
    made = Smoother(reach, range(len(masks)), found.__getitem__, plates.__getitem__)

    def mask_at(frame: int) -> npt.NDArray[np.float64]:
        segments = made.smoothed(frame).segments
        return full_mask(segments[0], WH) / 255.0 if segments else np.zeros(WH[::-1])

    return mask_at


def test_an_edge_that_jitters_in_a_pan_is_steadied_and_goes_with_the_pan() -> None:
    truth = [disc(40 + 2 * t, 45, 20) for t in range(12)]
    masks = [disc(40 + 2 * t, 45, 21.5 if t % 2 else 18.5) for t in range(12)]
    at = smoother(masks, [plate(mask, pan=2 * t) for t, mask in enumerate(truth)])
    # Half of the masks are too large, half too small: what steadies them is seen in how the area changes.
    before = np.mean([abs(masks[t].sum() - masks[t - 1].sum()) for t in range(3, 10)])
    after = np.mean([abs(at(t).sum() - at(t - 1).sum()) for t in range(3, 10)])
    assert after < 0.25 * before
    # No lag: the centroid is where the thing is, to a tenth of a sample.
    for t in range(2, 10):
        mask = at(t)
        assert (mask * _COLUMNS).sum() / mask.sum() == pytest.approx(40 + 2 * t, abs=0.15)


def test_what_is_too_fast_to_follow_leaves_no_ghost() -> None:
    truth = [disc(20 + 30 * t, 45, 12) for t in range(5)]
    at = smoother(truth, [plate(mask) for mask in truth])
    mask = at(2)
    np.testing.assert_allclose(mask, truth[2], atol=0.12)
    for other in (1, 3):
        assert (mask * truth[other]).sum() < 0.01 * truth[other].sum()


def test_what_comes_into_sight_is_whole_in_its_first_frame() -> None:
    empty = plate(np.zeros(WH[::-1]))
    there = disc(80, 45, 20)
    at = smoother([None, None, there, there, there], [empty, empty, *[plate(there)] * 3])
    assert at(1).max() == 0
    np.testing.assert_allclose(at(2), there, atol=0.02)


def test_a_frame_that_misses_a_track_gets_it_from_its_neighbours() -> None:
    truth = [disc(60 + 2 * t, 45, 20) for t in range(5)]
    at = smoother([mask if t != 2 else None for t, mask in enumerate(truth)], [plate(mask) for mask in truth])
    assert np.abs(at(2) - truth[2]).sum() < 0.1 * truth[2].sum()


def test_what_is_hidden_in_a_frame_is_not_filled_in() -> None:
    person = disc(60, 45, 20)
    bus = plate(np.ones(WH[::-1]), (0.1, 0.2, 0.9))
    at = smoother([person, person, None, person, person], [plate(person)] * 2 + [bus] + [plate(person)] * 2)
    assert at(2).max() == 0


def test_a_still_is_left_as_it_is() -> None:
    mask = disc(60, 45, 20)
    np.testing.assert_array_equal(smoother([mask], [plate(mask)])(0), np.rint(mask * 255) / 255)


def test_the_window_ends_at_the_first_gap() -> None:
    made = Smoother(2, [1, 2, 3, 5, 6, 9], lambda _: prediction(None), lambda _: plate(disc(60, 45, 20)))
    assert made.window(3) == [1, 2, 3]
    assert made.window(5) == [5, 6]
    assert made.window(9) == [9]


def test_memory_holds_the_window_alone_and_each_frame_is_asked_for_once() -> None:
    asked: list[int] = []
    mask = disc(60, 45, 20)

    def read(frame: int) -> npt.NDArray[np.uint8]:
        asked.append(frame)
        return plate(mask)

    made = Smoother(1, range(8), lambda _: prediction(mask), read)
    for frame in range(8):
        made.smoothed(frame)
        assert len(made._near) <= 4 and len(made._motions) <= 6
    assert sorted(asked) == list(range(8))


def test_masks_finer_than_the_working_grid_go_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.smoothing._WIDEST", 80)
    truth = [disc(40 + 2 * t, 45, 20) for t in range(3)]
    mask = smoother(truth, [plate(mask) for mask in truth], 1)(1)
    assert np.abs(mask - truth[1]).mean() < 0.004


def test_copies_of_a_track_and_other_tracks_are_kept() -> None:
    one, other = disc(50, 45, 20), disc(110, 45, 15)
    both = replace(prediction(one), segments=(*prediction(one).segments, *prediction(other, 2).segments))
    made = Smoother(1, range(3), lambda _: both, lambda _: plate(np.maximum(one, other)))
    assert [segment.track for segment in made.smoothed(1).segments] == [1, 2]
