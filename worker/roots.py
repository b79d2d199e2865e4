"""The folders a worker may read and write."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from bridge.errors import BadRequestError

_NO_PATH = re.compile(
    r"""
    [A-Za-z][A-Za-z0-9+.-]+:    # file:, http:, concat: ...; one letter is a drive of Windows
    | //                        # //server/share
    | \\\\                      # \\server\share, \\?\device
    """,
    re.VERBOSE,
)
"""How what is no path of a file here begins: libraries would open it all the same."""


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
            BadRequestError: the path lies outside all roots, or is an address that libraries would open.
        """
        if _NO_PATH.match(str(path)) and not self._is_below_share(path):
            raise BadRequestError(
                f"the {what} {path} is no path of a file on this worker; addresses and network names are not "
                "opened: mount the share, and give the path where it is mounted"
            )
        if self._folders and not self._allows(path):
            allowed = ", ".join(str(folder) for folder in self._folders)
            raise BadRequestError(f"the {what} {path} lies outside the folders this worker may touch: {allowed}")

    def __bool__(self) -> bool:
        """Whether anything is forbidden."""
        return bool(self._folders)

    def _allows(self, path: str | Path) -> bool:
        resolved = Path(path).expanduser().resolve()
        return any(resolved.is_relative_to(folder) for folder in self._folders)

    def _is_below_share(self, path: str | Path) -> bool:
        """Whether a network name of Windows lies below a root that is one, too."""
        return str(path).startswith("\\\\") and bool(self._folders) and self._allows(path)
