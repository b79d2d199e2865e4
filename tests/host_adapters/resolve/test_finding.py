"""Finding Resolve, inside and outside."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

from host_adapters.resolve import finding
from host_adapters.resolve.errors import EditionError, HostUnavailableError
from tests.fakes.resolve import FakeBmd, FakeResolve

WINDOWS = {"PROGRAMDATA": r"D:\Data", "PROGRAMFILES": r"C:\Program Files"}


@pytest.mark.parametrize(
    ("platform", "api", "library"),
    [
        ("darwin", "Developer/Scripting", "Libraries/Fusion/fusionscript.so"),
        ("linux", "/opt/resolve/Developer/Scripting", "/opt/resolve/libs/Fusion/fusionscript.so"),
        ("win32", r"D:\Data\Blackmagic Design\DaVinci Resolve\Support\Developer\Scripting", "fusionscript.dll"),
    ],
)
def test_each_system_has_its_places(platform: str, api: str, library: str) -> None:
    places = finding.places(platform, WINDOWS)
    assert places.api[0].endswith(api)
    assert places.library[0].endswith(library)


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> types.ModuleType:
    """Resolve's module on disk, where the variable says."""
    monkeypatch.setenv(finding.API_VARIABLE, str(tmp_path))
    monkeypatch.setattr(sys, "path", list(sys.path))
    module = types.ModuleType(finding.MODULE)
    monkeypatch.setitem(sys.modules, finding.MODULE, module)
    monkeypatch.setattr(finding, "_processes", lambda _: ["bash", "resolve"])
    return module


@pytest.mark.parametrize("name", ["resolve", "app", "bmd"])
def test_inside_each_of_the_globals_will_do(name: str) -> None:
    resolve = FakeResolve()
    app = type("App", (), {"GetResolve": lambda _: resolve})()
    host = finding.find_host({name: {"resolve": resolve, "app": app, "bmd": FakeBmd(resolve)}[name]})
    assert host.resolve is resolve
    assert host.edition.inside


def test_outside_the_module_is_asked(outside: types.ModuleType) -> None:
    outside.scriptapp = lambda _: FakeResolve()  # type: ignore[attr-defined]
    assert not finding.find_host().edition.inside


def test_without_a_process_the_module_is_never_asked(
    outside: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_: str) -> None:
        raise AssertionError("this crashes the interpreter under Windows")

    outside.scriptapp = crash  # type: ignore[attr-defined]
    monkeypatch.setattr(finding, "_processes", lambda _: ["bash", "nuke"])
    with pytest.raises(HostUnavailableError, match="no DaVinci Resolve runs"):
        finding.find_host()


def test_a_resolve_that_takes_no_scripts_says_where_to_allow_them(outside: types.ModuleType) -> None:
    outside.scriptapp = lambda _: None  # type: ignore[attr-defined]
    with pytest.raises(HostUnavailableError, match="External scripting using"):
        finding.find_host()


def test_the_free_edition_from_outside(outside: types.ModuleType) -> None:
    outside.scriptapp = lambda _: FakeResolve((20, 0, 0), studio=False)  # type: ignore[attr-defined]
    with pytest.raises(EditionError, match="Studio"):
        finding.find_host()


def test_no_module_lists_where_was_looked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv(finding.API_VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(HostUnavailableError, match=r"nowhere.*RESOLVE_SCRIPT_LIB"):
        finding.load_module()


def test_processes_of_this_machine_are_seen() -> None:
    names = finding._processes(sys.platform)
    assert any("python" in name.lower() or "pytest" in name.lower() for name in names)


def test_where_processes_cannot_be_listed_resolve_may_be_there() -> None:
    assert finding.is_running("linux", list)
    assert finding.is_running("win32", lambda: ["Resolve.exe"])
    assert not finding.is_running("win32", lambda: ["explorer.exe"])
