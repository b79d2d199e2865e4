"""Every OTIO and EDL of the test data: exported, with stand-ins for the media, or refused with the reason."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from host_adapters.timeline.errors import TimelineError
from host_adapters.timeline.run import make_plan
from host_adapters.timeline.wishes import Wishes
from tests.host_adapters.timeline.conftest import Cutting
from tests.worker.media.made import write_movie

FOLDER = os.environ.get("MATTEBRIDGE_TEST_DATA")
EDITS = Path(FOLDER or "") / "timelines"

pytestmark = pytest.mark.skipif(not FOLDER or not EDITS.exists(), reason="MATTEBRIDGE_TEST_DATA has no timelines")

WRONG = {
    "25fps.edl": "does not say its frame rate; give it, for example --rate 25",
    "dissolve_test_fail.edl": "a transition in it has another event number",
    "premiere_example.otio": "written by a newer OpenTimelineIO",
    "LICENSE.otio": "cannot be read as a timeline: JSON parse error",
}

TIMELINES = [
    "effects.otio",
    "gap_test.edl",
    "multitrack.otio",
    "nested_example.otio",
    "screening_example.edl",
    "simple_cut.otio",
    "speed_effects.edl",
    "transition_test.otio",
]


def plan(name: str, out: Path, *media: Path, **more: Any) -> Any:
    return make_plan(Wishes(str(EDITS / name), str(out), {}, [str(folder) for folder in media], **more))


def test_no_timeline_is_left_out() -> None:
    there = {file.name for file in EDITS.iterdir() if file.suffix in (".otio", ".edl")}
    assert there == {*TIMELINES, *WRONG}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_files_are_refused_with_the_reason(name: str, tmp_path: Path) -> None:
    with pytest.raises(TimelineError, match=WRONG[name]):
        plan(name, tmp_path)


@pytest.mark.parametrize("name", TIMELINES)
def test_without_media_each_clip_says_what_is_missing(name: str, tmp_path: Path) -> None:
    with pytest.raises(TimelineError, match=r"nothing in .* can be exported\n.*--media DIR"):
        plan(name, tmp_path)


def stand_ins(folder: Path, *names: str) -> Path:
    folder.mkdir()
    for name in names:
        (folder / name).touch()
    return folder


def test_an_export_of_resolve(tmp_path: Path) -> None:
    with pytest.raises(TimelineError) as nothing:
        plan("effects.otio", tmp_path)
    assert "Picchu_V7_310821_0003.png, which is not there" in str(nothing.value)
    stills = [f"Picchu_V7_310821_{n:04d}.png" for n in (3, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15)]
    movies = [f"sq0100_sh00{n}_layout_v00{v}.mp4" for n, v in ((10, 4), (20, 5), (30, 4), (50, 4))]
    media = stand_ins(tmp_path / "media", *stills, "Panel 3.3.5.png", "A_title.png", "_bar.png", *movies)
    made = plan("effects.otio", tmp_path / "o", media)
    assert len(made.uses) == 18
    assert len(made.jobs) == 17
    twice = [job.name for job in made.jobs if len(job.uses) == 2]
    assert twice == ["Panel 3.3.5.png"]
    frames = {job.name: job.request.frames for job in made.jobs}
    assert [frames[name] for name in movies] == ["1-500", "1-316", "1-211", "1-98"]
    assert {refusal.reason.split(":")[0] for refusal in made.refused} == {"is off", "is sound only"}


def test_clips_that_lie_elsewhere(tmp_path: Path) -> None:
    media = stand_ins(tmp_path / "media", "titles.mov", "wind-up.mov", "punchline.mov", "credits.mov")
    made = plan("simple_cut.otio", tmp_path / "o", media)
    assert [job.request.frames for job in made.jobs] == ["4-6", "3-8", "1-4", "1-6"]


def test_tracks_of_movies(tmp_path: Path) -> None:
    names = ("tech.fux (loop)-HD.mp4", "out-b (loop)-HD.mp4", "brokchrd (loop)-HD.mp4", "KOLL-HD.mp4")
    made = plan("multitrack.otio", tmp_path / "o", stand_ins(tmp_path / "media", *names))
    assert [(use.track, use.record.start, use.shown.end - 1) for use in made.uses] == [
        (1, 0, 720),
        (1, 803, 722),
        (1, 1957, 720),
        (3, 1198, 640),
    ]
    (refusal,) = made.refused
    assert refusal.name == "t-hawk (loop)-HD.mp4"


def test_nested_stacks(tmp_path: Path) -> None:
    names = [f"Normal Clip {n}.mov" for n in (1, 2, 3, 4)]
    media = stand_ins(tmp_path / "media", *names, "Clip Inside A Stack 1.mov", "Clip Inside A Stack 2.mov")
    made = plan("nested_example.otio", tmp_path / "o", media)
    inside = next(use for use in made.uses if use.name == "Clip Inside A Stack 1")
    assert (inside.record.start, inside.record.end, len(inside.shown)) == (238, 269, 31)
    assert Counter(refusal.reason.split(",")[0] for refusal in made.refused) == {
        "lies inside Nested Stack 2 (with effects)": 1,
        "lies inside Nested Track": 1,
    }


def test_transitions_at_both_ends(tmp_path: Path) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    write_movie(folder / "A.mov", "mpeg4", count=70)
    cut = Cutting(folder)
    cut.files("B", 1, 55)
    cut.files("C", 1001, 60)
    made = plan("transition_test.otio", tmp_path / "o", folder)
    assert [(use.head, use.tail) for use in made.uses] == [(10, 10), (10, 0), (0, 10)]
    assert [job.request.frames for job in made.jobs] == ["1-60", "1-50", "1001-1060"]


def test_an_edl_by_names_of_files_and_sequences(tmp_path: Path) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    cut = Cutting(folder)
    cut.files("ZZ100_501.LAY3.01", 86400, 200)
    cut.files("ZZ100_502A (LAY3)", 86550, 60)
    made = plan("screening_example.edl", tmp_path / "o", folder)
    assert [(use.shown.start, len(use.shown), use.record.start) for use in made.uses] == [
        (86501, 31, 0),
        (86557, 50, 31),
    ]
    assert len(made.refused) == 7
    assert str(made.timeline.global_start_time.to_timecode()) == "00:59:53:11"


def test_an_edl_of_retimed_clips(tmp_path: Path) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    cut = Cutting(folder)
    for name in ("Z682_156 (LAY3)", "Z694_54 (LAY5) (48.00 FPS)"):
        cut.files(name, 86600, 400)
    made = plan("speed_effects.edl", tmp_path / "o", folder)
    by_name = {use.name: use for use in made.uses}
    assert len(by_name["Z682_156 (LAY3)"].shown) == 1, "a held frame"
    fast = by_name["Z694_54 (LAY5) (48.00 FPS)"]
    assert (fast.shown.start, fast.shown.end - 1) == (86799, 86799 + 27 * 2)


def test_gaps_keep_their_place(tmp_path: Path) -> None:
    media = stand_ins(tmp_path / "media", "shot1.mov", "shot2.mov", "shot3.mov")
    made = plan("gap_test.edl", tmp_path / "o", media)
    assert [use.record.start for use in made.uses] == [0, 40, 102]


def test_an_edl_at_its_own_rate(tmp_path: Path) -> None:
    media = stand_ins(tmp_path / "media", "SC00.JPG")
    made = plan("25fps.edl", tmp_path / "o", media, rate=25)
    assert [len(use.record) for use in made.uses] == [161, 200, 86, 49]
    assert len(made.jobs) == 1
