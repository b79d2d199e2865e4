"""Plates in shared memory: there while they are asked about, for their owner alone, and never left behind."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from bridge import shared_plate

pytestmark = pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="needs a memory file system")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(shared_plate, "FOLDER", tmp_path)
    return tmp_path


def test_what_is_offered_can_be_taken_once(folder: Path) -> None:
    with shared_plate.offered(b"pixels") as name:
        assert name is not None
        assert (folder / name).stat().st_mode & 0o077 == 0
        assert shared_plate.take(name, 6) == b"pixels"
        assert shared_plate.take(name, 6) is None
    assert not list(folder.iterdir())


def test_nothing_is_left_where_nobody_took_it_or_the_question_failed(folder: Path) -> None:
    with pytest.raises(ValueError, match="no"), shared_plate.offered(b"pixels"):
        raise ValueError("no")
    assert not list(folder.iterdir())


def test_another_size_than_was_said_is_refused(folder: Path) -> None:
    with shared_plate.offered(b"pixels") as name:
        assert name is not None
        assert shared_plate.take(name, 7) is None
        assert shared_plate.take(name, 5) is None


@pytest.mark.parametrize(
    "name",
    [
        "../etc/passwd",
        "/etc/passwd",
        "mattebridge-1",
        "mattebridge-0123456789abcdeg",
        "",
        f"mattebridge-{0:017}",
    ],
)
def test_other_names_are_not_looked_at(folder: Path, name: str) -> None:
    assert shared_plate.take(name, 10) is None


def test_links_are_not_followed(folder: Path) -> None:
    secret = folder / "secret"
    secret.write_bytes(b"secret")
    link = folder / ("mattebridge-" + "0" * 16)
    link.symlink_to(secret)
    assert shared_plate.take(link.name, 6) is None
    assert secret.read_bytes() == b"secret"


def test_without_shared_memory_there_is_no_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_plate, "FOLDER", folder / "missing")
    with shared_plate.offered(b"pixels") as name:
        assert name is None


def test_full_memory_is_no_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with shared_plate.offered(b"pixels") as name:
        assert name is None
    assert not list(folder.iterdir())


def test_the_broom_takes_what_is_old_and_ours(folder: Path) -> None:
    old, new, other = (folder / n for n in ("mattebridge-" + "a" * 16, "mattebridge-" + "b" * 16, "somebody-else"))
    for path in (old, new, other):
        path.write_bytes(b"x")
    for path in (old, other):
        os.utime(path, (time.time() - 3600, time.time() - 3600))
    shared_plate.sweep()
    assert sorted(path.name for path in folder.iterdir()) == sorted([new.name, other.name])
