"""The key in a file's header: a digest of all that decided its content, so that no file is written twice."""

from __future__ import annotations

from pathlib import Path

import OpenEXR

from worker.exr.header import PREFIX

KEY = PREFIX + "key"
"""The header attribute that holds it."""


def read_key(path: str | Path) -> str | None:
    """The key of a file of mattes; None where the file is missing, damaged, or not one of ours."""
    if not Path(path).is_file():
        return None
    try:
        header = OpenEXR.File(str(path), header_only=True).header()
    except (RuntimeError, ValueError):
        return None
    key = header.get(KEY)
    return key if isinstance(key, str) else None
