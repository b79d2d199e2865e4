"""Menu, panel, start-up files and terminal sessions."""

from __future__ import annotations

import runpy
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import host_adapters.nuke
from host_adapters.nuke import batch, making, menu, node
from host_adapters.nuke.knobs import knob_name
from host_adapters.nuke.panel import ask
from tests.fakes.nuke import FakeNuke
from tests.host_adapters.nuke.conftest import Start

Read = Callable[..., Any]
STARTUP = Path(host_adapters.nuke.__file__).parent / "startup"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Nodes whose job was started; none is carried out."""
    groups: list[Any] = []
    monkeypatch.setattr(making, "start", groups.append)
    return groups


def test_start_up_adds_the_menus(nuke: FakeNuke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    runpy.run_path(str(STARTUP / "init.py"))
    runpy.run_path(str(STARTUP / "menu.py"))
    for bar in ("Nodes", "Nuke"):
        assert set(nuke.menus[bar].menus["Mattebridge"].commands) == {"Make mattes", "Make mattes...", "Node"}


def test_start_up_puts_only_what_is_needed_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["/nuke/own"])
    runpy.run_path(str(STARTUP / "init.py"))
    root = str(STARTUP.parents[2])
    assert sys.path == ["/nuke/own", root]
    assert not (STARTUP / "nuke.py").exists(), "this folder is on Nuke's path: nothing here may hide a module"


def test_nuke_starts_also_where_mattebridge_does_not(nuke: FakeNuke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "host_adapters.nuke.menu", None)
    monkeypatch.delattr(host_adapters.nuke, "menu")
    runpy.run_path(str(STARTUP / "menu.py"))
    assert any("Mattebridge is not available" in line for line in nuke.printed)
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert any(f"mattebridge install nuke --host-python {version}" in line for line in nuke.printed)


def test_packages_of_this_python_are_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    start_up = tmp_path / "host_adapters" / "nuke" / "startup"
    vendor = tmp_path / "vendor" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for folder in (start_up, vendor, tmp_path / "vendor" / "python3.6"):
        folder.mkdir(parents=True)
    shutil.copy(STARTUP / "init.py", start_up)
    monkeypatch.setattr(sys, "path", ["/nuke/own"])
    runpy.run_path(str(start_up / "init.py"))
    assert sys.path == ["/nuke/own", str(vendor), str(tmp_path)]


def test_every_command_can_be_called(nuke: FakeNuke, started: list[Any]) -> None:
    menu.install()
    for command in nuke.menus["Nodes"].menus["Mattebridge"].commands.values():
        exec(command, {})
    assert nuke.messages, "nothing is selected"


@pytest.mark.parametrize("count", [0, 2])
def test_one_node_must_be_selected(nuke: FakeNuke, started: list[Any], count: int) -> None:
    for _ in range(count):
        nuke.nodes.Dot(selected=True)
    assert menu.make_mattes() is None
    assert "select one node" in nuke.messages[0] and started == []


def test_the_selected_read_gets_a_node_and_keeps_it(nuke: FakeNuke, read: Read, started: list[Any]) -> None:
    read(nuke, selected=True)
    menu.make_mattes()
    menu.make_mattes()
    assert started[0] == started[1]
    assert len([one for one in nuke.allNodes("Group") if node.is_ours(one)]) == 1


def test_a_mattebridge_node_that_is_selected_is_used(nuke: FakeNuke, started: list[Any]) -> None:
    group = node.create()
    group.setSelected(True)
    menu.make_mattes()
    assert started == [group]


def test_the_panel_sets_the_node(nuke: FakeNuke, read: Read, started: list[Any]) -> None:
    read(nuke, selected=True)
    scripts: Any = sys.modules["nukescripts"]
    scripts.typed = {knob_name("categories"): "person", knob_name("layouts") + "_cryptomatte": True}
    menu.open_panel()
    values = node.instance_of(started[0])[0].values
    assert (values["categories"], values["layouts"]) == ("person", "layers, cryptomatte")
    scripts.typed = {}
    assert ask(started[0]) is not None
    assert scripts.shown[-1][knob_name("categories")].getText() == "person"


def test_a_panel_that_is_cancelled_does_nothing(nuke: FakeNuke, read: Read, started: list[Any]) -> None:
    read(nuke, selected=True)
    scripts: Any = sys.modules["nukescripts"]
    scripts.confirms = False
    assert menu.open_panel() is None
    assert started == [] and nuke.allNodes("Group") == []


def test_the_button_of_a_node_starts_its_job(nuke: FakeNuke, started: list[Any]) -> None:
    group = node.create()
    group[knob_name("make")].execute()
    assert started == [group]


def test_the_button_that_fills_menus_asks_the_worker(nuke: FakeNuke, worker: str) -> None:
    group = node.create(values={"worker": worker})
    nuke.pump(making.ask_worker(group))
    assert "colours" in group[knob_name("model")].values()
    nuke.pump(making.ask_worker(node.create(values={"worker": "nowhere"})))
    assert "an address must be like" in nuke.messages[0]


def test_a_terminal_session_makes_mattes_and_saves(start: Start, read: Read, worker: str, tmp_path: Path) -> None:
    session = start(gui=False)
    script = tmp_path / "comp.nk"
    script.write_text("")
    read(session)
    words = ["--input", "Plate", "--frames=1002-1004", "--save", str(tmp_path / "done.nk")]
    words += ["--set", f"worker={worker}", "--set", "model=colours", "--set", "contact_sheet=no"]
    assert batch.main([str(script), *words]) == 0, session.printed
    mattes = session.toNode("Mattebridge1.Mattes")
    assert mattes is not None
    assert (mattes["first"].value(), mattes["last"].value()) == (1002, 1004)
    assert (tmp_path / "done.nk").is_file()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        pytest.param(["/none.nk"], 1, "cannot open /none.nk", id="no script"),
        pytest.param([], 1, "has no Mattebridge node", id="no node"),
        pytest.param(["--node", "Blur9"], 1, "no node 'Blur9'", id="no such node"),
        pytest.param(["--input", "Plate", "--set", "quality=1"], 2, "unknown parameter", id="no such knob"),
        pytest.param(["--input", "Plate", "--set", "range=custom"], 2, "Frames is empty", id="a wrong value"),
    ],
)
def test_a_terminal_session_ends_with_the_error_s_code(
    start: Start, read: Read, worker: str, words: list[str], code: int, says: str
) -> None:
    session = start(gui=False)
    read(session)
    if "--input" in words:
        words = [*words, "--set", f"worker={worker}", "--set", "model=colours"]
    assert batch.main(words) == code
    assert says in session.printed[-1]
