"""The key in a file's header: a digest of all that decided its content, so that no file is written twice."""

from __future__ import annotations

from pathlib import Path

import OpenEXR

from worker.exr.header import PREFIX
from worker.exr.whole_size import SIZE, is_whole

KEY = PREFIX + "key"
"""The header attribute that holds it."""


def read_key(path: str | Path) -> str | None:
    """The key of a file of mattes; None where the file is missing, cut off, damaged, or not one of ours."""
    try:
        size = Path(path).stat().st_size
        header = OpenEXR.File(str(path), header_only=True).header()
    except (OSError, RuntimeError, ValueError):
        return None
    if not is_whole(header.get(SIZE), size):
        return None
    key = header.get(KEY)
    return key if isinstance(key, str) else None
