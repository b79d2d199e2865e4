"""The folders a worker may read and write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bridge.errors import BadRequestError


class Roots:
    """Allowed folders; without any, everything the worker's user may touch is allowed."""

    def __init__(self, folders: Sequence[str | Path] = ()) -> None:
        self._folders = tuple(Path(folder).expanduser().resolve() for folder in folders)

    def check(self, path: str | Path, what: str) -> None:
        """Refuse a path outside the roots; links and ``..`` are resolved first.

        Args:
            path: The path to touch; it need not exist.
            what: What the path is, for the message, for example ``source``.

        Raises:
            BadRequestError: the path lies outside all roots.
        """
        if not self._folders:
            return
        resolved = Path(path).expanduser().resolve()
        if not any(resolved.is_relative_to(folder) for folder in self._folders):
            allowed = ", ".join(str(folder) for folder in self._folders)
            raise BadRequestError(f"the {what} {path} lies outside the folders this worker may touch: {allowed}")
