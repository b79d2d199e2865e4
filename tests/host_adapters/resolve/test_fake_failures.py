"""The fake fails in the ways that are documented or were measured on the real one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fakes.resolve import FakeMediaPoolItem, FakeResolve, FakeTimelineItem
from tests.fakes.resolve.comp import FakeComp
from tests.host_adapters.resolve.conftest import Edit


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Five numbered files."""
    paths = [tmp_path / f"m.{number}.exr" for number in range(1001, 1006)]
    for path in paths:
        path.touch()
    return [str(path) for path in paths]


def test_every_attribute_seems_to_be_there_and_is_none(edit: Edit) -> None:
    timeline: Any = edit.app.timeline
    assert hasattr(timeline, "MakeCoffee")
    assert "MakeCoffee" not in dir(timeline)
    with pytest.raises(TypeError, match="'NoneType' object is not callable"):
        timeline.MakeCoffee()
    assert timeline.MakeCoffee is None


def test_methods_are_missing_before_the_version_that_brought_them(tmp_path: Path) -> None:
    old: Any = FakeResolve((19, 0, 3)).timeline
    assert "GetMarkInOut" not in dir(old)
    assert old.GetMarkInOut is None
    assert FakeResolve((19, 1, 0)).timeline.GetMarkInOut() == {}


def test_objects_are_not_hashable(edit: Edit) -> None:
    with pytest.raises(TypeError, match="unhashable"):
        {edit.movie(): 1}


def test_a_studio_only_call_opens_a_dialog_that_blocks_everything(tmp_path: Path) -> None:
    edit = Edit(tmp_path, version=(21, 0, 3), studio=False)
    item = edit.put(edit.movie(), 0, 10)
    assert edit.app.GetProductName() == "DaVinci Resolve"
    assert item.CreateMagicMask("F") is False
    assert edit.app.GetProductName() is None
    assert item.GetStart() is None


def test_asking_the_free_edition_for_windows_does_the_same() -> None:
    app = FakeResolve((19, 1, 0), studio=False)
    assert app.Fusion().UIManager is None
    assert app.modal
    assert FakeResolve((19, 0, 3), studio=False).Fusion().UIManager is not None


def test_imports_go_into_the_current_bin_once(edit: Edit, files: list[str]) -> None:
    pool = edit.app.pool
    folder = pool.AddSubFolder(pool.root, "mattes")
    assert folder is not None
    pool.SetCurrentFolder(folder)
    info = {"FilePath": files[0].replace("1001", "%04d"), "StartIndex": 1001, "EndIndex": 1005}
    (clip,) = pool.ImportMedia([info])
    assert (len(folder.clips), len(pool.root.clips)) == (1, 0)
    assert clip.properties["File Path"].endswith("m.[1001-1005].exr")
    assert pool.ImportMedia([info]) == []


def test_numbered_files_of_one_call_become_one_clip(edit: Edit, files: list[str]) -> None:
    (clip,) = edit.app.pool.ImportMedia(files)
    assert clip.count == 5


def test_a_still_in_the_form_for_sequences_is_nothing(edit: Edit, files: list[str]) -> None:
    assert edit.app.pool.ImportMedia([{"FilePath": files[0], "StartIndex": 1001, "EndIndex": 1001}]) == []
    assert edit.app.pool.ImportMedia([files[0]])[0].still


def test_files_that_are_not_there_are_nothing(edit: Edit, files: list[str]) -> None:
    info = {"FilePath": files[0].replace("1001", "%04d"), "StartIndex": 1001, "EndIndex": 1009}
    assert edit.app.pool.ImportMedia([info]) == []


@pytest.mark.parametrize("phantoms", [True, False])
def test_an_occupied_span_drops_the_clip_or_answers_a_phantom(edit: Edit, phantoms: bool) -> None:
    edit.app.phantoms = phantoms
    media = edit.movie()
    edit.put(media, 0, 50)
    info = {"mediaPoolItem": media, "startFrame": 0, "endFrame": 10, "trackIndex": 1, "recordFrame": 86420}
    answer = edit.app.pool.AppendToTimeline([info])
    assert [(item.GetDuration(), item.GetUniqueId()) for item in answer] == [(None, "")] * phantoms
    assert len(edit.app.timeline.tracks[0].items) == 1


def test_append_is_half_open_and_the_track_must_be_there(edit: Edit) -> None:
    media = edit.movie()
    info = {"mediaPoolItem": media, "startFrame": 5, "endFrame": 15, "trackIndex": 1, "recordFrame": 86400}
    (item,) = edit.app.pool.AppendToTimeline([info])
    assert (item.GetDuration(), item.GetLeftOffset(), item.GetEnd()) == (10, 5, 86410)
    assert edit.app.pool.AppendToTimeline([{**info, "trackIndex": 2}]) == []


