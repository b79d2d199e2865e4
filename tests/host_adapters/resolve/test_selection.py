"""What the person chose."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_adapters.ranges import Span
from host_adapters.resolve.errors import EditionError, HostUnavailableError, NothingToDoError
from host_adapters.resolve.selection import Chosen, Scope, choose, current_timeline, marked_range
from host_adapters.resolve.tags import write_tag
from tests.host_adapters.resolve.conftest import Edit


def chosen(edit: Edit, scope: Scope, track: int | None = None) -> Chosen:
    return choose(current_timeline(edit.app), scope, track)


def names(edit: Edit, scope: Scope, track: int | None = None) -> list[str]:
    return [item.name for item in chosen(edit, scope, track).items]


@pytest.fixture
def cut(edit: Edit) -> Edit:
    """Three clips on track 1, a title and a clip on track 2."""
    for i, name in enumerate(("a.mov", "b.mov", "c.mov")):
        edit.put(edit.movie(name), i * 20, 20, left=5)
    edit.put(None, 0, 10, track=2, name="Text+")
    edit.put(edit.movie("d.mov"), 25, 10, track=2)
    return edit


def test_the_topmost_clip_under_the_playhead(cut: Edit) -> None:
    cut.app.timeline.playhead = "01:00:01:06"
    assert names(cut, Scope.PLAYHEAD) == ["d.mov"]
    assert names(cut, Scope.PLAYHEAD, track=1) == ["b.mov"]


def test_the_playhead_on_the_fusion_page_where_there_is_no_timecode(cut: Edit) -> None:
    cut.app.page = "fusion"
    cut.app.timeline.playhead = "01:00:01:20"
    assert names(cut, Scope.PLAYHEAD) == ["c.mov"]


def test_a_title_under_the_playhead_is_refused_in_words(cut: Edit) -> None:
    with pytest.raises(NothingToDoError, match=r"Text\+ \(track 2\) is a title"):
        chosen(cut, Scope.PLAYHEAD)


def test_the_playhead_in_drop_frame(tmp_path: Path) -> None:
    edit = Edit(tmp_path, rate="29.97 DF", start=107892, timecode="01:00:00;00")
    edit.put(edit.movie("a.mov", 4000), 0, 1800)
    edit.put(edit.movie("b.mov", 4000), 1800, 100)
    edit.app.timeline.playhead = "01:01:00;02"
    assert names(edit, Scope.PLAYHEAD) == ["b.mov"]
    edit.app.timeline.playhead = "01:00:59;29"
    assert names(edit, Scope.PLAYHEAD) == ["a.mov"]


def test_a_track(cut: Edit) -> None:
    assert names(cut, Scope.TRACK, 1) == ["a.mov", "b.mov", "c.mov"]
    with pytest.raises(NothingToDoError, match="no video track 7; the timeline has 2"):
        chosen(cut, Scope.TRACK, 7)
    with pytest.raises(NothingToDoError, match="say which video track"):
        chosen(cut, Scope.TRACK)


def test_the_whole_timeline_and_what_of_it_is_refused(cut: Edit) -> None:
    found = chosen(cut, Scope.TIMELINE)
    assert [item.name for item in found.items] == ["a.mov", "b.mov", "c.mov", "d.mov"]
    assert ["Text+" in str(refusal) for refusal in found.refused] == [True]


def test_tracks_that_are_off_are_left_out_unless_they_are_named(cut: Edit) -> None:
    cut.app.timeline.tracks[1].enabled = False
    assert names(cut, Scope.TIMELINE) == ["a.mov", "b.mov", "c.mov"]
    assert names(cut, Scope.TRACK, 2) == ["d.mov"]


def test_the_selection(cut: Edit) -> None:
    cut.app.timeline.selected = [cut.app.timeline.tracks[1].items[1]]
    found = chosen(cut, Scope.SELECTION)
    assert [(item.name, item.track) for item in found.items] == [("d.mov", 2)]


def test_the_selection_before_21_0_4(tmp_path: Path) -> None:
    with pytest.raises(EditionError, match=r"21\.0\.4"):
        chosen(Edit(tmp_path, version=(20, 2, 2)), Scope.SELECTION)


@pytest.mark.parametrize("counted_from", [0, 86400])
def test_a_marked_range_cuts_clips(cut: Edit, counted_from: int) -> None:
    cut.app.timeline.marks = {"video": {"in": counted_from + 10, "out": counted_from + 29}}
    assert marked_range(current_timeline(cut.app)) == Span(86410, 86430)
    found = chosen(cut, Scope.MARKED, 1)
    assert [(item.name, item.frames.source) for item in found.items] == [
        ("a.mov", Span(15, 25)),
        ("b.mov", Span(5, 15)),
    ]


def test_no_marks(cut: Edit) -> None:
    with pytest.raises(NothingToDoError, match="no in and out marks"):
        chosen(cut, Scope.MARKED)


def test_marks_before_19_1(tmp_path: Path) -> None:
    with pytest.raises(EditionError, match=r"19\.1"):
        chosen(Edit(tmp_path, version=(19, 0, 3)), Scope.MARKED)


def test_our_own_mattes_are_never_sent_to_the_worker(cut: Edit) -> None:
    write_tag(cut.app.timeline.tracks[1].items[1], {"matte": "x"})
    assert "d.mov" not in names(cut, Scope.TIMELINE)


def test_no_project_and_no_timeline(edit: Edit) -> None:
    edit.app.project.timeline = None
    with pytest.raises(HostUnavailableError, match="no timeline is open"):
        current_timeline(edit.app)
    edit.app.project = None
    with pytest.raises(HostUnavailableError, match="no project is open"):
        current_timeline(edit.app)


def test_a_resolve_that_hangs_is_told_by_its_missing_database(edit: Edit) -> None:
    edit.app.wedged = True
    with pytest.raises(HostUnavailableError, match="quit and start it again"):
        current_timeline(edit.app)


@pytest.mark.parametrize(
    ("scope", "says"),
    [
        (Scope.PLAYHEAD, "no clip lies under the playhead"),
        (Scope.SELECTION, "no clip is selected"),
        (Scope.TRACK, "the video track has no clip"),
        (Scope.MARKED, "no clip lies between the in and out marks"),
        (Scope.TIMELINE, "the timeline has no clip"),
    ],
)
def test_an_empty_timeline(edit: Edit, scope: Scope, says: str) -> None:
    edit.app.timeline.marks = {"video": {"in": 0, "out": 10}}
    with pytest.raises(NothingToDoError, match=says):
        chosen(edit, scope, 1)


def test_a_timeline_with_settings_of_its_own(edit: Edit) -> None:
    edit.app.timeline.settings = {"useCustomSettings": "1", "timelineFrameRate": "25"}
    assert current_timeline(edit.app).rate == 25
