"""Each route on the fake: brought in, read back, brought in again, and each way it can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_adapters.resolve.errors import HostRefusedError
from host_adapters.resolve.plan import Route
from host_adapters.resolve.routes import Brought, State
from host_adapters.resolve.tags import read_tag
from tests.fakes.resolve import FakeMediaPoolItem, FakeTimelineItem
from tests.host_adapters.resolve.conftest import Edit
from tests.host_adapters.resolve.exports import Brings


@pytest.fixture
def plate(edit: Edit) -> FakeTimelineItem:
    """Frames 1005 to 1014 of a sequence of 60, at the timeline's frame 86403."""
    return edit.put(edit.sequence(first=1001, frames=60), 3, 10, left=4)


def states(brought: list[Brought]) -> list[str]:
    return [one.state.value for one in brought]


def test_the_host_is_left_as_it_was(edit: Edit, plate: FakeTimelineItem) -> None:
    before = (edit.app.pool.current.uid, edit.app.page, edit.app.timeline.playhead, edit.app.project.timeline.uid)
    for route in Route:
        Brings(edit, route)()
    assert before == (
        edit.app.pool.current.uid,
        edit.app.page,
        edit.app.timeline.playhead,
        edit.app.project.timeline.uid,
    )
    assert [folder.name for folder in edit.app.pool.root.folders] == ["Mattebridge"]


class TestClipMatte:
    def test_packs_are_attached_and_read_back(self, edit: Edit, plate: FakeTimelineItem) -> None:
        done = Brings(edit, Route.CLIP_MATTE)()
        assert states(done) == ["added"]
        assert "R car, G person, B sky" in done[0].what
        (path,) = plate.media.mattes
        assert path.endswith("plate_pack01.[1001-1060].exr")

    def test_a_second_run_keeps_them(self, edit: Edit, plate: FakeTimelineItem) -> None:
        bring = Brings(edit, Route.CLIP_MATTE)
        bring()
        assert states(bring()) == ["kept"]
        assert len(plate.media.mattes) == 1

    def test_other_wishes_replace_ours_and_nobody_elses(self, edit: Edit, plate: FakeTimelineItem) -> None:
        plate.media.mattes.append("/hand/made.[0001-0060].exr")
        bring = Brings(edit, Route.CLIP_MATTE)
        bring()
        assert states(bring(categories="person")) == ["updated"]
        assert len(plate.media.mattes) == 2
        assert "/hand/made.[0001-0060].exr" in plate.media.mattes

    @pytest.mark.parametrize("form", ["brackets", "printf"])
    def test_whichever_form_the_host_takes(self, edit: Edit, plate: FakeTimelineItem, form: str) -> None:
        edit.app.matte_forms = (form,)
        bring = Brings(edit, Route.CLIP_MATTE)
        assert states(bring()) == ["added"]
        assert bring.notes == []

    def test_a_host_that_lists_one_file_only_is_told_of(self, edit: Edit, plate: FakeTimelineItem) -> None:
        edit.app.matte_forms = ("first",)
        bring = Brings(edit, Route.CLIP_MATTE)
        bring()
        assert any("see on the Color page that the matte moves" in note for note in bring.notes)

    def test_a_host_that_takes_none_says_what_to_do_by_hand(self, edit: Edit, plate: FakeTimelineItem) -> None:
        edit.app.matte_forms = ()
        with pytest.raises(HostRefusedError, match="Add As Matte"):
            Brings(edit, Route.CLIP_MATTE)()


