"""Mattes on tracks of their own, above the clips."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_adapters.resolve.errors import HostRefusedError
from host_adapters.resolve.plan import Route
from tests.fakes.resolve import FakeMediaPoolItem, FakeTimelineItem
from tests.host_adapters.resolve.conftest import Edit
from tests.host_adapters.resolve.exports import Brings, states


def test_each_matte_on_a_track_of_its_own_over_its_plate(edit: Edit, plate: FakeTimelineItem) -> None:
    done = Brings(edit, Route.TRACK)(("person", "sky"))
    assert states(done) == ["added", "added"]
    timeline = edit.app.timeline
    assert [track.name for track in timeline.tracks] == [
        "Video 1",
        "Mattebridge person",
        "Mattebridge person plate",
        "Mattebridge sky",
        "Mattebridge sky plate",
    ]
    matte, copy = timeline.tracks[1].items[0], timeline.tracks[2].items[0]
    assert (matte.start, matte.end) == (copy.start, copy.end) == (plate.start, plate.end)
    assert (matte.properties["CompositeMode"], copy.properties["CompositeMode"]) == (30, 27)
    for frame in range(plate.start, plate.end):
        number = plate.file_at(frame).suffixes[0]
        assert matte.file_at(frame).name == f"plate_person{number}.exr"
        assert copy.file_at(frame) == plate.file_at(frame)


def test_without_copies_and_with_another_mode(edit: Edit, plate: FakeTimelineItem) -> None:
    Brings(edit, Route.TRACK, composite="multiply")(("person",))
    assert len(edit.app.timeline.tracks) == 2
    assert edit.app.timeline.tracks[1].items[0].properties["CompositeMode"] == 4


def test_a_second_run_keeps_everything(edit: Edit, plate: FakeTimelineItem) -> None:
    bring = Brings(edit, Route.TRACK)
    bring(("person",))
    before = [[item.uid for item in track.items] for track in edit.app.timeline.tracks]
    assert states(bring(("person",))) == ["kept"]
    assert [[item.uid for item in track.items] for track in edit.app.timeline.tracks] == before


def test_other_wishes_change_the_matte_and_leave_the_graded_copy(edit: Edit, plate: FakeTimelineItem) -> None:
    bring = Brings(edit, Route.TRACK)
    bring(("person",))
    matte, copy = edit.app.timeline.tracks[1].items[0], edit.app.timeline.tracks[2].items[0]
    assert states(bring(("person",), tracks=True)) == ["updated"]
    now, kept = edit.app.timeline.tracks[1].items[0], edit.app.timeline.tracks[2].items[0]
    assert now.uid != matte.uid
    assert now.file_at(now.start) != matte.file_at(matte.start)
    assert kept.uid == copy.uid


def test_tracks_of_others_are_never_used(edit: Edit, plate: FakeTimelineItem) -> None:
    title = edit.put(None, 0, 50, track=2, name="Text+")
    edit.app.timeline.tracks[1].name = "Mattebridge person"
    Brings(edit, Route.TRACK)(("person",))
    assert edit.app.timeline.tracks[1].items == [title]
    assert len(edit.app.timeline.tracks) == 4


@pytest.mark.parametrize("phantoms", [True, False])
def test_what_the_host_dropped_is_noticed(
    edit: Edit, plate: FakeTimelineItem, monkeypatch: pytest.MonkeyPatch, phantoms: bool
) -> None:
    edit.app.phantoms = phantoms
    add = type(edit.app.timeline).AddTrack

    def occupied(self: object, *args: object) -> bool:
        # Somebody else's clip comes onto the new track before ours does.
        done = add(edit.app.timeline, "video")
        edit.put(edit.movie("other.mov"), 0, 90, track=len(edit.app.timeline.tracks))
        return done

    monkeypatch.setattr(type(edit.app.timeline), "AddTrack", occupied)
    done = Brings(edit, Route.TRACK)(("person",))
    assert states(done) == ["failed"]
    assert "did not put the matte on track 2" in done[0].reason


def test_no_track_to_be_had(edit: Edit, plate: FakeTimelineItem) -> None:
    edit.app.refuse_tracks = True
    done = Brings(edit, Route.TRACK)(("person",))
    assert "would not add a video track" in done[0].reason


def test_too_many_mattes_for_tracks(edit: Edit, plate: FakeTimelineItem) -> None:
    with pytest.raises(HostRefusedError, match="9 mattes"):
        Brings(edit, Route.TRACK)(tuple("abcdefghi"))


def test_files_that_are_in_the_pool_already_are_found_there(edit: Edit, plate: FakeTimelineItem) -> None:
    bring = Brings(edit, Route.TRACK)
    bring(("person",))
    clips = len(edit.app.pool.all_clips())
    edit.app.timeline.tracks = edit.app.timeline.tracks[:1]
    assert states(bring(("person",))) == ["added"]
    assert len(edit.app.pool.all_clips()) == clips


def test_mattes_of_a_still_are_held(edit: Edit) -> None:
    media = edit.movie("photo.png", 1, Type="Still", End="0")
    still = edit.put(media, 5, 77)
    bring = Brings(edit, Route.TRACK)
    assert states(bring(("person",))) == ["added"]
    matte = edit.app.timeline.tracks[1].items[0]
    assert (matte.start, matte.duration) == (still.start, 77)
    assert media.marks is None
    assert any("lay a copy above its matte by hand" in note for note in bring.notes)


def test_stills_before_19_1(tmp_path: Path) -> None:
    edit = Edit(tmp_path, version=(19, 0, 3))
    edit.put(edit.movie("photo.png", 1, Type="Still", End="0"), 5, 77)
    assert "19.1" in Brings(edit, Route.TRACK)(("person",))[0].reason


def test_before_19_0_tags_are_markers(tmp_path: Path) -> None:
    edit = Edit(tmp_path, version=(18, 6, 6))
    edit.put(edit.sequence(frames=60), 3, 10, left=4)
    bring = Brings(edit, Route.TRACK)
    bring(("person",))
    assert states(bring(("person",))) == ["kept"]


@pytest.mark.parametrize("takes", [True, False])
def test_in_a_managed_project_mattes_are_not_transformed(edit: Edit, plate: FakeTimelineItem, takes: bool) -> None:
    edit.app.project.settings["colorScienceMode"] = "davinciYRGBColorManagedv2"
    edit.app.color_spaces = ("Bypass",) if takes else ("Rec.709 Gamma 2.4",)
    bring = Brings(edit, Route.TRACK)
    bring(("person",))
    matte: FakeMediaPoolItem = edit.app.timeline.tracks[1].items[0].media
    assert (matte.properties["Input Color Space"] == "Bypass") is takes
    assert any("may be colour managed" in note for note in bring.notes) is not takes


def test_mattes_play_at_their_plates_rate(edit: Edit) -> None:
    fake = edit.put(edit.movie(frames=200, FPS="48.0"), 0, 10, left=20)
    Brings(edit, Route.TRACK)(("person",))
    matte = edit.app.timeline.tracks[1].items[0]
    assert matte.media.properties["FPS"] == "48.0"
    frames = range(fake.start, fake.end)
    assert [int(matte.file_at(f).suffixes[0][1:]) for f in frames] == [fake.source_index(f) + 1 for f in frames]
