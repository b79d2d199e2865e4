"""Frames of the timeline and frames of the media."""

from __future__ import annotations

from fractions import Fraction

import pytest

from host_adapters.ranges import Span
from host_adapters.resolve.frame_map import FrameMap

FILM, NTSC = Fraction(24000, 1001), Fraction(30000, 1001)


def same_rate(rate: Fraction = Fraction(24), first: int = 1001) -> FrameMap:
    return FrameMap(Span(86410, 86420), 5, rate, rate, first)


def test_a_frame_of_the_timeline_shows_the_media_frame_at_its_offset() -> None:
    frames = same_rate()
    assert frames.to_source(86410) == 5
    assert frames.to_source(86419) == 14
    assert frames.source == Span(5, 15)
    assert frames.number(5) == 1006


def test_and_back() -> None:
    frames = same_rate()
    for frame in range(86410, 86420):
        assert frames.to_record(frames.to_source(frame)) == Span(frame, frame + 1)


@pytest.mark.parametrize("rate", [FILM, NTSC, Fraction(25), Fraction(60000, 1001)])
def test_an_hour_at_any_rate_drifts_by_nothing(rate: Fraction) -> None:
    frames = FrameMap(Span(107892, 107892 + 108000), 0, rate, rate, 1)
    assert frames.to_source(107892 + 107999) == 107999


def test_a_cut_keeps_what_each_frame_shows() -> None:
    whole = same_rate()
    part = whole.cut(Span(86413, 90000))
    assert part.record == Span(86413, 86420)
    assert [part.to_source(frame) for frame in (86413, 86419)] == [
        whole.to_source(frame) for frame in (86413, 86419)
    ]


def test_a_cut_beside_it_is_empty() -> None:
    assert len(same_rate().cut(Span(0, 100)).source) == 0


def test_slower_media_repeats_frames() -> None:
    frames = FrameMap(Span(100, 108), 0, Fraction(24), Fraction(12), 1)
    assert [frames.to_source(frame) for frame in range(100, 108)] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert frames.to_record(1) == Span(102, 104)
    assert frames.source == Span(0, 4)


def test_faster_media_leaves_frames_out() -> None:
    frames = FrameMap(Span(0, 4), 10, Fraction(25), Fraction(50), 1)
    assert frames.source == Span(10, 17)
    assert len(frames.to_record(11)) == 0
    assert not frames.one_to_one


@pytest.mark.parametrize("rates", [(Fraction(24), FILM), (NTSC, Fraction(24)), (Fraction(25), NTSC)])
def test_the_two_ways_agree_at_unlike_rates(rates: tuple[Fraction, Fraction]) -> None:
    frames = FrameMap(Span(1000, 3000), 7, rates[0], rates[1], 1)
    for frame in range(1000, 3000):
        assert frame in frames.to_record(frames.to_source(frame))


def test_a_still_shows_one_picture_for_ever() -> None:
    frames = FrameMap(Span(50, 90), 0, Fraction(24), Fraction(24), 1, still=True)
    assert frames.source == Span(0, 1)
    assert frames.to_record(0) == Span(50, 90)


def test_spans_meet_and_grow() -> None:
    assert Span(0, 10).meet(Span(5, 20)) == Span(5, 10)
    assert len(Span(0, 3).meet(Span(5, 20))) == 0
    assert Span(5, 10).grown(8, Span(0, 12)) == Span(0, 12)
    assert 9 in Span(5, 10)
    assert 10 not in Span(5, 10)
