"""Ids that stay when more of a source is tracked."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.worker.tracking.drawing import BLUE, GREEN, RED, Shape, drawn, upright
from worker.segments import UNTRACKED, FramePrediction
from worker.tracking import Track, TrackIndex, assign, spans, stitch


def index(frames: Mapping[int, tuple[int, ...]], **categories: str) -> TrackIndex:
    """An index whose tracks are named ``t1="person"``; sky is stuff."""
    found = spans(frames)
    return TrackIndex(
        frames,
        tuple(
            Track(int(name[1:]), category, category != "sky", *found[int(name[1:])])
            for name, category in categories.items()
        ),
    )


def test_longer_range_keeps_the_known_ids() -> None:
    known = index({10: (1, 2), 11: (1, 2)}, t1="person", t2="car")
    new = index({9: (1, 3), 10: (2, 3), 11: (2, 3), 12: (3, 2, 4)}, t1="dog", t2="car", t3="person", t4="dog")
    # In the frames of both, new 2 is known 1 and new 3 is known 2.
    out = stitch(new, known)
    assert out.frames == {9: (3, 2), 10: (1, 2), 11: (1, 2), 12: (2, 1, 4)}
    assert [(t.id, t.first_frame, t.last_frame, t.frame_count) for t in out.tracks] == [
        (1, 10, 12, 3),
        (2, 9, 12, 4),
        (3, 9, 9, 1),
        (4, 12, 12, 1),
    ]


def test_a_matched_track_keeps_its_known_category() -> None:
    known = index({0: (5,)}, t5="car")
    new = index({0: (1,), 1: (1,), 2: (1,)}, t1="bus")
    assert [(t.id, t.category) for t in stitch(new, known).tracks] == [(5, "car")]


def test_the_majority_of_common_frames_decides_one_to_one() -> None:
    known = index(dict.fromkeys(range(5), (1, 2)), t1="person", t2="person")
    swapped_once = {f: ((1, 2) if f else (2, 1)) for f in range(7)}
    out = stitch(index(swapped_once, t1="person", t2="person"), known)
    assert out.frames == dict.fromkeys(range(7), (1, 2))


def test_a_known_track_taken_apart_goes_on_in_its_larger_part() -> None:
    known = index(dict.fromkeys(range(5), (1,)), t1="person")
    new = index({0: (1,), 1: (1,), 2: (2,), 3: (2,), 4: (2,), 5: (2,), 6: (1,)}, t1="person", t2="person")
    out = stitch(new, known)
    assert out.frames == {**dict.fromkeys(range(6), (1,)), 6: (2,)}


def test_stuff_is_matched_without_common_frames_and_things_are_not() -> None:
    known = index({0: (1, 2)}, t1="sky", t2="person")
    out = stitch(index({50: (2, 1)}, t1="person", t2="sky"), known)
    assert out.frames == {0: (1, 2), 50: (1, 3)}


def test_stuff_is_never_taken_for_a_thing() -> None:
    known = index({0: (1,)}, t1="sky")
    out = stitch(index({0: (1,), 1: (1,)}, t1="person"), known)
    assert out.frames == {0: (1,), 1: (2,)}


def test_dropped_segments_of_known_frames_stay_dropped() -> None:
    known = index({0: (1, 0)}, t1="person")
    out = stitch(index({0: (1, 2), 1: (1, 2)}, t1="person", t2="dog"), known)
    assert out.frames == {0: (1, 0), 1: (1, 2)}
    assert [(t.id, t.first_frame) for t in out.tracks] == [(1, 0), (2, 1)]


def test_nothing_known_changes_nothing() -> None:
    new = index({0: (1, 2)}, t1="person", t2="sky")
    assert stitch(new, TrackIndex({}, ())) == new


def test_a_frame_with_other_segments_than_before_is_refused() -> None:
    with pytest.raises(ValueError, match="frame 3 must have 2 segments"):
        stitch(index({3: (1,)}, t1="person"), index({3: (1, 2)}, t1="person", t2="dog"))


def test_track_by_id() -> None:
    found = index({0: (4,)}, t4="dog")
    assert found.track(4).category == "dog"
    with pytest.raises(KeyError):
        found.track(1)


def crossing(t: int) -> FramePrediction:
    """Two people who pass each other behind a pillar, and a third who comes late."""
    shapes = [
        Shape(upright(10 + 1.5 * t, 45, 12, 40), RED),
        Shape(upright(150 - 1.5 * t, 45, 12, 40), BLUE),
        Shape(upright(80, 45, 24, 80), GREEN, "bus"),
    ]
    if t >= 50:
        shapes.insert(0, Shape(upright(t - 45, 20, 10, 20), (230, 200, 40)))
    return drawn(shapes)


@pytest.mark.parametrize("cuts", [[(0, 55), (45, 90)], [(45, 90), (0, 55)], [(0, 40), (30, 70), (60, 90)]])
def test_chunks_that_overlap_are_tracked_like_the_whole_up_to_ids(cuts: list[tuple[int, int]]) -> None:
    clip = [crossing(t) for t in range(90)]
    whole = assign(enumerate(clip), 24.0)
    joined = TrackIndex({}, ())
    for first, end in cuts:
        joined = stitch(assign(((t, clip[t]) for t in range(first, end)), 24.0), joined)
    assert joined.frames.keys() == whole.frames.keys()
    pairs = {
        pair for frame in whole.frames for pair in zip(whole.frames[frame], joined.frames[frame], strict=True)
    } - {(UNTRACKED, UNTRACKED)}
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs) == 4
