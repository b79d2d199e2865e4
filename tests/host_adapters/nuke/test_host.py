"""Nuke's main thread, its editions, and what is as it was."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import pytest

from bridge.errors import HostError
from host_adapters.nuke.host import api, as_it_was, edition, on_main_thread, one_undo_step, tell
from tests.fakes.nuke import FakeNuke
from tests.host_adapters.nuke.conftest import Start


def in_thread(nuke: FakeNuke, call: Callable[[], object]) -> object:
    """What a call in another thread gives, or the error it ends with, while the event loop runs."""
    kept: list[object] = []

    def run() -> None:
        try:
            kept.append(call())
        except Exception as err:  # noqa: BLE001 - the test looks at it
            kept.append(err)

    thread = threading.Thread(target=run)
    thread.start()
    nuke.pump(thread)
    return kept[0]


def test_a_thread_gets_what_the_main_thread_returns(nuke: FakeNuke) -> None:
    nuke.nodes.Dot(name="A")
    found = in_thread(nuke, lambda: on_main_thread(lambda name: nuke.toNode(name).name(), "A"))  # type: ignore[union-attr]
    assert found == "A"


def test_a_thread_gets_the_error_and_not_none(nuke: FakeNuke) -> None:
    def fails() -> None:
        raise HostError("no")

    error = in_thread(nuke, lambda: on_main_thread(fails))
    assert isinstance(error, HostError) and str(error) == "no"
    assert nuke.printed == [], "Nuke had nothing to print"


def test_none_is_a_result_too(nuke: FakeNuke) -> None:
    assert in_thread(nuke, lambda: on_main_thread(lambda: None)) is None


def test_a_step_that_nuke_did_not_run_is_told(nuke: FakeNuke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nuke, "executeInMainThreadWithResult", lambda *_: None)
    error = in_thread(nuke, lambda: on_main_thread(lambda: 1))
    assert isinstance(error, HostError) and "did not run" in str(error)


def test_the_main_thread_does_not_wait_for_itself(nuke: FakeNuke) -> None:
    assert on_main_thread(lambda: 7) == 7


def test_the_fake_refuses_nodes_in_threads(nuke: FakeNuke) -> None:
    error = in_thread(nuke, lambda: nuke.toNode("A"))
    assert isinstance(error, RuntimeError)


@pytest.mark.parametrize(
    ("env", "name", "nodes", "writes"),
    [
        ({}, "Nuke", None, True),
        ({"nc": True}, "Nuke Non-commercial", 10, True),
        ({"indie": True}, "Nuke Indie", None, True),
        ({"assist": True}, "Nuke Assist", None, False),
    ],
    ids=lambda value: str(value),
)
def test_editions(start: Start, env: dict[str, bool], name: str, nodes: int | None, writes: bool) -> None:
    start(**env)
    found = edition()
    assert (found.name, found.max_nodes, found.can_write) == (name, nodes, writes)


def test_an_older_nuke_that_knows_no_indie_is_just_nuke(nuke: FakeNuke) -> None:
    del nuke.env["indie"], nuke.env["assist"]
    assert edition().name == "Nuke"


def test_selection_frame_and_range_are_as_they_were(nuke: FakeNuke) -> None:
    kept, other = nuke.nodes.Dot(selected=True), nuke.nodes.Dot()
    nuke.frame(7)
    with as_it_was():
        kept.setSelected(False)
        other.setSelected(True)
        nuke.frame(9)
        nuke.nodes.Read()["file"].fromUserText("/x.%04d.exr -500-5000")
    assert nuke.selectedNodes() == [kept]
    assert nuke.frame() == 7
    assert (nuke.root()["first_frame"].value(), nuke.root()["last_frame"].value()) == (1, 100)


def test_an_undo_step_that_fails_is_taken_back(nuke: FakeNuke) -> None:
    with pytest.raises(ZeroDivisionError), one_undo_step("x"):
        nuke.nodes.Dot()
        _ = 1 / 0
    assert nuke.allNodes() == [] and nuke.undo_steps == []


def test_outside_of_nuke_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nuke", None)
    with pytest.raises(HostError, match="inside Nuke"):
        api()


def test_a_terminal_gets_lines(start: Start) -> None:
    session = start(gui=False)
    tell("hello")
    assert session.printed == ["hello"]
