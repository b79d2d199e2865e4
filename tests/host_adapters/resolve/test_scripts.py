"""The scripts that Resolve runs: they find the bridge, and say in words what is missing."""

from __future__ import annotations

import ast
import importlib.util
import runpy
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import host_adapters.resolve
from tests.fakes.resolve import FakeResolve
from tests.host_adapters.resolve.conftest import Edit

SCRIPTS = Path(host_adapters.resolve.__file__).parent / "scripts"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The console module, loaded as from a file."""
    spec = importlib.util.spec_from_file_location("mattebridge_resolve", SCRIPTS / "mattebridge_resolve.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setitem(sys.modules, "mattebridge_resolve", module)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return module


def test_the_packages_are_found_beside_and_above(
    script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(script.PACKAGES_VARIABLE, raising=False)
    monkeypatch.setattr(sys, "argv", [""])
    here = tmp_path / "Fusion/Scripts/Utility/Mattebridge.py"
    assert script.find_packages(str(here)) is None
    above = tmp_path / "Fusion/mattebridge_packages"
    above.mkdir(parents=True)
    assert script.find_packages(str(here)) == str(above)
    monkeypatch.setenv(script.PACKAGES_VARIABLE, "/elsewhere")
    assert script.find_packages(str(here)) == "/elsewhere"


def test_packages_of_this_python_go_before_all_others(
    script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = tmp_path / "vendor" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    vendor.mkdir(parents=True)
    (tmp_path / "vendor" / "python3.6").mkdir()
    monkeypatch.setenv(script.PACKAGES_VARIABLE, str(tmp_path))
    script.load()
    assert sys.path[:2] == [str(vendor), str(tmp_path)]
    assert not any(path.endswith("python3.6") for path in sys.path)


def test_a_python_without_the_bridge_says_how_to_install_it(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "host_adapters.resolve", None)
    with pytest.raises(RuntimeError, match=r"mattebridge install resolve --host-python 3\."):
        script.load()


def test_an_old_python_says_what_it_needs(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 6, 8))
    with pytest.raises(RuntimeError, match=r"needs Python 3\.9"):
        script.load()


def test_errors_are_printed_as_sentences(script: Any, edit: Edit, capsys: pytest.CaptureFixture[str]) -> None:
    edit.app.project.timeline = None
    assert script.window({"resolve": FakeResolve((20, 0, 0), studio=False)}) is None
    assert "opens no windows" in capsys.readouterr().out


def test_the_console_hands_resolves_own_globals_on(
    script: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: dict[str, Any] = {}
    monkeypatch.setattr(host_adapters.resolve, "run", lambda *args, **wishes: seen.update(wishes))
    monkeypatch.setattr(sys.modules["__main__"], "resolve", "the real one", raising=False)
    script.run("playhead", "fusion", categories="person")
    assert seen["script_globals"]["resolve"] == "the real one"
    assert seen["categories"] == "person"


def test_the_menu_entry_opens_the_window_with_its_globals(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(script, "window", seen.append)
    runpy.run_path(str(SCRIPTS / "Mattebridge.py"), {"resolve": "here"}, run_name="__main__")
    assert seen[0]["resolve"] == "here"


def test_until_the_bridge_is_found_the_standard_library_is_enough() -> None:
    for path in SCRIPTS.glob("*.py"):
        top = ast.parse(path.read_text()).body
        names = [alias.name for node in top if isinstance(node, ast.Import) for alias in node.names]
        names += [str(node.module) for node in top if isinstance(node, ast.ImportFrom)]
        assert set(names) <= {"os", "sys", "importlib", "pathlib", "typing"}
