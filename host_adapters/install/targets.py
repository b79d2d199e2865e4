"""The Pythons of hosts: versions, platforms, and interpreters of a version on this machine."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from bridge.errors import BadRequestError, unknown_name

OLDEST = (3, 9)

NUKE_PYTHONS = ("3.9", "3.10", "3.11")
"""Of Nuke 14, of Nuke 15, of Nuke 16 and 17."""

_SYSTEMS = {"linux": "linux", "macos": "darwin", "windows": "win32"}

_PLATFORMS = {
    "linux-x86_64": ("manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux2010_x86_64", "linux_x86_64"),
    "linux-aarch64": ("manylinux_2_17_aarch64", "manylinux2014_aarch64", "linux_aarch64"),
    "macos-arm64": tuple(f"macosx_{v}_{a}" for v in ("11_0", "10_15", "10_9") for a in ("arm64", "universal2")),
    "macos-x86_64": tuple(
        f"macosx_{v}_{a}" for v in ("11_0", "10_15", "10_13", "10_12", "10_9") for a in ("x86_64", "universal2")
    ),
    "windows-x86_64": ("win_amd64",),
}

PLATFORMS = tuple(_PLATFORMS)


@dataclass(frozen=True)
class Target:
    """One Python that wheels are wanted for."""

    python: str
    """Its version, as ``3.11``."""
    platform: str
    """One of `PLATFORMS`."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Platform tags of wheels that fit: on Linux this machine's own, for another one those of glibc 2.17."""
        if self.platform == this_platform() and self.platform.startswith("linux"):
            return (*_newer_manylinux(self.platform.partition("-")[2]), *_PLATFORMS[self.platform])
        return _PLATFORMS[self.platform]

    @property
    def markers(self) -> dict[str, str]:
        """What requirements are held against, as in the specification of dependency specifiers."""
        name, _, machine = self.platform.partition("-")
        return {
            "python_version": self.python,
            "python_full_version": f"{self.python}.0",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "os_name": "nt" if name == "windows" else "posix",
            "sys_platform": _SYSTEMS[name],
            "platform_system": {"linux": "Linux", "macos": "Darwin", "windows": "Windows"}[name],
            "platform_machine": "AMD64" if name == "windows" else machine,
            "extra": "",
        }


def _newer_manylinux(machine: str) -> list[str]:
    """Tags of the C libraries that this machine's can stand for, newest first."""
    name, version = platform.libc_ver()
    parts = version.split(".")
    if name != "glibc" or len(parts) < 2 or not parts[1].isdigit():
        return []
    return [f"manylinux_2_{minor}_{machine}" for minor in range(int(parts[1]), 17, -1)]


def this_platform() -> str:
    """This machine's, one of `PLATFORMS`; BadRequestError where there are no wheels for it."""
    names = {"linux": "linux", "darwin": "macos", "win32": "windows"}
    machine = platform.machine().lower()
    machine = {"amd64": "x86_64"}.get(machine, machine)
    found = f"{names.get(sys.platform, sys.platform)}-{machine}"
    if found not in _PLATFORMS:
        raise BadRequestError(f"no packages are known for {found}; name the host's with --host-platform")
    return found


def target(python: str, host_platform: Optional[str] = None) -> Target:
    """Check what was asked for.

    Raises:
        BadRequestError: not a version such as 3.11, or too old.
        UnknownNameError: no such platform.
    """
    match = re.fullmatch(r"(\d+)\.(\d+)(\.\d+)?", python.strip())
    if match is None:
        raise BadRequestError(f"a Python version must be like 3.11, but is {python!r}")
    numbers = int(match[1]), int(match[2])
    if numbers < OLDEST or numbers[0] > 3:
        raise BadRequestError(f"Mattebridge runs in hosts with Python 3.9 or newer, not {python}")
    name = host_platform or this_platform()
    if name not in _PLATFORMS:
        raise unknown_name("platform", name, PLATFORMS)
    return Target(f"{numbers[0]}.{numbers[1]}", name)


def default_pythons(host: str) -> tuple[str, ...]:
    """For Nuke those of all its versions; for Resolve, which takes the machine's, the one this runs under."""
    return NUKE_PYTHONS if host == "nuke" else (f"{sys.version_info[0]}.{sys.version_info[1]}",)


def interpreter(version: str) -> Optional[str]:
    """An interpreter of a version on this machine: this one, one on the path, Windows' launcher's, or pyenv's."""
    if version == f"{sys.version_info[0]}.{sys.version_info[1]}":
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = [shutil.which(f"python{version}"), *map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python")))]
    launcher = shutil.which("py") if sys.platform == "win32" else None
    if launcher:
        found.append(_asked([launcher, f"-{version}"], "import sys; print(sys.executable)"))
    # What is on the path may be a shim that only says where the interpreter is not.
    asks = "import sys; print('%d.%d' % sys.version_info[:2])"
    return next((one for one in found if one and _asked([one], asks) == version), None)


def _asked(command: list[str], code: str) -> Optional[str]:
    try:
        asked = subprocess.run([*command, "-I", "-c", code], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return asked.stdout.strip() if asked.returncode == 0 else None
