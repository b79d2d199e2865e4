"""From what a user wrote to a path this machine can look at."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from bridge.errors import SourceNotFoundError, SourceUnreadableError

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def locate(text: str) -> str:
    """The absolute path of what was written: ``~`` expanded, ``..`` resolved by name, no trailing separator.

    Links are kept, since frames are often links.

    Raises:
        SourceNotFoundError: the path is empty, of another system, or cannot be a path.
        SourceUnreadableError: it is a URL.
    """
    if not text.strip() or "\0" in text:
        raise SourceNotFoundError(f"source {text!r} is no path; give a movie, a still, a folder or a sequence")
    if _URL.match(text):
        raise SourceUnreadableError(f"source {text} is a URL; give a path on a disk the worker can see")
    if os.name != "nt" and _WINDOWS.match(text):
        raise SourceNotFoundError(
            f"source {text} is a Windows path, and this worker runs on another system; give the path it sees"
        )
    return os.path.abspath(Path(text).expanduser())  # noqa: PTH100 (Path.absolute keeps "..")


def not_found(path: str, near: Iterable[str] = ()) -> SourceNotFoundError:
    """An error that says how far the path exists, and what lies near by a similar name."""
    parent = Path(path).parent
    if not parent.is_dir():
        missing = parent
        while not missing.parent.is_dir():
            missing = missing.parent
        return SourceNotFoundError(f"{path} is not there: folder {missing} does not exist; check the path")
    similar = difflib.get_close_matches(Path(path).name, near := list(near), n=4, cutoff=0.4) or near[:4]
    return SourceNotFoundError(
        f"{path} is not there; " + (f"{parent} has {', '.join(similar)}" if similar else "check the path")
    )


def unreadable(path: str, error: OSError) -> SourceUnreadableError:
    """An error for what the file system refused."""
    if isinstance(error, PermissionError):
        return SourceUnreadableError(f"{path} may not be read; give the worker's user permission")
    return SourceUnreadableError(f"{path} cannot be read: {error.strerror or error}")
