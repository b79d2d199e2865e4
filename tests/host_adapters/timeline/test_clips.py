"""Which frames of their media the clips of a timeline show, and why some cannot be exported."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from host_adapters.ranges import Span
from host_adapters.timeline.media import Kind
from tests.host_adapters.timeline.conftest import Cutting, span

NTSC, DROP = Fraction(24000, 1001), Fraction(30000, 1001)


@pytest.mark.parametrize("rate", [Fraction(24), NTSC, DROP, Fraction(25)], ids=str)
@pytest.mark.parametrize("start", [0, 86400, 107892, 86388], ids=lambda start: f"media from frame {start}")
def test_a_sequence_from_1001_whatever_its_timecode(tmp_path: Path, rate: Fraction, start: int) -> None:
    cut = Cutting(tmp_path, rate, start=7)
    cut.gap(5)
    cut.clip(cut.images(start=start), start + 3, 4)
    use = cut.use()
    assert use.media.source == str(tmp_path / "plate.%04d.png")
    assert (use.shown, use.record) == (Span(1004, 1008), Span(5, 9))
    assert use.speed == 1


@pytest.mark.parametrize(
    "url",
    [
        "plate.[1001-1020].png",
        "file://{folder}/plate.%5B1001-1020%5D.png",
        "{folder}/plate.1001.png",
        "plate.%04d.png",
    ],
    ids=["brackets, relative", "a URL", "the first file", "printf"],
)
def test_every_way_of_naming_a_sequence(cut: Cutting, url: str) -> None:
    cut.files()
    cut.clip(cut.external(url.format(folder=cut.folder), 86400, 20), 86402, 3)
    use = cut.use()
    assert (use.media.kind, use.shown) == (Kind.SEQUENCE, Span(1003, 1006))
    assert use.media.url == (cut.folder / "plate.[1001-1020].png").as_posix()


def test_a_movie_counts_from_1(cut: Cutting) -> None:
    (cut.folder / "a#1.mov").touch()
    cut.clip(cut.external(f"file://{cut.folder}/a%231.mov", 90000, 50), 90010, 5)
    use = cut.use()
    assert (use.media.kind, use.shown, use.media.numbers) == (Kind.MOVIE, Span(11, 16), Span(1, 51))


def test_a_still_is_one_frame_however_long_it_stands(cut: Cutting) -> None:
    cut.files("board", 3, 2)
    cut.clip(cut.external(str(cut.folder / "board.0003.png"), 0, 1), 0, 444)
    use = cut.use()
    assert (use.media.kind, use.shown, use.wanted(8)) == (Kind.STILL, Span(3, 4), Span(3, 4))
    assert use.record == Span(0, 444)


@pytest.mark.parametrize(
    ("handles", "wanted"), [(0, Span(1003, 1018)), (2, Span(1001, 1020)), (50, Span(1001, 1021))]
)
def test_handles_reach_to_the_medias_ends(cut: Cutting, handles: int, wanted: Span) -> None:
    cut.clip(cut.images(), 2, 15)
    assert cut.use().wanted(handles) == wanted


def test_transitions_show_frames_beyond_the_cut(cut: Cutting) -> None:
    reference = cut.images()
    half = otio.opentime.RationalTime(3, 24)
    cut.clip(reference, 2, 5)
    cut.track().append(
        otio.schema.Transition("dissolve", "SMPTE_Dissolve", half, otio.opentime.RationalTime(2, 24))
    )
    cut.clip(reference.clone(), 10, 5)
    (a, b), _ = cut.read()
    assert (a.shown, a.wanted(0)) == (Span(1003, 1008), Span(1003, 1010))
    assert (b.shown, b.wanted(1)) == (Span(1011, 1016), Span(1007, 1017))
    assert (a.record, b.record) == (Span(0, 5), Span(5, 10))


@pytest.mark.parametrize(
    ("scalar", "shown"),
    [(2.0, Span(1003, 1010)), (0.5, Span(1003, 1005)), (1.0, Span(1003, 1007)), (0.0, Span(1003, 1004))],
)
def test_one_speed_is_followed(cut: Cutting, scalar: float, shown: Span) -> None:
    cut.clip(cut.images(), 2, 4, effects=[otio.schema.LinearTimeWarp(time_scalar=scalar)])
    assert cut.use().shown == shown


def test_a_freeze_frame_is_one_frame_with_handles(cut: Cutting) -> None:
    cut.clip(cut.images(), 5, 10, effects=[otio.schema.FreezeFrame()])
    assert (cut.use().shown, cut.use().wanted(1)) == (Span(1006, 1007), Span(1005, 1008))


def test_media_at_another_rate_than_the_timeline(cut: Cutting) -> None:
    reference = cut.images(count=40)
    reference.available_range = span(0, 40, 48)
    cut.clip(reference, 2, 5)
    use = cut.use()
    assert use.shown == Span(1005, 1014)
    assert use.speed == 2
    assert use.wanted(0) == Span(1004, 1015), "one more on either side, because hosts round"


def test_24_written_for_23_976_counts_the_same_frames(tmp_path: Path) -> None:
    cut = Cutting(tmp_path, NTSC)
    reference = cut.images(start=86400)
    reference.available_range = span(86400, 20, 24)
    cut.clip(reference, 86405, 5)
    assert cut.use().shown == Span(1006, 1011)


def test_clips_inside_a_nested_stack_as_far_as_it_shows_them(cut: Cutting) -> None:
    cut.gap(10)
    inner = otio.schema.Track("inner")
    inner.append(otio.schema.Clip("a", cut.images("a"), span(0, 10)))
    inner.append(otio.schema.Clip("b", cut.images("b"), span(5, 10)))
    inner.append(otio.schema.Clip("c", cut.images("c"), span(0, 10)))
    cut.track().append(otio.schema.Stack("nest", [inner], span(4, 10)))
    uses, refused = cut.read()
    assert [(use.name, use.shown, use.record) for use in uses] == [
        ("a", Span(1005, 1011), Span(10, 16)),
        ("b", Span(1006, 1010), Span(16, 20)),
    ]
    assert [refusal.reason for refusal in refused] == ["lies outside of what nest shows"]


def bad_missing(cut: Cutting) -> Any:
    cut.clip(otio.schema.MissingReference(), 0, 5)


def bad_generator(cut: Cutting) -> Any:
    cut.clip(otio.schema.GeneratorReference("bars", "SMPTEBars"), 0, 5)


def bad_web(cut: Cutting) -> Any:
    cut.clip(cut.external("https://example.com/a.mov", 0, 5), 0, 5)


def bad_gone(cut: Cutting) -> Any:
    cut.clip(cut.external("gone.[1-9].exr", 1, 9), 1, 5)


def bad_reversed(cut: Cutting) -> Any:
    cut.clip(cut.images(), 0, 5, effects=[otio.schema.LinearTimeWarp(time_scalar=-1)])


def bad_curve(cut: Cutting) -> Any:
    cut.clip(cut.images(), 0, 5, effects=[otio.schema.TimeEffect()])


def bad_off(cut: Cutting) -> Any:
    cut.clip(cut.images(), 0, 5, enabled=False)


def bad_track_off(cut: Cutting) -> Any:
    cut.clip(cut.images(), 0, 5)
    cut.track().enabled = False


def bad_beyond(cut: Cutting) -> Any:
    cut.clip(cut.images(), 10, 15)


def bad_nest(cut: Cutting) -> Any:
    nest = otio.schema.Stack("nest", [otio.schema.Clip("a", cut.images(), span(0, 5))])
    nest.effects.append(otio.schema.LinearTimeWarp(time_scalar=2))
    cut.track().append(nest)


def bad_step(cut: Cutting) -> Any:
    reference = cut.images()
    reference.frame_step = 2
    cut.clip(reference, 0, 5)


def bad_time(cut: Cutting) -> Any:
    cut.files()
    cut.clip(otio.schema.ExternalReference("plate.%04d.png"), 86501, 5)


@pytest.mark.parametrize(
    ("cutting", "reason"),
    [
        (bad_missing, "has no media in the timeline; --media DIR"),
        (bad_generator, r"is a generator \(SMPTEBars\)"),
        (bad_web, "which is no file"),
        (bad_gone, r"gone.\[1-9\].exr, which is not there; --media DIR"),
        (bad_reversed, "runs backwards"),
        (bad_curve, "at a speed that changes"),
        (bad_off, "is off"),
        (bad_track_off, "is on V1, which is off"),
        (bad_beyond, r"shows frames 1011 to 1025 of plate.\[1001-1020\].png, which has 1001 to 1020"),
        (bad_nest, "lies inside nest, which is retimed as a whole"),
        (bad_step, "every 2th frame"),
        (bad_time, r"begins at 01:00:04:05 \(frame 86501\) of plate"),
    ],
    ids=lambda value: value.__name__[4:] if callable(value) else "",
)
def test_what_cannot_be_exported_says_why(cut: Cutting, cutting: Any, reason: str) -> None:
    cutting(cut)
    said = cut.reason()
    assert re.search(reason, said), said


def test_sound_is_told_of_once_a_track(cut: Cutting) -> None:
    cut.clip(cut.images(), 0, 5)
    cut.track("A1", otio.schema.TrackKind.Audio)
    for _ in range(2):
        cut.clip(otio.schema.MissingReference(), 0, 5, track="A1")
    uses, refused = cut.read()
    assert (len(uses), [refusal.reason for refusal in refused]) == (1, ["is sound only: 2 clips"])


@pytest.mark.parametrize(
    ("first", "start", "shown"),
    [(1001, 1003, Span(1003, 1006)), (1001, 2, Span(1003, 1006)), (86400, 86402, Span(86402, 86405))],
    ids=["its own numbers", "from 0", "numbers that are timecode"],
)
def test_media_whose_start_the_timeline_does_not_say(cut: Cutting, first: int, start: int, shown: Span) -> None:
    cut.files("plate", first)
    cut.clip(otio.schema.ExternalReference("plate.%04d.png"), start, 3)
    assert cut.use().shown == shown
