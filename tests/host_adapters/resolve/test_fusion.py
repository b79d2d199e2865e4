"""Fusion compositions on clips."""

from __future__ import annotations

import pytest

from host_adapters.resolve.plan import Route
from tests.fakes.resolve import FakeTimelineItem
from tests.host_adapters.resolve.conftest import Edit
from tests.host_adapters.resolve.exports import Brings, states


def files(item: FakeTimelineItem, layer: str) -> list[str]:
    comp = item.comps[item.active_comp or ""]
    return [comp.tools[f"Matte_{layer}"].file_at(comp.start + i).name for i in range(item.duration)]  # type: ignore[union-attr]


@pytest.mark.parametrize("comp_start", [0, 4, None, 100])
def test_every_frame_reads_its_own_matte(edit: Edit, plate: FakeTimelineItem, comp_start: int | None) -> None:
    edit.app.comp_start = comp_start
    assert states(Brings(edit, Route.FUSION)()) == ["added"]
    assert list(plate.comps) == ["Mattebridge"]
    assert files(plate, "person") == [f"plate_person.{n}.exr" for n in range(1005, 1015)]


def test_one_masked_grade_for_each_matte_on_the_way_to_the_output(edit: Edit, plate: FakeTimelineItem) -> None:
    Brings(edit, Route.FUSION)()
    comp = plate.comps["Mattebridge"]
    assert comp.roots() == {"MediaOut1", "Grade_sky", "Grade_person", "Grade_car", "MediaIn1"}
    masks = {name: tool.sources.get("EffectMask") for name, tool in comp.tools.items() if "Grade" in name}
    assert masks == {"Grade_car": "Matte_car", "Grade_person": "Matte_person", "Grade_sky": "Matte_sky"}
    assert comp.modified


def test_clips_that_share_media_each_have_their_own_range(edit: Edit, plate: FakeTimelineItem) -> None:
    other = edit.put(plate.media, 40, 5, left=8)
    Brings(edit, Route.FUSION)(handles=2)
    assert files(plate, "sky") == [f"plate_sky.{n}.exr" for n in range(1005, 1015)]
    assert files(other, "sky") == [f"plate_sky.{n}.exr" for n in range(1009, 1014)]


def test_a_second_run_keeps_grades(edit: Edit, plate: FakeTimelineItem) -> None:
    bring = Brings(edit, Route.FUSION)
    bring()
    plate.comps["Mattebridge"].tools["Grade_car"].SetInput("MasterRGBGain", 1.5)
    assert states(bring()) == ["kept"]
    assert states(bring(tracks=True)) == ["updated"]
    comp = plate.comps["Mattebridge"]
    assert list(plate.comps) == ["Mattebridge"]
    assert comp.tools["Grade_car"].rendered["MasterRGBGain"] == 1.5
    assert files(plate, "car") == [f"plate_car.{n}.exr" for n in range(1005, 1015)]
    assert not comp.locked


@pytest.mark.parametrize("comp_start", [0, 4])
def test_new_files_with_other_handles_still_fit(edit: Edit, plate: FakeTimelineItem, comp_start: int) -> None:
    edit.app.comp_start = comp_start
    bring = Brings(edit, Route.FUSION)
    bring()
    assert states(bring(handles=2)) == ["updated"]
    assert files(plate, "car") == [f"plate_car.{n}.exr" for n in range(1005, 1015)]


def test_handles_reach_beyond_the_cut(edit: Edit, plate: FakeTimelineItem) -> None:
    Brings(edit, Route.FUSION)(handles=3)
    loader = plate.comps["Mattebridge"].tools["Matte_car"]
    names = [None if path is None else path.name for path in map(loader.file_at, (-4, -3, 0, 12, 13))]
    assert names == [None, *(f"plate_car.{n}.exr" for n in (1002, 1005, 1017)), None]


def test_other_mattes_come_beside_the_graded_composition(edit: Edit, plate: FakeTimelineItem) -> None:
    bring = Brings(edit, Route.FUSION)
    bring()
    assert states(bring(("dog",))) == ["updated"]
    assert list(plate.comps) == ["Mattebridge", "Mattebridge 2"]
    assert any("stays with its grades" in note for note in bring.notes)


def test_a_composition_of_the_persons_own_stays(edit: Edit, plate: FakeTimelineItem) -> None:
    comp = edit.folder / "own.comp"
    comp.write_text("Composition { Tools = ordered() { MediaOut1 = MediaOut { Inputs = { } } } }")
    plate.ImportFusionComp(str(comp))
    bring = Brings(edit, Route.FUSION)
    bring()
    assert list(plate.comps) == ["Composition 1", "Mattebridge"]
    assert any("it had the composition Composition 1" in note for note in bring.notes)


def test_a_host_that_would_not_import_says_which_file(
    edit: Edit, plate: FakeTimelineItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeTimelineItem, "ImportFusionComp", lambda *_: None)
    done = Brings(edit, Route.FUSION)()
    assert states(done) == ["failed"]
    assert ".comp" in done[0].reason


def test_another_rate_is_refused_and_other_routes_named(edit: Edit) -> None:
    edit.put(edit.movie(frames=200, FPS="48"), 0, 10)
    assert "choose the track" in Brings(edit, Route.FUSION)()[0].reason


def test_a_still_shows_its_matte_on_every_frame(edit: Edit) -> None:
    still = edit.put(edit.movie("photo.png", 1, Type="Still", End="0"), 5, 30)
    Brings(edit, Route.FUSION)()
    assert set(files(still, "sky")) == {"photo_sky.0001.exr"}


def test_no_loader_is_ever_added_by_script(edit: Edit, plate: FakeTimelineItem) -> None:
    Brings(edit, Route.FUSION)()
    assert "FakeComp.AddTool" not in edit.app.calls
    assert not edit.app.modal
