"""A disk that fills up in the middle of an export: a real one, where this user may mount one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.errors import OutOfSpaceError
from tests.worker.conftest import Export
from worker.exr.reader import read_layers
from worker.faults import as_known_error


def mounted(folder: Path, options: str) -> bool:
    """Whether a small disk now lies at the folder."""
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for some frames and not for all."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not mounted(folder, "size=36k"):
        pytest.skip("mounting a disk is not permitted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_named_and_the_export_goes_on_when_there_is_room(
    export: Export, small_disk: Path, tmp_path: Path
) -> None:
    quiet = {path.name: path.read_bytes() for path in export(out=str(tmp_path / "quiet")).parent.glob("*.exr")}
    # pytest must see the error that a user sees, whichever stage met it.
    with pytest.raises(Exception) as caught:
        export(out=str(small_disk))
    assert isinstance(as_known_error(caught.value), OutOfSpaceError), caught.value
    assert str(small_disk) in str(caught.value)
    stood = {path.name: path.stat().st_mtime_ns for path in small_disk.glob("*.exr")}
    assert 0 < len(stood) < len(quiet)
    for name in stood:
        read_layers(small_disk / name)
    assert not [path.name for path in small_disk.iterdir() if path.suffix != ".exr"]
    assert mounted(small_disk, "remount,size=4m")
    export(out=str(small_disk))
    assert {path.name: path.read_bytes() for path in small_disk.glob("*.exr")} == quiet
    assert all((small_disk / name).stat().st_mtime_ns == age for name, age in stood.items())
