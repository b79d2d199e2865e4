"""A plate handed to a worker on the same machine through shared memory instead of the socket.

A file in the system's memory file system, which nobody but its owner can read. It is there from the request to the
moment the worker has read it; a client that dies in between leaves it to the worker's broom. The multiprocessing
package is not used: its tracker starts another process of `sys.executable`, which inside a host is the host.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Optional, Union

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path("/dev/shm")
"""The memory file system; where it is missing, plates go through the socket."""

LEAST_BYTES = 1 << 20
"""Smaller plates are as quick through the socket."""

_NAME = re.compile(r"mattebridge-[0-9a-f]{16}")
_ABANDONED_AFTER_S = 600.0


@contextmanager
def offered(data: Union[bytes, memoryview]) -> Iterator[Optional[str]]:
    """Put a plate's bytes into shared memory while the block runs.

    Returns:
        The name to tell the worker; None where there is no shared memory, or too little.
    """
    name = f"mattebridge-{secrets.token_hex(8)}"
    path = FOLDER / name
    try:
        written = _write(path, data)
        yield name if written else None
    finally:
        with contextlib.suppress(OSError):
            path.unlink()


def _write(path: Path, data: Union[bytes, memoryview]) -> bool:
    view = memoryview(data).cast("B")
    if not FOLDER.is_dir() or not hasattr(os, "posix_fallocate"):
        return False
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        try:
            # All of it is reserved first: memory that runs out later would end the process with a signal.
            os.posix_fallocate(descriptor, 0, len(view))
            while len(view):
                view = view[os.write(descriptor, view) :]
        finally:
            os.close(descriptor)
    except OSError:
        return False
    return True


def take(name: str, size_bytes: int) -> Optional[bytes]:
    """Read what a client offers, and take it away.

    Args:
        name: As `offered` gave it.
        size_bytes: How many bytes there must be.

    Returns:
        The bytes; None where they are not there, not to be read, or another number.
    """
    if not _NAME.fullmatch(name):
        return None
    path = FOLDER / name
    try:
        # Not through a link: a name is all that a client decides.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(descriptor, "rb") as file:
            if os.fstat(file.fileno()).st_size != size_bytes:
                return None
            data = file.read(size_bytes)
    except OSError:
        return None
    with contextlib.suppress(OSError):
        path.unlink()
    return data


def sweep() -> None:
    """Take away what clients left that died while they asked."""
    oldest = time.time() - _ABANDONED_AFTER_S
    with contextlib.suppress(OSError):
        for path in FOLDER.glob("mattebridge-*"):
            with contextlib.suppress(OSError):
                if _NAME.fullmatch(path.name) and path.stat().st_mtime < oldest:
                    path.unlink()