class TestTimelineMatte:
    def test_a_matte_for_each_range_in_our_bin(self, edit: Edit, plate: FakeTimelineItem) -> None:
        edit.put(plate.media, 40, 5, left=30)
        assert states(Brings(edit, Route.TIMELINE_MATTE)()) == ["added", "added"]
        paths = [clip.properties["File Path"] for clip in edit.app.pool.root.folders[0].clips]
        assert [path[path.index("[") :] for path in paths] == ["[1005-1014].exr", "[1031-1035].exr"]

    def test_a_second_run_keeps_and_other_wishes_point_it_elsewhere(
        self, edit: Edit, plate: FakeTimelineItem
    ) -> None:
        bring = Brings(edit, Route.TIMELINE_MATTE)
        bring()
        (clip,) = edit.app.pool.root.folders[0].clips
        assert states(bring()) == ["kept"]
        before = clip.properties["File Path"]
        assert states(bring(categories="person")) == ["updated"]
        assert edit.app.pool.root.folders[0].clips == [clip]
        assert clip.properties["File Path"] != before
        assert read_tag(clip) is not None

    def test_a_host_that_would_not_replace_gets_a_second_one(self, edit: Edit, plate: FakeTimelineItem) -> None:
        bring = Brings(edit, Route.TIMELINE_MATTE)
        bring()
        edit.app.refuse_replace = True
        assert states(bring(categories="person")) == ["added"]
        assert any("lies beside it" in note for note in bring.notes)

    def test_handles_are_told_as_an_offset(self, edit: Edit, plate: FakeTimelineItem) -> None:
        bring = Brings(edit, Route.TIMELINE_MATTE)
        bring(handles=3)
        assert any("begin 3 frames before" in note for note in bring.notes)

    def test_refusal(self, edit: Edit, plate: FakeTimelineItem) -> None:
        edit.app.matte_forms = ()
        with pytest.raises(HostRefusedError, match="by hand"):
            Brings(edit, Route.TIMELINE_MATTE)()