def test_a_stills_range_is_ignored_and_its_marks_count(edit: Edit, files: list[str]) -> None:
    (still,) = edit.app.pool.ImportMedia([files[0]])
    info = {"mediaPoolItem": still, "startFrame": 0, "endFrame": 10, "trackIndex": 1, "recordFrame": 86400}
    assert edit.app.pool.AppendToTimeline([info])[0].GetDuration() == 120
    still.SetMarkInOut(0, 9, "video")
    assert edit.app.pool.AppendToTimeline([{**info, "recordFrame": 87000}])[0].GetDuration() == 10


def test_markers_have_float_keys_and_one_to_a_frame(edit: Edit) -> None:
    timeline = edit.app.timeline
    assert timeline.AddMarker(96, "Green", "a", "", 1, "{}")
    assert not timeline.AddMarker(96, "Green", "b", "", 1)
    assert list(timeline.GetMarkers()) == [96.0]


def test_old_calls_answer_dicts_counted_from_one(edit: Edit) -> None:
    edit.put(edit.movie(), 0, 5)
    assert list(edit.app.timeline.GetItemsInTrack("video", 1)) == [1.0]
    assert list(edit.app.pool.root.GetClips()) == [1.0]


def test_an_unknown_setting_is_an_empty_one_and_values_are_strings(edit: Edit) -> None:
    project = edit.app.project
    assert project.GetSetting("nonsense") == ""
    assert project.SetSetting("timelineFrameRate", 25) is False
    assert set(map(type, project.GetSetting().values())) == {str}


def test_the_input_colour_space_can_be_set_in_one_mode_only(edit: Edit) -> None:
    media: FakeMediaPoolItem = edit.movie()
    assert not media.SetClipProperty("Input Color Space", "Bypass")
    edit.app.project.settings["colorScienceMode"] = "davinciYRGBColorManagedv2"
    assert media.SetClipProperty("Input Color Space", "Bypass")
    assert not media.SetClipProperty("Input Color Space", "Nowhere")


def test_composite_modes_are_numbers_only(edit: Edit) -> None:
    item = edit.put(edit.movie(), 0, 5)
    assert not item.SetProperty("CompositeMode", "COMPOSITE_LUM")
    assert item.SetProperty("CompositeMode", 30)


def test_replacing_a_clip_wipes_its_metadata(edit: Edit, files: list[str]) -> None:
    media = edit.movie()
    media.SetThirdPartyMetadata("a", "b")
    assert media.ReplaceClip(files[0])
    assert media.GetThirdPartyMetadata("a") == ""


@pytest.fixture
def composed(edit: Edit) -> FakeTimelineItem:
    item = edit.put(edit.movie(), 0, 5)
    path = edit.folder / "a.comp"
    path.write_text(
        'Composition { Tools = ordered() { L = Loader { Clips = { Clip { Filename = "a.1.exr", GlobalStart = 0, '
        "GlobalEnd = 4, TrimIn = 0, TrimOut = 4, Loop = 0 } } } } }"
    )
    assert item.ImportFusionComp(str(path)) is not None
    return item


def test_a_loader_added_by_script_opens_a_file_browser(composed: FakeTimelineItem) -> None:
    comp: FakeComp = composed.LoadFusionCompByName("Composition 1")
    assert comp.AddTool("NoSuchTool") is None
    assert not comp.app.modal
    comp.AddTool("Loader")
    assert composed.GetStart() is None


def test_values_set_in_a_lock_are_kept_and_not_rendered(composed: FakeTimelineItem) -> None:
    comp: FakeComp = composed.LoadFusionCompByName("Composition 1")
    loader = comp.FindTool("L")
    assert loader is not None
    comp.Lock()
    loader.SetInput("Clip", "b.1.exr")
    assert loader.GetInput("Clip") == "b.1.exr"
    assert loader.rendered["Clip"] == "a.1.exr"


def test_handles_by_name_find_nothing_until_they_are_loaded(composed: FakeTimelineItem) -> None:
    assert composed.GetFusionCompByName("Composition 1").FindTool("L") is None
    assert composed.LoadFusionCompByName("Composition 1").FindTool("L") is not None


@pytest.mark.parametrize(
    "text", ["", "{ Tools = { } }", "Composition { Tools = { A = Pixelate { } } }", "Composition {"]
)
def test_what_is_no_composition_is_not_imported(edit: Edit, text: str) -> None:
    item = edit.put(edit.movie(), 0, 5)
    path = edit.folder / "bad.comp"
    path.write_text(text)
    assert item.ImportFusionComp(str(path)) is None
    assert item.GetFusionCompNameList() == []
