"""Failures of the disk, as errors a user can act on."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge.errors import OutOfSpaceError, OutputError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def disk_errors(path: str | Path) -> Iterator[None]:
    """Turn what the system says while a file is written into errors that name the file.

    Raises:
        OutOfSpaceError: the disk or the user's share of it is full.
        OutputError: the file cannot be written for another reason: no permission, no such folder, ...
    """
    try:
        yield
    except OSError as err:
        reason = err.strerror or str(err)
        if err.errno in _FULL:
            raise OutOfSpaceError(
                f"cannot write {path}: {reason}; make room and run the job again, finished frames are kept"
            ) from err
        raise OutputError(f"cannot write {path}: {reason}") from err
