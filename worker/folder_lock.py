"""One export at a time writes the mattes of a clip into a folder, whichever worker it runs in."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bridge.errors import FolderBusyError
from worker.exr.disk import disk_errors

PATIENCE_S = 15.0
"""How long to wait for another export: a worker that was killed may still have frames under way."""

_LOOK_EVERY_S = 0.1


@contextmanager
def sole_writer(folder: Path, clip: str, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Hold the folder for a clip's mattes during the block. The system lets go of it when the process ends.

    Raises:
        FolderBusyError: another export holds it and goes on.
        OutputError: the lock cannot be written.
    """
    path = folder / f".{clip}.mattes.lock"
    deadline = time.monotonic() + patience_s
    with disk_errors(path):
        file = _taken(path)
        while file is None:
            if time.monotonic() > deadline:
                raise FolderBusyError(
                    f"another export writes the mattes of {clip!r} to {folder}; wait for its end, cancel it, or "
                    "choose another folder"
                )
            time.sleep(_LOOK_EVERY_S)
            file = _taken(path)
    try:
        yield
    finally:
        # Deleted while it is held: whoever gets the lock of a deleted file sees that and opens a new one.
        with suppress(OSError):
            path.unlink()
        os.close(file)


def _taken(path: Path) -> int | None:
    """A descriptor that holds the lock, or None where another process does."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if _lock(file) and _is_at(file, path):
            return file
    except OSError:
        os.close(file)
        raise
    os.close(file)
    return None


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> bool:
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
