"""Ids through drawn sequences in which it is plain who is who."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.worker.tracking.drawing import BLUE, GREEN, RED, Shape, disc, drawn, stuff, upright
from worker.segments import FramePrediction
from worker.tracking import TrackIndex, assign

FPS = 24.0


def tracked(frames: Sequence[FramePrediction], fps: float = FPS) -> TrackIndex:
    return assign(enumerate(frames), fps)


@pytest.mark.parametrize("color", [pytest.param(BLUE, id="unlike"), pytest.param(RED, id="look-alikes")])
def test_two_who_cross_keep_their_ids(color: tuple[int, int, int]) -> None:
    behind = [Shape(upright(20 + 2 * t, 45, 14, 40), color) for t in range(60)]
    in_front = [Shape(upright(140 - 2 * t, 47, 14, 40), RED) for t in range(60)]
    index = tracked([drawn([a, b]) for a, b in zip(behind, in_front, strict=True)])
    assert index.frames[0] == index.frames[59] == (1, 2)
    assert len(index.tracks) == 2


@pytest.mark.parametrize("thumbnail", [True, False])
def test_one_who_was_hidden_for_a_second_and_a_half_is_found_again(thumbnail: bool) -> None:
    pillar = Shape(upright(80, 45, 54, 60), GREEN, "bus")
    index = tracked([drawn([Shape(disc(20 + t, 45, 9), BLUE), pillar], thumbnail=thumbnail) for t in range(130)])
    hidden = [frame for frame, ids in index.frames.items() if 1 not in ids]
    assert len(hidden) >= 1.5 * FPS
    assert index.frames[0] == index.frames[129] == (1, 2)
    assert [track.category for track in index.tracks] == ["person", "bus"]


def test_one_who_comes_back_after_more_than_two_seconds_is_new() -> None:
    away = range(20, 20 + 50)
    index = tracked([drawn([] if t in away else [Shape(disc(50, 45, 9))]) for t in range(100)])
    assert index.frames[19] == (1,)
    assert index.frames[70] == (2,)


def test_one_who_comes_in_where_another_went_out_is_new() -> None:
    leaves = [drawn([Shape(disc(150 + 2 * t, 45, 9), RED)]) for t in range(12)]
    enters = [drawn([Shape(disc(172 - 2 * t, 45, 9), GREEN)]) for t in range(40)]
    assert tracked(leaves + enters).frames[51] == (2,)


def test_a_few_missed_frames_are_a_gap() -> None:
    index = tracked([drawn([Shape(disc(50 + t, 45, 9))] if t not in (20, 21) else []) for t in range(60)])
    assert index.frames[20] == ()
    (track,) = index.tracks
    assert (track.first_frame, track.last_frame, track.frame_count) == (0, 59, 58)


def test_look_alikes_side_by_side_are_not_swapped() -> None:
    pairs = [[Shape(upright(x + 1.5 * t, 45, 10, 30)) for x in (50, 63)] for t in range(40)]
    index = tracked([drawn(pair, unseen=[0] if t in (7, 8, 20) else []) for t, pair in enumerate(pairs)])
    assert index.frames[7] == (2,)
    assert {ids for ids in index.frames.values() if len(ids) == 2} == {(1, 2)}


def test_a_fast_pan_moves_everybody_but_changes_nobody() -> None:
    frames = [
        drawn([Shape(disc(80 - 6 * t, 45, 9), BLUE), Shape(disc(110 - 6 * t, 45, 9), RED)], pan=6 * t)
        for t in range(12)
    ]
    assert set(tracked(frames).frames.values()) == {(1, 2)}


def test_a_ball_may_fly_further_than_its_size_in_a_frame() -> None:
    index = tracked([drawn([Shape(disc(10 + 12 * t, 25 + 0.4 * t * t, 3))]) for t in range(11)])
    assert set(index.frames.values()) == {(1,)}


def test_flicker_is_dropped() -> None:
    steady = Shape(disc(50, 45, 9))
    ghost = Shape(disc(120, 45, 9), GREEN, "dog")
    index = tracked([drawn([steady, ghost] if t in (10, 30) else [steady]) for t in range(50)])
    assert index.frames[10] == (1, 0)
    assert [track.category for track in index.tracks] == ["person"]


def test_a_still_keeps_its_segments() -> None:
    index = tracked([drawn([Shape(disc(50, 45, 9))], extra=[stuff("sky", 0, 20)])])
    assert index.frames == {0: (1, 2)}
    assert [(t.category, t.is_thing, t.frame_count) for t in index.tracks] == [
        ("person", True, 1),
        ("sky", False, 1),
    ]


def test_stuff_has_one_track_a_category_whatever_its_gaps() -> None:
    sky, grass = stuff("sky", 0, 20), stuff("grass", 70, 90)
    index = tracked([drawn([], extra=[grass] if 10 < t < 80 else [grass, sky]) for t in range(100)])
    assert index.frames[0] == index.frames[99] == (1, 2)
    assert {track.category: track.frame_count for track in index.tracks} == {"grass": 100, "sky": 31}


def test_a_category_that_flips_leaves_the_id_and_is_settled_by_votes() -> None:
    frames = [drawn([Shape(disc(50 + t, 45, 9), category="bus" if t % 3 == 0 else "car")]) for t in range(40)]
    index = tracked(frames)
    assert set(index.frames.values()) == {(1,)}
    assert index.tracks[0].category == "car"


def test_a_second_copy_of_a_segment_has_the_id_of_the_first() -> None:
    frames = []
    for t in range(20):
        once = drawn([Shape(disc(50 + t, 45, 9), category="car")])
        twice = drawn([Shape(disc(50.3 + t, 45, 9), category="bus", score=0.6)])
        frames.append(drawn([Shape(disc(50 + t, 45, 9), category="car")], extra=twice.segments))
        assert len(once.segments) == 1
    index = tracked(frames)
    assert set(index.frames.values()) == {(1, 1)}
    assert [(track.category, track.frame_count) for track in index.tracks] == [("car", 20)]
