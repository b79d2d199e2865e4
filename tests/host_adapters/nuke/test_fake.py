"""The fake fails where Nuke does: what the other tests rely on."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from tests.fakes.nuke import FakeNuke
from tests.fakes.nuke.pictures import nuke_channel, range_of, shown_frame
from tests.fakes.nuke.session import MAX_CHANNELS


@pytest.fixture
def session() -> FakeNuke:
    return FakeNuke()


def test_a_knob_that_is_not_there_is_a_name_error(session: FakeNuke) -> None:
    with pytest.raises(NameError):
        session.nodes.Blur()["size2"]
    assert session.nodes.Blur().knob("size2") is None


def test_no_selection_is_a_value_error(session: FakeNuke) -> None:
    with pytest.raises(ValueError, match="no node selected"):
        session.selectedNode()


def test_selected_nodes_can_be_those_of_a_class(session: FakeNuke) -> None:
    read, dot = session.nodes.Read(selected=True), session.nodes.Dot(selected=True)
    session.nodes.Read()
    assert session.selectedNodes() == [read, dot]
    assert session.selectedNodes("Read") == [read]


def test_a_menu_drops_what_it_does_not_have(session: FakeNuke) -> None:
    read = session.nodes.Read()
    assert read["before"].setValue("freeze") is False
    assert read["before"].value() == "hold"
    assert session.dropped == [("before", "freeze")]


def test_a_channel_that_the_script_does_not_have_is_dropped(session: FakeNuke) -> None:
    grade = session.nodes.Grade()
    grade["maskChannelInput"].setValue("person.alpha")
    assert grade["maskChannelInput"].value() == "none"
    session.Layer("person", ["person.alpha"])
    grade["maskChannelInput"].setValue("person.alpha")
    assert grade["maskChannelInput"].value() == "person.alpha"


def test_channels_beyond_the_limit_are_dropped_with_a_warning(session: FakeNuke) -> None:
    session.learn_channels([f"layer{n}.a" for n in range(2000)])
    assert len(session.script_channels()) == MAX_CHANNELS
    assert "Cannot assign channel number" in session.warnings[-1]


def test_a_layer_has_four_channels_at_most(session: FakeNuke) -> None:
    with pytest.raises(ValueError, match="four"):
        session.Layer("x", [f"x.{n}" for n in "abcde"])


@pytest.mark.parametrize(
    ("name", "nukes"),
    [
        ("person.A", "person.alpha"),
        ("person_01.A", "person_01.alpha"),
        ("01_car.A", "_car.alpha"),
        ("a.b.c.d", "a_b.c_d"),
        ("person-1.R", "person_1.red"),
        ("mask.a", "mask_extra.alpha"),
        ("R", "rgba.red"),
    ],
)
def test_names_in_files_become_nuke_s(name: str, nukes: str) -> None:
    assert nuke_channel(name) == nukes


def test_a_read_learns_its_file_s_channels_by_nuke_s_names(session: FakeNuke, tmp_path: Path) -> None:
    spec = oiio.ImageSpec(2, 2, 1, oiio.HALF)
    spec.channelnames = ("07_car.A",)
    picture = oiio.ImageBuf(spec)
    picture.set_pixels(oiio.ROI.All, np.zeros((2, 2, 1), np.float32))
    picture.write(f"{tmp_path}/m.0001.exr")
    session.nodes.Read()["file"].fromUserText(f"{tmp_path}/m.%04d.exr 1-1")
    assert "_car.alpha" in session.script_channels()


def test_setting_a_file_alone_leaves_the_range(session: FakeNuke) -> None:
    read = session.nodes.Read()
    read["file"].setValue("/x.%04d.exr 1001-1100")
    assert (read["first"].value(), read["last"].value()) == (1, 1)


@pytest.mark.parametrize(("locked", "last"), [(False, 1100.0), (True, 100.0)])
def test_a_typed_range_stretches_a_script_that_is_not_locked(session: FakeNuke, locked: bool, last: float) -> None:
    session.root()["lock_range"].setValue(locked)
    session.nodes.Read()["file"].fromUserText("/x.%04d.exr 1001-1100")
    assert session.root()["last_frame"].value() == last


def test_knobs_of_exr_are_there_once_the_type_is(session: FakeNuke) -> None:
    write = session.nodes.Write()
    with pytest.raises(NameError):
        write["datatype"]
    write["file_type"].setValue("exr")
    assert write["datatype"].value() == "16 bit half"


def test_evaluated_text_loses_brackets_that_are_no_tcl(session: FakeNuke) -> None:
    knob = session.nodes.Cryptomatte()["matteList"]
    knob.setText("[borders.person]")
    assert (knob.value(), knob.getText()) == ("", "[borders.person]")


def test_an_error_in_the_main_thread_is_printed_and_none(session: FakeNuke) -> None:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(session.executeInMainThreadWithResult(lambda: 1 // 0)))
    thread.start()
    session.pump(thread)
    assert found == [None]
    assert "ZeroDivisionError" in session.printed[0]


def test_arguments_that_are_no_tuple_are_wrapped(session: FakeNuke) -> None:
    found: list[object] = []
    thread = threading.Thread(target=session.executeInMainThread, args=(found.append, ["a", "b"]))
    thread.start()
    session.pump(thread)
    assert found == [["a", "b"]]


def test_the_main_thread_may_not_wait_for_itself(session: FakeNuke) -> None:
    with pytest.raises(AssertionError, match="for ever"):
        session.executeInMainThreadWithResult(lambda: None)


def test_a_terminal_session_has_no_windows() -> None:
    session = FakeNuke(gui=False)
    with pytest.raises(RuntimeError):
        session.ProgressTask("x")
    with pytest.raises(AssertionError):
        session.message("x")


def test_editions_refuse(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="Unknown command"):
        FakeNuke(assist=True).nodes.Write()
    limited = FakeNuke(nc=True)
    with pytest.raises(RuntimeError, match="10 nodes"):
        for _ in range(11):
            limited.nodes.Dot()
    with pytest.raises(RuntimeError, match="limited to 4096x2160"):
        indie = FakeNuke(indie=True, size_wh=(8192, 4320))
        indie.execute(indie.nodes.Write(), 1, 1)


def test_a_deleted_node_is_no_longer_attached(session: FakeNuke) -> None:
    node = session.nodes.Dot()
    session.delete(node)
    with pytest.raises(ValueError, match="not attached"):
        node.name()


def test_handles_are_equal_and_not_the_same(session: FakeNuke) -> None:
    node = session.nodes.Dot(name="A")
    assert session.toNode("A") == node and session.toNode("A") is not node


@pytest.mark.parametrize(
    ("mode", "text", "shown", "span"),
    [
        ("offset", "10", 1001, (1011, 1110)),
        ("start at", "11", 1001, (11, 110)),
        ("expression", "frame+1", 1012, None),
    ],
)
def test_times_of_a_read(
    session: FakeNuke, mode: str, text: str, shown: int, span: tuple[int, int] | None
) -> None:
    read = session.nodes.Read(first=1001, last=1100, frame_mode=mode, frame=text)
    assert shown_frame(read._data, 11 if mode == "start at" else 1011) == shown
    if span is not None:
        assert range_of(read._data) == span