class TestTrack:
    def test_each_matte_on_a_track_of_its_own_over_its_plate(self, edit: Edit, plate: FakeTimelineItem) -> None:
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

    def test_without_copies_and_with_another_mode(self, edit: Edit, plate: FakeTimelineItem) -> None:
        Brings(edit, Route.TRACK, composite="multiply")(("person",))
        assert len(edit.app.timeline.tracks) == 2
        assert edit.app.timeline.tracks[1].items[0].properties["CompositeMode"] == 4

    def test_a_second_run_keeps_everything(self, edit: Edit, plate: FakeTimelineItem) -> None:
        bring = Brings(edit, Route.TRACK)
        bring(("person",))
        before = [[item.uid for item in track.items] for track in edit.app.timeline.tracks]
        assert states(bring(("person",))) == ["kept"]
        assert [[item.uid for item in track.items] for track in edit.app.timeline.tracks] == before

    def test_other_wishes_change_the_matte_and_leave_the_graded_copy(
        self, edit: Edit, plate: FakeTimelineItem
    ) -> None:
        bring = Brings(edit, Route.TRACK)
        bring(("person",))
        matte, copy = edit.app.timeline.tracks[1].items[0], edit.app.timeline.tracks[2].items[0]
        assert states(bring(("person",), tracks=True)) == ["updated"]
        now, kept = edit.app.timeline.tracks[1].items[0], edit.app.timeline.tracks[2].items[0]
        assert now.uid != matte.uid
        assert now.file_at(now.start) != matte.file_at(matte.start)
        assert kept.uid == copy.uid

    def test_tracks_of_others_are_never_used(self, edit: Edit, plate: FakeTimelineItem) -> None:
        title = edit.put(None, 0, 50, track=2, name="Text+")
        edit.app.timeline.tracks[1].name = "Mattebridge person"
        Brings(edit, Route.TRACK)(("person",))
        assert edit.app.timeline.tracks[1].items == [title]
        assert len(edit.app.timeline.tracks) == 4

    @pytest.mark.parametrize("phantoms", [True, False])
    def test_what_the_host_dropped_is_noticed(
        self, edit: Edit, plate: FakeTimelineItem, monkeypatch: pytest.MonkeyPatch, phantoms: bool
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

    def test_no_track_to_be_had(self, edit: Edit, plate: FakeTimelineItem) -> None:
        edit.app.refuse_tracks = True
        done = Brings(edit, Route.TRACK)(("person",))
        assert "would not add a video track" in done[0].reason

    def test_too_many_mattes_for_tracks(self, edit: Edit, plate: FakeTimelineItem) -> None:
        with pytest.raises(HostRefusedError, match="9 mattes"):
            Brings(edit, Route.TRACK)(tuple("abcdefghi"))

    def test_files_that_are_in_the_pool_already_are_found_there(self, edit: Edit, plate: FakeTimelineItem) -> None:
        bring = Brings(edit, Route.TRACK)
        bring(("person",))
        clips = len(edit.app.pool.all_clips())
        edit.app.timeline.tracks = edit.app.timeline.tracks[:1]
        assert states(bring(("person",))) == ["added"]
        assert len(edit.app.pool.all_clips()) == clips

    def test_mattes_of_a_still_are_held(self, edit: Edit) -> None:
        media = edit.movie("photo.png", 1, Type="Still", End="0")
        still = edit.put(media, 5, 77)
        bring = Brings(edit, Route.TRACK)
        assert states(bring(("person",))) == ["added"]
        matte = edit.app.timeline.tracks[1].items[0]
        assert (matte.start, matte.duration) == (still.start, 77)
        assert media.marks is None
        assert any("lay a copy above its matte by hand" in note for note in bring.notes)

    def test_stills_before_19_1(self, tmp_path: Path) -> None:
        edit = Edit(tmp_path, version=(19, 0, 3))
        edit.put(edit.movie("photo.png", 1, Type="Still", End="0"), 5, 77)
        assert "19.1" in Brings(edit, Route.TRACK)(("person",))[0].reason

    def test_before_19_0_tags_are_markers(self, tmp_path: Path) -> None:
        edit = Edit(tmp_path, version=(18, 6, 6))
        edit.put(edit.sequence(frames=60), 3, 10, left=4)
        bring = Brings(edit, Route.TRACK)
        bring(("person",))
        assert states(bring(("person",))) == ["kept"]

    @pytest.mark.parametrize("takes", [True, False])
    def test_in_a_managed_project_mattes_are_not_transformed(
        self, edit: Edit, plate: FakeTimelineItem, takes: bool
    ) -> None:
        edit.app.project.settings["colorScienceMode"] = "davinciYRGBColorManagedv2"
        edit.app.color_spaces = ("Bypass",) if takes else ("Rec.709 Gamma 2.4",)
        bring = Brings(edit, Route.TRACK)
        bring(("person",))
        matte: FakeMediaPoolItem = edit.app.timeline.tracks[1].items[0].media
        assert (matte.properties["Input Color Space"] == "Bypass") is takes
        assert any("may be colour managed" in note for note in bring.notes) is not takes

    def test_mattes_play_at_their_plates_rate(self, edit: Edit) -> None:
        fake = edit.put(edit.movie(frames=200, FPS="48.0"), 0, 10, left=20)
        Brings(edit, Route.TRACK)(("person",))
        matte = edit.app.timeline.tracks[1].items[0]
        assert matte.media.properties["FPS"] == "48.0"
        frames = range(fake.start, fake.end)
        assert [int(matte.file_at(f).suffixes[0][1:]) for f in frames] == [
            fake.source_index(f) + 1 for f in frames
        ]


class TestFusion:
    def files(self, item: FakeTimelineItem, layer: str) -> list[str]:
        comp = item.comps[item.active_comp or ""]
        return [comp.tools[f"Matte_{layer}"].file_at(comp.start + i).name for i in range(item.duration)]  # type: ignore[union-attr]

    @pytest.mark.parametrize("comp_start", [0, 4, None, 100])
    def test_every_frame_reads_its_own_matte(
        self, edit: Edit, plate: FakeTimelineItem, comp_start: int | None
    ) -> None:
        edit.app.comp_start = comp_start
        assert states(Brings(edit, Route.FUSION)()) == ["added"]
        assert list(plate.comps) == ["Mattebridge"]
        assert self.files(plate, "person") == [f"plate_person.{n}.exr" for n in range(1005, 1015)]

    def test_one_masked_grade_for_each_matte_on_the_way_to_the_output(
        self, edit: Edit, plate: FakeTimelineItem
    ) -> None:
        Brings(edit, Route.FUSION)()
        comp = plate.comps["Mattebridge"]
        assert comp.roots() == {"MediaOut1", "Grade_sky", "Grade_person", "Grade_car", "MediaIn1"}
        masks = {name: tool.sources.get("EffectMask") for name, tool in comp.tools.items() if "Grade" in name}
        assert masks == {"Grade_car": "Matte_car", "Grade_person": "Matte_person", "Grade_sky": "Matte_sky"}
        assert comp.modified

    def test_clips_that_share_media_each_have_their_own_range(self, edit: Edit, plate: FakeTimelineItem) -> None:
        other = edit.put(plate.media, 40, 5, left=8)
        Brings(edit, Route.FUSION)(handles=2)
        assert self.files(plate, "sky") == [f"plate_sky.{n}.exr" for n in range(1005, 1015)]
        assert self.files(other, "sky") == [f"plate_sky.{n}.exr" for n in range(1009, 1014)]

    def test_a_second_run_keeps_grades(self, edit: Edit, plate: FakeTimelineItem) -> None:
        bring = Brings(edit, Route.FUSION)
        bring()
        plate.comps["Mattebridge"].tools["Grade_car"].SetInput("MasterRGBGain", 1.5)
        assert states(bring()) == ["kept"]
        assert states(bring(tracks=True)) == ["updated"]
        comp = plate.comps["Mattebridge"]
        assert list(plate.comps) == ["Mattebridge"]
        assert comp.tools["Grade_car"].rendered["MasterRGBGain"] == 1.5
        assert self.files(plate, "car") == [f"plate_car.{n}.exr" for n in range(1005, 1015)]
        assert not comp.locked

    @pytest.mark.parametrize("comp_start", [0, 4])
    def test_new_files_with_other_handles_still_fit(
        self, edit: Edit, plate: FakeTimelineItem, comp_start: int
    ) -> None:
        edit.app.comp_start = comp_start
        bring = Brings(edit, Route.FUSION)
        bring()
        assert states(bring(handles=2)) == ["updated"]
        assert self.files(plate, "car") == [f"plate_car.{n}.exr" for n in range(1005, 1015)]

    def test_handles_reach_beyond_the_cut(self, edit: Edit, plate: FakeTimelineItem) -> None:
        Brings(edit, Route.FUSION)(handles=3)
        loader = plate.comps["Mattebridge"].tools["Matte_car"]
        names = [None if path is None else path.name for path in map(loader.file_at, (-4, -3, 0, 12, 13))]
        assert names == [None, *(f"plate_car.{n}.exr" for n in (1002, 1005, 1017)), None]

    def test_other_mattes_come_beside_the_graded_composition(self, edit: Edit, plate: FakeTimelineItem) -> None:
        bring = Brings(edit, Route.FUSION)
        bring()
        assert states(bring(("dog",))) == ["updated"]
        assert list(plate.comps) == ["Mattebridge", "Mattebridge 2"]
        assert any("stays with its grades" in note for note in bring.notes)

    def test_a_composition_of_the_persons_own_stays(self, edit: Edit, plate: FakeTimelineItem) -> None:
        comp = edit.folder / "own.comp"
        comp.write_text("Composition { Tools = ordered() { MediaOut1 = MediaOut { Inputs = { } } } }")
        plate.ImportFusionComp(str(comp))
        bring = Brings(edit, Route.FUSION)
        bring()
        assert list(plate.comps) == ["Composition 1", "Mattebridge"]
        assert any("it had the composition Composition 1" in note for note in bring.notes)

    def test_a_host_that_would_not_import_says_which_file(
        self, edit: Edit, plate: FakeTimelineItem, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(FakeTimelineItem, "ImportFusionComp", lambda *_: None)
        done = Brings(edit, Route.FUSION)()
        assert states(done) == ["failed"]
        assert ".comp" in done[0].reason

    def test_another_rate_is_refused_and_other_routes_named(self, edit: Edit) -> None:
        edit.put(edit.movie(frames=200, FPS="48"), 0, 10)
        assert "choose the track" in Brings(edit, Route.FUSION)()[0].reason

    def test_a_still_shows_its_matte_on_every_frame(self, edit: Edit) -> None:
        still = edit.put(edit.movie("photo.png", 1, Type="Still", End="0"), 5, 30)
        Brings(edit, Route.FUSION)()
        assert set(self.files(still, "sky")) == {"photo_sky.0001.exr"}

    def test_no_loader_is_ever_added_by_script(self, edit: Edit, plate: FakeTimelineItem) -> None:
        Brings(edit, Route.FUSION)()
        assert "FakeComp.AddTool" not in edit.app.calls
        assert not edit.app.modal


def test_a_dialog_that_opens_midway_is_named(edit: Edit, plate: FakeTimelineItem) -> None:
    bring = Brings(edit, Route.TRACK)
    jobs = bring.jobs()
    assert jobs
    edit.app.modal = True
    with pytest.raises(Exception, match=r"dialog may be open|no project"):
        bring()


def test_files_that_this_machine_does_not_see(edit: Edit, plate: FakeTimelineItem) -> None:
    from tests.host_adapters.resolve.exports import export

    bring = Brings(edit, Route.FUSION)
    manifest = export(bring.jobs()[0])
    next(Path(manifest).parent.glob("*.1007.exr")).unlink()
    with pytest.raises(HostRefusedError, match="must see the same disks"):
        bring.sequences(manifest)


def test_states_have_words() -> None:
    assert "failed" in str(Brought("a", "b", State.FAILED, "because"))
