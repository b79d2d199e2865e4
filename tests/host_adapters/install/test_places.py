"""Where hosts look, by system and user; versions and platforms of their Pythons."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from bridge.errors import BadRequestError, UnknownNameError
from host_adapters.install import targets
from host_adapters.install.places import place
from host_adapters.install.targets import Target, target


@pytest.mark.parametrize(
    ("host", "system", "environ", "root", "hook"),
    [
        ("nuke", "linux", {}, ".nuke/mattebridge", ".nuke/init.py"),
        ("nuke", "darwin", {}, ".nuke/mattebridge", ".nuke/init.py"),
        ("nuke", "win32", {"APPDATA": "/roaming"}, ".nuke/mattebridge", ".nuke/init.py"),
        (
            "resolve",
            "linux",
            {},
            ".local/share/DaVinciResolve/Fusion/mattebridge_packages",
            ".local/share/DaVinciResolve/Fusion/Scripts/Utility/Mattebridge.py",
        ),
        (
            "resolve",
            "darwin",
            {},
            "Library/Application Support/Blackmagic Design/DaVinci Resolve/Fusion/mattebridge_packages",
            "Library/Application Support/Blackmagic Design/DaVinci Resolve/Fusion/Scripts/Utility/Mattebridge.py",
        ),
        (
            "resolve",
            "win32",
            {},
            "AppData/Roaming/Blackmagic Design/DaVinci Resolve/Support/Fusion/mattebridge_packages",
            "AppData/Roaming/Blackmagic Design/DaVinci Resolve/Support/Fusion/Scripts/Utility/Mattebridge.py",
        ),
    ],
)
def test_where_each_host_looks(
    home: Path, host: str, system: str, environ: dict[str, str], root: str, hook: str
) -> None:
    found = place(host, system=system, home=home, environ=environ)
    assert (found.root, found.hook) == (home / root, home / hook)


def test_a_roaming_profile_elsewhere_counts(home: Path, tmp_path: Path) -> None:
    found = place("resolve", system="win32", home=home, environ={"APPDATA": str(tmp_path / "roaming")})
    assert tmp_path / "roaming" in found.root.parents


def test_a_studio_names_its_own_folder(tmp_path: Path) -> None:
    assert place("nuke", into=tmp_path / "show").hook == tmp_path / "show" / "init.py"


def test_what_is_not_known_is_named(home: Path) -> None:
    with pytest.raises(UnknownNameError, match="resolve"):
        place("reslove", home=home)
    with pytest.raises(BadRequestError, match="--into"):
        place("resolve", home=home, system="freebsd14")


@pytest.mark.parametrize(
    ("python", "says"),
    [("3.8", "3.9 or newer"), ("2.7", "3.9 or newer"), ("py3", "like 3.11"), ("3", "like 3.11")],
)
def test_pythons_that_cannot_be(python: str, says: str) -> None:
    with pytest.raises(BadRequestError, match=says):
        target(python)


def test_a_patch_version_is_taken_for_its_minor() -> None:
    assert target("3.11.7", "windows-x86_64") == Target("3.11", "windows-x86_64")


def test_wheels_for_another_linux_fit_an_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "this_platform", lambda: "linux-x86_64")
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.28"))
    assert Target("3.11", "linux-x86_64").tags[0] == "manylinux_2_28_x86_64"
    monkeypatch.setattr(targets, "this_platform", lambda: "macos-arm64")
    assert Target("3.11", "linux-x86_64").tags[0] == "manylinux_2_17_x86_64"


def test_no_interpreter_is_made_up() -> None:
    assert targets.interpreter("3.99") is None
