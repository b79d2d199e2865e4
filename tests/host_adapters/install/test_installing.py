"""Installing and taking out: whole or not at all, again and again, and nothing of the user's own is touched."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from bridge import installed
from bridge.errors import BadRequestError, DownloadError, OutputError
from host_adapters.install import block, installing, receipt
from host_adapters.install.installing import carry_out, uninstall, what_goes
from host_adapters.install.places import Place
from host_adapters.install.planning import Plan, describe, make_plan
from host_adapters.install.targets import this_platform
from tests.host_adapters.install.conftest import Vendored, make_wheel, quiet, tree

OWN = b"import nuke\nnuke.pluginAddPath('./gizmos')"


def plan(where: Place, *pythons: str) -> Plan:
    return make_plan(where, pythons=pythons or ("3.11",))


@pytest.mark.parametrize("host", ["nuke", "resolve"])
def test_in_and_out_leaves_the_home_as_it_was(
    host: str, home: Path, vendored: Vendored, request: pytest.FixtureRequest
) -> None:
    where: Place = request.getfixturevalue(host)
    assert carry_out(plan(where), quiet)
    assert (where.root / "bridge" / "client.py").is_file()
    assert not (where.root / "bridge" / "cli").exists()
    assert not list(where.root.rglob("torch*"))
    compile(where.hook.read_bytes(), str(where.hook), "exec")
    assert uninstall(where) == []
    assert tree(home) == {}


def test_a_users_own_init_comes_back_byte_for_byte(nuke: Place, home: Path, vendored: Vendored) -> None:
    nuke.folder.mkdir()
    nuke.hook.write_bytes(OWN)
    (nuke.folder / "menu.py").write_bytes(b"menu = 1")
    before = tree(home)
    nuke.hook.chmod(0o640)
    carry_out(plan(nuke), quiet)
    assert nuke.hook.read_bytes().startswith(OWN + b"\n" + block.BEGIN)
    carry_out(plan(nuke, "3.9"), quiet)
    assert nuke.hook.read_bytes().count(block.BEGIN) == 1
    assert uninstall(nuke) == []
    assert tree(home) == before
    if sys.platform != "win32":
        assert stat.S_IMODE(nuke.hook.stat().st_mode) == 0o640


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_linked_init_stays_a_link(nuke: Place, tmp_path: Path, vendored: Vendored) -> None:
    nuke.folder.mkdir()
    (tmp_path / "dotfiles.py").write_bytes(OWN)
    nuke.hook.symlink_to(tmp_path / "dotfiles.py")
    carry_out(plan(nuke), quiet)
    assert nuke.hook.is_symlink()
    assert block.BEGIN in (tmp_path / "dotfiles.py").read_bytes()
    uninstall(nuke)
    assert (tmp_path / "dotfiles.py").read_bytes() == OWN


def test_the_same_again_changes_nothing(nuke: Place, home: Path, vendored: Vendored) -> None:
    carry_out(plan(nuke), quiet)
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file()}
    assert not carry_out(plan(nuke), quiet)
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file()} == before
    assert vendored == ["3.11"]


def test_one_more_python_is_put_beside_the_first(nuke: Place, vendored: Vendored) -> None:
    carry_out(plan(nuke), quiet)
    carry_out(plan(nuke, "3.9"), quiet)
    assert {path.name for path in (nuke.root / "vendor").iterdir()} == {"python3.9", "python3.11"}
    assert vendored == ["3.11", "3.9"]


def test_a_damaged_installation_is_mended(nuke: Place, vendored: Vendored) -> None:
    carry_out(plan(nuke), quiet)
    (nuke.root / "vendor/python3.11/zmq.py").write_text("broken")
    (nuke.root / "bridge" / "client.py").unlink()
    assert carry_out(plan(nuke), quiet)
    assert (nuke.root / "bridge" / "client.py").is_file()
    assert vendored == ["3.11", "3.11"]


def test_a_plan_writes_nothing(nuke: Place, resolve: Place, home: Path, vendored: Vendored) -> None:
    for where in (nuke, resolve):
        lines = describe(make_plan(where))
        assert str(where.root) in lines[0]
        assert any(str(where.hook) in line for line in lines)
    assert tree(home) == {}
    assert vendored == []


@pytest.mark.parametrize("cause", [KeyboardInterrupt, DownloadError("no wheel")])
def test_an_interrupted_installation_leaves_nothing(
    nuke: Place, home: Path, monkeypatch: pytest.MonkeyPatch, cause: type[BaseException] | BaseException
) -> None:
    def fail(*_: object) -> None:
        raise cause

    monkeypatch.setattr(installing, "vendor", fail)
    with pytest.raises((KeyboardInterrupt, DownloadError)):
        carry_out(plan(nuke), quiet)
    assert tree(home) == {}


def test_where_the_hook_cannot_be_written_the_former_installation_stays(
    nuke: Place, home: Path, vendored: Vendored, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry_out(plan(nuke), quiet)
    before = tree(home)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(nuke.hook))

    monkeypatch.setattr(installing, "_write_hook", refuse)
    with pytest.raises(OutputError, match=r"Permission denied: .*init\.py.*as it was"):
        carry_out(plan(nuke, "3.10"), quiet)
    assert tree(home) == before


def test_an_installer_that_was_killed_between_two_renames(nuke: Place, home: Path, vendored: Vendored) -> None:
    nuke.folder.mkdir()
    nuke.hook.write_bytes(OWN)
    before = tree(home)
    carry_out(plan(nuke), quiet)
    nuke.root.rename(nuke.former)
    lost = nuke.staging.with_name(nuke.staging.name + "-0")
    lost.mkdir()
    os.utime(lost, (0, 0))
    carry_out(plan(nuke, "3.10"), quiet)
    uninstall(nuke)
    assert tree(home) == before


@pytest.mark.parametrize("host", ["nuke", "resolve"])
def test_what_is_not_ours_is_never_overwritten(
    host: str, home: Path, vendored: Vendored, request: pytest.FixtureRequest
) -> None:
    where: Place = request.getfixturevalue(host)
    (where.root / "mine").mkdir(parents=True)
    with pytest.raises(OutputError, match="not made by this installer"):
        plan(where)


def test_another_script_of_that_name_is_kept(resolve: Place, vendored: Vendored) -> None:
    resolve.hook.parent.mkdir(parents=True)
    resolve.hook.write_text("print('mine')")
    with pytest.raises(OutputError, match="move it elsewhere"):
        plan(resolve)
    resolve.hook.unlink()
    (resolve.hook.parent / "mattebridge_resolve.py").write_text("")
    with pytest.raises(OutputError, match="by hand"):
        plan(resolve)


def test_files_of_others_are_neither_lost_nor_taken_out(nuke: Place, vendored: Vendored) -> None:
    carry_out(plan(nuke), quiet)
    (nuke.root / "notes.txt").write_text("mine")
    (nuke.root / "bridge" / "client.py").write_text("changed")
    (nuke.root / "bridge" / "__pycache__").mkdir()
    (nuke.root / "bridge" / "__pycache__" / "client.pyc").write_bytes(b"")
    with pytest.raises(OutputError, match=r"notes\.txt"):
        plan(nuke)
    assert uninstall(nuke) == [nuke.root / "bridge" / "client.py", nuke.root / "notes.txt"]
    assert tree(nuke.folder) == {"mattebridge/bridge/client.py": b"changed", "mattebridge/notes.txt": b"mine"}


def test_nothing_to_take_out(nuke: Place) -> None:
    for ask in (uninstall, what_goes):
        with pytest.raises(BadRequestError, match="nothing is installed"):
            ask(nuke)


def test_a_damaged_receipt_is_said(nuke: Place, vendored: Vendored) -> None:
    carry_out(plan(nuke), quiet)
    (nuke.root / receipt.RECEIPT).write_text("{")
    with pytest.raises(OutputError, match="cannot be read"):
        uninstall(nuke)


def test_the_worker_s_python_is_written_down(nuke: Place, vendored: Vendored) -> None:
    carry_out(plan(nuke), quiet)
    assert installed.worker_python(nuke.root) == sys.executable
    with pytest.raises(BadRequestError, match="cannot be run"):
        make_plan(nuke, worker_python="/no/such/python")


def test_wheels_of_a_folder_are_unpacked_for_another_python_and_system(nuke: Place, wheels: Path) -> None:
    carry_out(make_plan(nuke, pythons=["3.9"], platform="windows-x86_64", wheels=wheels), quiet)
    vendor = nuke.root / "vendor" / "python3.9"
    assert (vendor / "zmq.py").read_text() == "__version__ = '26.1.0'\n"
    assert (vendor / "further.py").read_text() == "__version__ = '3.0'\n"
    found = receipt.read(nuke.root)
    assert found is not None
    assert found.pythons["3.9"].versions == {
        "pyzmq": "26.1.0", "msgpack": "1.1.0", "further": "3.0", "tomli": "2.0.1", "msgspec": "0.19.0",
        "fileseq": "2.2.0", "platformdirs": "4.3.0",
    }  # fmt: skip
    assert not list(vendor.rglob("click*")) and not list(vendor.rglob("*.pyc"))


def test_a_wheel_that_is_missing_is_named(nuke: Place, home: Path, wheels: Path) -> None:
    (wheels / "msgspec-0.19.0-cp39-cp39-win_amd64.whl").unlink()
    make_wheel(wheels, "msgspec", "0.19.0", "cp311-cp311-win_amd64")
    with pytest.raises(DownloadError, match=r"msgspec.*Nothing was installed; put wheels"):
        carry_out(make_plan(nuke, pythons=["3.9"], platform="windows-x86_64", wheels=wheels), quiet)
    assert tree(home) == {}


def test_an_empty_folder_of_wheels_is_refused_at_once(nuke: Place, tmp_path: Path) -> None:
    with pytest.raises(BadRequestError, match="holds no wheels"):
        make_plan(nuke, wheels=tmp_path)


def test_packages_for_another_platform_are_fetched_anew(nuke: Place, vendored: Vendored) -> None:
    carry_out(make_plan(nuke, pythons=["3.11"], platform="windows-x86_64"), quiet)
    carry_out(make_plan(nuke, pythons=["3.11"], platform=this_platform()), quiet)
    assert vendored == ["3.11", "3.11"]
