"""Files that are whole or not there: written under a temporary name in the same folder, then renamed."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPORARY_SUFFIX = ".tmp"
"""Stands before the extension of unfinished files, whose names also begin with a dot."""

_ABANDONED_AFTER_S = 3600.0


@contextmanager
def whole(path: Union[str, Path], *, durable: bool = True) -> Iterator[Path]:
    """Give a temporary path to write to; renamed to `path` on leaving, deleted where the block raises.

    The temporary name ends in ``.tmp`` plus the extension of `path`, because image writers choose the format
    by the extension.

    Args:
        path: The file's place.
        durable: Data reach the disk before the name does, so that a power cut leaves no empty file. Can be
            left out for files that carry a checksum and are only made again.
    """
    target = Path(path)
    temporary = target.with_name(
        f".{target.stem}.{os.getpid()}-{secrets.token_hex(4)}{TEMPORARY_SUFFIX}{target.suffix}"
    )
    try:
        yield temporary
        if durable:
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_whole(path: Union[str, Path], data: bytes, *, durable: bool = True) -> None:
    """Write `data` to `path`; a reader sees the old file or the new, never a part. `durable` as for `whole`."""
    with whole(path, durable=durable) as temporary:
        temporary.write_bytes(data)


def remove_unfinished(folder: Union[str, Path]) -> None:
    """Delete temporary files that were left in a folder by processes that died.

    Only those an hour old: a file takes seconds to write, and another process, here or on another machine, may
    be at work in the same folder.
    """
    oldest = time.time() - _ABANDONED_AFTER_S
    for path in Path(folder).glob(f".*{TEMPORARY_SUFFIX}*"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                path.unlink()
