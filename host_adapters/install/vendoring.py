"""The packages that a host's Python needs, fetched as wheels and unpacked, without running that Python."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from email.parser import HeaderParser
from importlib import metadata
from pathlib import Path
from typing import Optional

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bridge.errors import DownloadError
from bridge.version import SOFTWARE
from host_adapters.install.targets import Target

_COMMAND_LINE_ONLY = ("click", "rich", "packaging")
"""Dependencies of this project that a host does without."""


def requirements(target: Target) -> list[Requirement]:
    """What this project needs in a host with that Python, read from its own description."""
    try:
        own = metadata.requires(SOFTWARE) or []
    except metadata.PackageNotFoundError:
        raise DownloadError(
            "Mattebridge itself is not installed here, so its needs are not known: pip install it"
        ) from None
    wanted = [one for one in map(Requirement, own) if canonicalize_name(one.name) not in _COMMAND_LINE_ONLY]
    return [one for one in wanted if one.marker is None or one.marker.evaluate(target.markers)]


def vendor(target: Target, folder: Path, scratch: Path, wheels: Optional[Path] = None) -> dict[str, str]:
    """Fetch and unpack what a host's Python needs.

    Args:
        target: The host's Python.
        folder: Where packages are unpacked; made.
        scratch: An empty folder of our own for the wheels.
        wheels: A folder with wheels, where there is no network or none shall be used.

    Returns:
        Versions by package name.

    Raises:
        DownloadError: a wheel is missing, or the index does not answer.
    """
    if importlib.util.find_spec("pip") is None:
        raise DownloadError(f"pip is not installed for {sys.executable}; run: {sys.executable} -m ensurepip")
    source = [] if wheels is None else ["--no-index", "--find-links", str(wheels)]
    fits = ["--only-binary=:all:", "--no-deps", "--implementation", "cp", "--python-version", target.python]
    fits += [word for tag in target.tags for word in ("--platform", tag)]
    scratch.mkdir(parents=True, exist_ok=True)
    versions: dict[str, str] = {}
    needed = requirements(target)
    while needed:
        _pip(["download", "--dest", str(scratch), *fits, *source, *map(_plain, needed)], target, wheels)
        # pip itself would judge markers by the Python it runs under, not by the host's.
        versions, further = _looked_through(scratch, target)
        needed = [one for one in further if canonicalize_name(one.name) not in versions]
    files = [str(path) for path in sorted(scratch.glob("*.whl"))]
    _pip(["install", "--no-index", "--no-compile", "--target", str(folder), *fits, *files], target, wheels)
    return versions


def _plain(one: Requirement) -> str:
    return f"{one.name}{one.specifier}"


def _looked_through(scratch: Path, target: Target) -> tuple[dict[str, str], list[Requirement]]:
    """Versions of the wheels in a folder, and what these need in turn."""
    versions: dict[str, str] = {}
    further: list[Requirement] = []
    for path in sorted(scratch.glob("*.whl")):
        with zipfile.ZipFile(path) as archive:
            name = next(one for one in archive.namelist() if one.endswith(".dist-info/METADATA"))
            head = HeaderParser().parsestr(archive.read(name).decode("utf-8"))
        versions[canonicalize_name(head["Name"])] = head["Version"]
        needs = [Requirement(text) for text in head.get_all("Requires-Dist") or []]
        further += [one for one in needs if one.marker is None or one.marker.evaluate(target.markers)]
    return versions, further


def _pip(words: list[str], target: Target, wheels: Optional[Path]) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", *words]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return
    errors = [line.partition("ERROR: ")[2] for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
    reason = errors[-1] if errors else (done.stderr.strip().splitlines() or ["no word"])[-1]
    where = f"in {wheels}" if wheels else "from pip's index"
    other = (
        "put wheels for that Python and platform there"
        if wheels
        else "without a network, fetch them elsewhere with pip download and name their folder with --wheels"
    )
    raise DownloadError(
        f"packages for Python {target.python} on {target.platform} cannot be had {where}: {reason}. Nothing was "
        f"installed; {other}"
    )
