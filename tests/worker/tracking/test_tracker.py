"""The tracker's promises: what it refuses, keeps, forgets and repeats."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.worker.tracking.drawing import BLUE, GREEN, RED, WH, Shape, disc, drawn, stuff, upright
from worker.segments import UNTRACKED, FramePrediction, Segment
from worker.tracking import Tracker, assign
from worker.tracking.settings import MAX_LOST


def test_frames_must_rise() -> None:
    tracker = Tracker()
    tracker.update(5, drawn([]))
    with pytest.raises(ValueError, match="5 came after 5"):
        tracker.update(5, drawn([]))


@pytest.mark.parametrize("fps", [0.0, -24.0, float("nan"), float("inf")])
def test_fps_must_be_a_rate(fps: float) -> None:
    with pytest.raises(ValueError, match="fps must be a number above 0"):
        Tracker(fps)


def test_no_frames_have_no_tracks() -> None:
    assert Tracker().finish().tracks == ()
    assert assign([]).frames == {}


def test_ids_count_from_one_in_the_order_of_the_segments() -> None:
    ids = Tracker().update(0, drawn([Shape(disc(40, 45, 9)), Shape(disc(100, 45, 9))], extra=[stuff("sky", 0, 9)]))
    assert ids == (1, 2, 3)


def test_finish_tells_flicker_from_tracks() -> None:
    tracker = Tracker(24.0)
    for t in range(40):
        ghost = [Shape(disc(120, 45, 9), GREEN, "dog")] if t == 20 else []
        tracker.update(t, drawn([Shape(disc(50, 45, 9)), *ghost]))
    assert [(t.category, t.frame_count, t.confirmed) for t in tracker.finish().tracks] == [
        ("person", 40, True),
        ("dog", 1, False),
    ]


def test_who_looked_new_at_first_is_told_to_be_an_old_one() -> None:
    """A sliver that comes out from behind a bus is too little to be known again; the rest of it tells."""
    tracker = Tracker(24.0)
    bus = Shape(upright(80, 45, 44, 70), GREEN, "bus")
    ids = []
    for t in range(120):
        prediction = drawn([Shape(upright(20 + t, 45, 16, 30), BLUE), bus])
        given = dict(zip([s.category for s in prediction.segments], tracker.update(t, prediction), strict=True))
        ids.append(given.get("person"))
    table = tracker.finish()
    first, sliver = 1, next(i for i in ids[60:] if i is not None)
    assert (ids[0], ids[-1]) == (first, first)
    assert table.found_again == {sliver: first}
    assert sliver not in {track.id for track in table.tracks}
    assert (table.tracks[0].frame_count, table.tracks[0].last_frame) == (ids.count(first) + ids.count(sliver), 119)


@pytest.mark.parametrize(("height", "at_once"), [(30, True), (24, True), (12, False)])
def test_a_sliver_is_looked_at_again_before_it_is_somebody(height: int, at_once: bool) -> None:
    tracker = Tracker(24.0)
    for t in range(24):
        tracker.update(t, drawn([Shape(upright(60, 45, 16, 30), BLUE)]))
    for t in range(24, 36):
        tracker.update(t, drawn([]))
    ids = [tracker.update(t, drawn([Shape(upright(60, 45, 16, height), BLUE)]))[0] for t in range(36, 38)]
    assert ids == ([1, 1] if at_once else [2, 1])
    table = tracker.finish()
    assert [track.id for track in table.tracks] == [1]
    assert table.found_again == ({} if at_once else {2: 1})


@pytest.mark.parametrize(("apart_px", "same"), [(0, True), (40, False)])
def test_who_is_found_twice_and_then_in_part_alone_is_one(apart_px: int, same: bool) -> None:
    whole = drawn([Shape(upright(60, 45, 16, 30), BLUE)])
    x0, y0, x1, y1 = whole.segments[0].box
    part = replace(whole.segments[0], box=(x0, y0 + 12, x1, y1), mask=whole.segments[0].mask[12:])
    if apart_px:
        # Another of the same colours, who does not stand where the first did.
        whole = drawn([Shape(upright(60, 45, 16, 30), BLUE), Shape(upright(60 + apart_px, 51, 16, 18), BLUE)])
        part = whole.segments[1]
        whole = replace(whole, segments=whole.segments[:1])
    tracker = Tracker(24.0)
    for t in range(24):
        tracker.update(t, whole)
    for t in range(24, 28):
        first, second = tracker.update(t, replace(whole, segments=(whole.segments[0], part)))
        assert first != second
    tracker.update(28, replace(whole, segments=(part,)))
    assert tracker.finish().found_again == ({second: first} if same else {})


@pytest.mark.parametrize(
    ("width", "color", "same"),
    [
        pytest.param(16, BLUE, True, id="whole and alike"),
        pytest.param(16, (90, 60, 190), False, id="in other colours"),
        pytest.param(5, BLUE, False, id="a part of it"),
    ],
)
def test_who_stands_further_off_than_expected_must_be_seen_whole_and_alike(
    width: int, color: tuple[int, int, int], same: bool
) -> None:
    tracker = Tracker(24.0)
    for t in range(24):
        first = tracker.update(t, drawn([Shape(upright(30, 45, 16, 30), BLUE)]))
    for t in range(24, 36):
        tracker.update(t, drawn([]))
    again = tracker.update(36, drawn([Shape(upright(85, 45, width, 30), color)]))
    assert (again == first) is same


def test_segments_never_seen_before_cost_bounded_memory() -> None:
    """Twenty new things every frame, none ever seen twice."""
    rng = np.random.default_rng(3)
    tracker = Tracker(24.0)
    held = []
    for t in range(60):
        segments = []
        for _ in range(20):
            x, y, size = rng.integers((0, 0, 2), (150, 80, 10)).tolist()
            mask = np.full((size, size), 255, np.uint8)
            segments.append(Segment(f"c{rng.integers(1_000_000)}", True, 0.5, (x, y, x + size, y + size), mask))
        tracker.update(t, FramePrediction((160, 90), tuple(segments)))
        held.append(tracker.remembered)
    assert max(held) <= MAX_LOST + 20
    assert len(tracker.finish().tracks) > 1000


def test_the_same_frames_give_the_same_ids() -> None:
    frames = [
        drawn([Shape(upright(20 + 2 * t, 45, 14, 40), BLUE), Shape(disc(140 - 3 * t, 30, 8), RED)])
        for t in range(40)
    ]
    first, second = (assign(enumerate(frames), 24.0) for _ in range(2))
    assert first == second


def test_frames_far_apart_are_still_followed() -> None:
    """Every hundredth frame of a source, with someone who stands still."""
    index = assign(((100 * t, drawn([Shape(disc(60 + t, 45, 9))])) for t in range(6)), 24.0)
    assert set(index.frames.values()) == {(1,)}


def test_low_frame_rates_take_larger_steps() -> None:
    index = assign(((t, drawn([Shape(upright(20 + 18 * t, 45, 12, 40))])) for t in range(7)), 3.0)
    assert set(index.frames.values()) == {(1,)}


def test_an_empty_mask_is_a_segment_all_the_same() -> None:
    empty = Segment("dog", True, 0.9, (150, 80, 160, 90), np.zeros((10, 10), np.uint8))
    index = assign(((t, drawn([Shape(disc(40, 45, 9))], extra=[empty])) for t in range(10)), 24.0)
    assert set(index.frames.values()) == {(1, 2)}


def test_the_mask_grid_may_change_between_frames() -> None:
    tracker = Tracker(24.0)
    first = tracker.update(0, drawn([Shape(disc(80, 45, 20))]))
    mask = np.full((40, 40), 255, np.uint8)
    second = tracker.update(
        1, FramePrediction((320, 180), (Segment("person", True, 0.9, (140, 70, 180, 110), mask),))
    )
    assert first == second


@pytest.mark.parametrize("number", [UNTRACKED, 7], ids=["no video model", "a video model that goes on"])
def test_nobody_goes_on_over_a_cut(number: int) -> None:
    """The next shot has someone in other colours in the same place, before another background."""
    here = drawn([Shape(upright(80, 45, 20, 50), RED)])
    here = replace(here, segments=(replace(here.segments[0], track=number),))
    assert here.thumbnail is not None
    dark = np.kron(np.random.default_rng(0).integers(0, 40, (9, 16, 3)), np.ones((6, 6, 1), int)).astype(np.uint8)
    dark[..., 2] += 120
    dark[:, 42:54] = (150, 90, 60)
    there = FramePrediction(WH, here.segments, dark)
    assert dark.shape == here.thumbnail.shape
    assert assign(enumerate([here] * 20 + [there] * 20), 24.0).frames[39] == (2,)


def test_a_flash_is_not_the_end_of_anybody() -> None:
    here = drawn([Shape(upright(80, 45, 20, 50), RED)])
    flash = FramePrediction(WH, here.segments, np.full((54, 96, 3), 250, np.uint8))
    assert assign(enumerate([here] * 20 + [flash] + [here] * 20), 24.0).frames[40] == (1,)


def told(*things: tuple[float, int]) -> FramePrediction:
    """Discs at some x, each with the number that a video model gives it."""
    plain = drawn([Shape(disc(x, 45, 9)) for x, _ in things])
    segments = (replace(s, track=number) for s, (_, number) in zip(plain.segments, things, strict=True))
    return replace(plain, segments=tuple(segments))


def test_takes_the_word_of_a_video_model() -> None:
    # Nothing but its word tells that the two changed places.
    clip = [told((40, 7), (100, 9)) if t < 5 else told((100, 7), (40, 9)) for t in range(10)]
    index = assign(enumerate(clip), 24.0)
    assert {index.frames[t] for t in range(10)} == {(1, 2)}


def test_joins_what_a_video_model_calls_otherwise_in_its_next_run() -> None:
    clip = [told((40 + t, 7), (100 - t, 9)) if t < 5 else told((40 + t, 109), (100 - t, 107)) for t in range(10)]
    assert set(assign(enumerate(clip), 24.0).frames.values()) == {(1, 2)}
