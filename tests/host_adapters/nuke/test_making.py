"""From a node to its mattes: a fake Nuke, a real worker, real files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import BadRequestError, HostError, JobCancelledError, WorkerUnavailableError
from bridge.manifest import read_manifest
from host_adapters.nuke import making, node
from host_adapters.nuke.imprint import child_of
from tests.fakes.nuke import FakeNuke
from tests.fakes.nuke.pictures import channels_at, frame_file, shown_frame
from tests.host_adapters.nuke.conftest import Start
from worker.engine import Engine

Read = Callable[..., Any]
Make = Callable[..., making.Making]


def mattes_read(session: FakeNuke, group: Any) -> Any:
    found = session.toNode(f"{group.name()}.Mattes")
    assert found is not None
    return found


def files_shown(session: FakeNuke, read: Any, frames: range) -> list[str]:
    """The names of the files that a Read shows at frames of the script; each has to be there."""
    paths = [Path(str(frame_file(session, read._data, shown_frame(read._data, frame)))) for frame in frames]
    assert all(path.is_file() for path in paths)
    return [path.name for path in paths]


def test_the_mattes_of_a_read_come_into_the_graph(nuke: FakeNuke, read: Read, make: Make, tmp_path: Path) -> None:
    plate = read(nuke)
    plate.setSelected(True)
    group = node.create(plate)
    job = make(nuke, group)
    assert (job.error, nuke.messages) == (None, [])
    mattes = mattes_read(nuke, group)
    assert mattes["file"].value() == f"{tmp_path}/mattes/Mattebridge1/v001/shot_mattes.%04d.exr"
    assert [mattes[name].value() for name in ("first", "last", "origfirst", "origlast")] == [
        1001,
        1012,
        1001,
        1012,
    ]
    assert mattes["raw"].value() and mattes["on_error"].value() == "black"
    assert mattes["localizationPolicy"].value() == "off" and mattes["reload"].executed == 1
    assert files_shown(nuke, mattes, range(1001, 1013))[0] == "shot_mattes.1001.exr"
    assert {"person.alpha", "sky.alpha", "grass.alpha"} <= set(channels_at(group._data))
    assert group.input(0) == plate
    assert [one.name() for one in nuke.selectedNodes()] == ["Plate"]
    assert nuke.undo_steps == ["Mattebridge", "Mattebridge: mattes"]
    assert group[node.STATUS].value().startswith("frames 1001-1012, read as sRGB Encoded Rec.709 (sRGB): ")
    assert "colorManagement Nuke" in group[node.COLOR].getText()


def test_each_layer_gets_a_grade_masked_by_it_and_an_output(nuke: FakeNuke, read: Read, make: Make) -> None:
    group = node.create(read(nuke))
    make(nuke, group, categories="person, sky")
    person, sky = child_of(group, "grade", "person"), child_of(group, "grade", "sky")
    assert person is not None and sky is not None
    assert (person.input(0), sky.input(0)) == (group, person)
    assert [one["maskChannelInput"].value() for one in (person, sky)] == ["person.alpha", "sky.alpha"]
    output = child_of(group, "output", "person")
    assert output is not None
    assert (output.input(0), output.input(1)) == (group, group)
    assert (output["from0"].value(), output["to0"].value()) == ("person.alpha", "rgba.alpha")
    assert child_of(group, "grade", "grass") is None


def test_cryptomatte_is_wired_and_filled(nuke: FakeNuke, read: Read, make: Make) -> None:
    group = node.create(read(nuke))
    job = make(nuke, group, layouts="layers, cryptomatte", categories="person, sky")
    assert job.notes == []
    crypto = child_of(group, "crypto")
    assert crypto is not None
    files = crypto.input(0)
    assert files["raw"].value() and files["file"].value().endswith("shot_crypto.%04d.exr")
    assert crypto["cryptoLayerChoice"].value() == "crypto_instance"
    assert crypto["matteList"].value() == "person_1, sky"


def test_what_the_worker_has_to_say_is_told(
    nuke: FakeNuke, read: Read, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = Engine.check
    research = ("the licence is for research only",)
    monkeypatch.setattr(Engine, "check", lambda engine, request: check(engine, request) + research)
    job = make(nuke, node.create(read(nuke)))
    assert (job.error, job.notes) == (None, ["the licence is for research only"])
    assert "for research only" in nuke.messages[0]


def test_a_cryptomatte_menu_that_is_not_filled_yet_is_told(nuke: FakeNuke, read: Read, make: Make) -> None:
    nuke.cryptomatte_looks = False
    group = node.create(read(nuke))
    job = make(nuke, group, layouts="cryptomatte", cryptomatte="categories")
    assert job.notes == ["choose crypto_class in the menu Layer Selection of Mattebridge1_crypto"]
    assert nuke.messages and nuke.toNode("Mattebridge1.Mattes") is None


@pytest.mark.parametrize(
    ("mode", "text", "at", "mattes_mode"),
    [
        pytest.param("offset", "-1000", 1, ("offset", "-1000"), id="offset back to 1"),
        pytest.param("offset", "50", 1051, ("offset", "50"), id="offset later"),
        pytest.param("start at", "1", 1, ("offset", "-1000"), id="start at 1"),
        pytest.param("expression", "frame+900", 101, ("offset", "-900"), id="an expression that is an offset"),
        pytest.param("expression", "", 1001, ("expression", ""), id="as it is"),
    ],
)
def test_mattes_keep_step_with_a_read_that_is_moved_in_time(
    nuke: FakeNuke, read: Read, make: Make, mode: str, text: str, at: int, mattes_mode: tuple[str, str]
) -> None:
    plate = read(nuke, frame_mode=mode, frame=text)
    group = node.create(plate)
    # The third to fifth frame of the clip, by the script's numbers, and a handle of one.
    make(nuke, group, range="custom", frames=f"{at + 2}-{at + 4}", handles=1)
    mattes = mattes_read(nuke, group)
    assert (mattes["frame_mode"].value(), mattes["frame"].value()) == mattes_mode
    assert (mattes["first"].value(), mattes["last"].value()) == (1002, 1006)
    frames = range(at + 1, at + 6)
    assert files_shown(nuke, mattes, frames) == [f"shot_mattes.{number}.exr" for number in range(1002, 1007)]
    plates = files_shown(nuke, plate, frames)
    assert plates == [f"shot.{number}.png" for number in range(1002, 1007)]


def test_an_expression_that_is_no_offset_is_carried_over(nuke: FakeNuke, read: Read, make: Make) -> None:
    group = node.create(read(nuke, frame_mode="expression", frame="1001+frame*2"))
    make(nuke, group, range="custom", frames="1-3")
    mattes = mattes_read(nuke, group)
    assert files_shown(nuke, mattes, range(1, 4)) == [f"shot_mattes.{n}.exr" for n in (1003, 1005, 1007)]
    assert (mattes["first"].value(), mattes["last"].value()) == (1003, 1007)


def test_handles_stop_at_the_ends_of_the_plate(nuke: FakeNuke, read: Read, make: Make) -> None:
    group = node.create(read(nuke))
    make(nuke, group, range="custom", frames="1002-1011", handles=8)
    mattes = mattes_read(nuke, group)
    assert (mattes["first"].value(), mattes["last"].value()) == (1001, 1012)


def test_a_global_range_keeps_only_what_the_plate_has(nuke: FakeNuke, read: Read, make: Make) -> None:
    group = node.create(read(nuke))
    nuke.root()["first_frame"].setValue(1010)
    nuke.root()["last_frame"].setValue(1050)
    make(nuke, group, range="global")
    assert (mattes_read(nuke, group)["first"].value(), mattes_read(nuke, group)["last"].value()) == (1010, 1012)
    assert nuke.root()["first_frame"].value() == 1010, "a Read must not stretch the script's range"
    assert nuke.root()["last_frame"].value() == 1050


def test_nodes_in_between_are_rendered_and_cleaned_up(
    nuke: FakeNuke, read: Read, make: Make, tmp_path: Path
) -> None:
    plate = read(nuke, frame_mode="offset", frame="-1000")
    blur = nuke.nodes.Blur(inputs=[plate], name="Soften")
    nuke.root()["proxy"].setValue(True)
    group = node.create(blur)
    job = make(nuke, group, range="custom", frames="3-5", handles=1)
    assert job.error is None
    assert nuke.rendered == [2, 3, 4, 5, 6]
    assert nuke.allNodes("Write") == []
    assert nuke.root()["proxy"].value() is True
    assert not list((tmp_path / "cache").rglob("*.exr")), "the render is not needed any more"
    mattes = mattes_read(nuke, group)
    # The render is numbered as the script is, and so are its mattes.
    assert (mattes["first"].value(), mattes["last"].value(), mattes["frame"].value()) == (2, 6, "")
    assert mattes["file"].value().endswith("v001/Soften_mattes.%04d.exr")
    (manifest,) = (tmp_path / "mattes").rglob("*.mattes.json")
    found = read_manifest(manifest)
    assert (found.colorspace, found.colorspace_from) == ("Linear Rec.709 (sRGB)", "request")
    assert {layer.name for layer in found.layers} >= {"person", "sky", "grass"}


def test_a_second_run_updates_the_node_that_is_there(nuke: FakeNuke, read: Read, make: Make) -> None:
    group = node.create(read(nuke))
    make(nuke, group, categories="person,sky")
    person = child_of(group, "grade", "person")
    assert person is not None
    person["white"]._value = 0.5
    viewer = nuke.nodes.Viewer(inputs=[child_of(group, "grade", "sky")])
    count = len(nuke.allNodes())
    make(nuke, group, categories="person,sky,grass", overlap="normalized")
    assert child_of(group, "grade", "person") == person and person["white"]._value == 0.5
    assert len(nuke.allNodes()) == count + 2, "one Grade and one output for grass, nothing else"
    grass = child_of(group, "grade", "grass")
    assert grass is not None
    assert (grass.input(0), viewer.input(0)) == (child_of(group, "grade", "sky"), grass)
    assert mattes_read(nuke, group)["file"].value().endswith("/v002/shot_mattes.%04d.exr")
    assert len([one for one in nuke.allNodes(group=group) if one.Class() == "Read"]) == 1


def test_the_same_request_again_goes_to_the_same_folder(nuke: FakeNuke, read: Read, make: Make) -> None:
    group = node.create(read(nuke))
    make(nuke, group)
    make(nuke, group)
    assert mattes_read(nuke, group)["file"].value().endswith("/v001/shot_mattes.%04d.exr")
    make(nuke, group, new_folders=False)
    assert mattes_read(nuke, group)["file"].value().endswith("/Mattebridge1/shot_mattes.%04d.exr")


def test_without_new_folders_other_settings_replace_and_other_frames_join(
    nuke: FakeNuke, read: Read, make: Make
) -> None:
    group = node.create(read(nuke))
    values = {"new_folders": False, "range": "custom"}
    for frames, categories, first, last in (
        ("1001-1003", "person, sky", 1001, 1003),
        ("1006-1008", "person, sky", 1001, 1008),
        ("1006-1007", "person", 1006, 1007),
    ):
        assert make(nuke, group, frames=frames, categories=categories, **values).error is None
        mattes = mattes_read(nuke, group)
        assert (mattes["first"].value(), mattes["last"].value()) == (first, last)
    folder = Path(mattes["file"].value()).parent
    assert sorted(path.name for path in folder.glob("*.exr")) == ["shot_mattes.1006.exr", "shot_mattes.1007.exr"]


def test_cancel_in_the_progress_window_stops_the_job(
    nuke: FakeNuke, read: Read, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    from tests.fakes.color_model import ColorModel

    seen = ColorModel.predict

    def slowly(self: ColorModel, plates: Any) -> Any:
        time.sleep(0.3)
        return seen(self, plates)

    monkeypatch.setattr(ColorModel, "predict", slowly)
    nuke.cancel_at = 1
    group = node.create(read(nuke))
    job = make(nuke, group)
    assert isinstance(job.error, JobCancelledError)
    assert "cancelled" in group[node.STATUS].value()
    assert nuke.messages == [], "who cancels need not be told in a box"
    assert nuke.toNode("Mattebridge1.Mattes") is None
    nuke.cancel_at = None
    assert make(nuke, group).error is None
    assert mattes_read(nuke, group)["file"].value().endswith("/v001/shot_mattes.%04d.exr"), "taken up again"


def test_a_render_that_is_cancelled_leaves_nothing(nuke: FakeNuke, read: Read, make: Make, tmp_path: Path) -> None:
    nuke.cancel_render_at = 1005
    group = node.create(nuke.nodes.Blur(inputs=[read(nuke)]))
    job = make(nuke, group)
    assert isinstance(job.error, JobCancelledError)
    assert nuke.allNodes("Write") == [] and not list((tmp_path / "cache").rglob("*.exr"))


@pytest.mark.parametrize(
    ("values", "error", "says"),
    [
        pytest.param({"categories": "persn"}, BadRequestError, "persn", id="a category there is not"),
        pytest.param({"range": "custom"}, BadRequestError, "Frames is empty", id="a custom range without frames"),
        pytest.param({"range": "custom", "frames": "1-5"}, BadRequestError, "has 1001-1012", id="no frame of it"),
        pytest.param({"borders": "[borders.x"}, BadRequestError, "not valid TOML", id="a broken border table"),
        pytest.param({"worker": "tcp://127.0.0.1:9", "model": "colours"}, WorkerUnavailableError, "worker",
                     id="no worker"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_a_box_and_in_the_node(
    nuke: FakeNuke, read: Read, make: Make, monkeypatch: pytest.MonkeyPatch,
    values: dict[str, Any], error: type[Exception], says: str,
) -> None:  # fmt: skip
    monkeypatch.setattr("bridge.launch._worker_command", lambda: None)
    group = node.create(read(nuke))
    job = make(nuke, group, **values)
    assert isinstance(job.error, error)
    (message,) = nuke.messages
    assert says in message and says in group[node.STATUS].value()
    assert nuke.undo_steps == ["Mattebridge"], "nothing was built"


def test_a_script_without_a_name_needs_a_folder(nuke: FakeNuke, read: Read, make: Make, tmp_path: Path) -> None:
    nuke.root_data.knobs["name"]._value = ""
    group = node.create(read(nuke))
    assert "save it, or choose a Folder" in str(make(nuke, group).error)
    assert make(nuke, group, out=f"{tmp_path}/here").error is None


def test_a_node_without_an_input_says_what_to_connect(nuke: FakeNuke, make: Make) -> None:
    assert "connect it to a Read" in str(make(nuke, node.create()).error)


def test_a_node_that_is_deleted_meanwhile_leaves_the_mattes_on_disk(
    nuke: FakeNuke, read: Read, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = node.create(read(nuke))
    build = making.Making._bring_in

    def deleted_before(self: making.Making, *args: Any) -> Any:
        nuke.delete(group)
        return build(self, *args)

    monkeypatch.setattr(making.Making, "_bring_in", deleted_before)
    job = make(nuke, group)
    assert isinstance(job.error, HostError)
    assert "no longer in the script. The mattes are made and lie in" in str(job.error)


def test_a_build_that_fails_is_taken_back_whole(
    nuke: FakeNuke, read: Read, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = node.create(read(nuke))
    names = {one.name() for one in nuke.allNodes()}

    def broken(*_: Any) -> None:
        raise RuntimeError("the host says no")

    monkeypatch.setattr("host_adapters.nuke.graph._outputs", broken)
    job = make(nuke, group)
    assert "the host says no" in str(job.error)
    assert {one.name() for one in nuke.allNodes()} == names
    assert nuke.toNode("Mattebridge1.Mattes") is None


def test_a_script_that_is_full_of_channels_is_told(nuke: FakeNuke, read: Read, make: Make) -> None:
    nuke.learn_channels([f"layer{n}.a" for n in range(1010)])
    group = node.create(read(nuke))
    job = make(nuke, group)
    assert "more do not fit" in str(job.error) and "lie in" in str(job.error)
    assert nuke.warnings == [], "Nuke had nothing to drop"


def test_a_terminal_session_works_without_windows(start: Start, read: Read, make: Make) -> None:
    session = start(gui=False)
    group = node.create(read(session))
    make(session, group, categories="person")
    assert files_shown(session, mattes_read(session, group), range(1001, 1013))
    assert session.tasks == []
    assert "Mattebridge, Mattebridge1: bringing the mattes in" in session.printed
    with pytest.raises(BadRequestError, match="persn"):
        make(session, group, categories="persn")


def test_non_commercial_makes_what_it_may_and_says_what_not(start: Start, read: Read, make: Make) -> None:
    session = start(nc=True)
    plate = read(session)
    group = node.create(plate)
    job = make(session, group, layouts="layers, cryptomatte", categories="person, sky, grass")
    assert job.error is None
    (note,) = [one for one in job.notes if "Non-commercial" in one]
    assert "10 nodes" in note and "by hand" in note
    assert mattes_read(session, group)["last"].value() == 1012


def test_non_commercial_in_a_script_that_has_too_many_nodes_already(start: Start, read: Read, make: Make) -> None:
    session = start(nc=True)
    group = node.create(read(session))
    for _ in range(8):
        session.nodes.Dot()._data.nuke._seen.clear()
    job = make(session, group)
    assert isinstance(job.error, HostError)
    assert "this one has more" in str(job.error) and "with a Read, raw data on" in str(job.error)


@pytest.mark.parametrize(
    ("env", "size_wh", "says"),
    [
        pytest.param({"assist": True}, (96, 64), "Nuke Assist has no Write node", id="assist"),
        pytest.param({"nc": True}, (3840, 2160), "writes 1920x1080 at the most", id="non-commercial"),
        pytest.param({"indie": True}, (8192, 4320), "writes 4096x2160 at the most", id="indie"),
    ],
)
def test_what_an_edition_cannot_render_is_refused_before_it_tries(
    start: Start, read: Read, make: Make, env: dict[str, bool], size_wh: tuple[int, int], says: str
) -> None:
    session = start(size_wh=size_wh, **env)
    group = node.create(session.nodes.Blur(inputs=[read(session)]))
    job = make(session, group)
    assert says in str(job.error) and "straight to a Read" in str(job.error)
    assert session.rendered == []
