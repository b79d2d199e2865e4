"""Where hosts look, by operating system and user."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from bridge.errors import BadRequestError, unknown_name

HOSTS = ("nuke", "resolve")

_HOME_OF_RESOLVE = {
    "darwin": "Library/Application Support/Blackmagic Design/DaVinci Resolve/Fusion",
    "linux": ".local/share/DaVinciResolve/Fusion",
}


@dataclass(frozen=True)
class Place:
    """Where one host's installation lies."""

    host: str
    folder: Path
    """The host's own folder: ``.nuke``, or Resolve's ``Fusion``."""
    root: Path
    """Our folder in it, which holds everything but the hook."""
    hook: Path
    """What makes the host find it: Nuke's ``init.py``, which may be the user's own too, or our menu script."""

    @property
    def staging(self) -> Path:
        """Begin of the names of folders that are being written; renamed to `root` when whole."""
        return self.folder / f".{self.root.name}-new"

    @property
    def former(self) -> Path:
        """The installation before this one, while it is being replaced."""
        return self.folder / f".{self.root.name}-old"


def place(
    host: str,
    *,
    into: Optional[Path] = None,
    system: str = sys.platform,
    home: Optional[Path] = None,
    environ: Optional[Mapping[str, str]] = None,
) -> Place:
    """The place of a host's installation.

    Args:
        host: One of `HOSTS`.
        into: The host's folder, where it is not the user's own: one on NUKE_PATH, or a ``Fusion`` for all users.
        system: As `sys.platform` has it.
        home: The user's home; None for that of whoever runs this.
        environ: Environment variables; None for this process's.

    Raises:
        UnknownNameError: no such host.
        BadRequestError: no folder is known for the host on this system.
    """
    if host not in HOSTS:
        raise unknown_name("host", host, HOSTS)
    variables = os.environ if environ is None else environ
    folder = into or _user_folder(host, system, home or Path.home(), variables)
    folder = Path(os.path.abspath(folder.expanduser()))  # noqa: PTH100 - links stay as the user wrote them
    if host == "nuke":
        return Place(host, folder, folder / "mattebridge", folder / "init.py")
    # Not below Scripts: Resolve's menu shows every Python file and every folder there.
    return Place(host, folder, folder / "mattebridge_packages", folder / "Scripts" / "Utility" / "Mattebridge.py")


def _user_folder(host: str, system: str, home: Path, environ: Mapping[str, str]) -> Path:
    if host == "nuke":
        return home / ".nuke"
    if system == "win32":
        roaming = Path(environ.get("APPDATA") or home / "AppData" / "Roaming")
        return roaming / "Blackmagic Design" / "DaVinci Resolve" / "Support" / "Fusion"
    if system not in _HOME_OF_RESOLVE:
        raise BadRequestError(f"no folder of Resolve is known on {system}; name its folder Fusion with --into")
    return home / _HOME_OF_RESOLVE[system]
