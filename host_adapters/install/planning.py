"""What an installation is going to write, looked at before anything is written."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from packaging.utils import canonicalize_name

import bridge
import host_adapters
from bridge import installed
from bridge.errors import BadRequestError, OutputError
from bridge.version import version
from host_adapters.install import block, receipt
from host_adapters.install.places import Place
from host_adapters.install.receipt import Receipt
from host_adapters.install.targets import Target, default_pythons, target
from host_adapters.install.vendoring import requirements

_LEFT_OUT = {("bridge", "cli")}
"""A host has no command line."""

INSTALLED_LINE = b'_INSTALLED = ""'
"""In the script for Resolve's menu; the installer writes the folder of the packages there."""


@dataclass(frozen=True)
class Plan:
    """One installation that can be carried out."""

    place: Place
    targets: tuple[Target, ...]
    """The Pythons that get packages."""
    kept: frozenset[str]
    """Versions of those whose packages are there already and still fit."""
    wheels: Optional[Path]
    """Where wheels come from; None for pip's index."""
    worker_python: Optional[str]
    """The Python that has the worker; None where none is known."""
    former: Optional[Receipt]
    """What is installed there now."""
    sources: dict[str, Path]
    """Files of this project by path below the installation's folder."""
    hook: bytes
    """The whole new content of the file that makes the host find it."""
    hook_is_new: bool
    newline_added: bool


def vendor_folder(python: str) -> str:
    """Where packages for a Python lie, below the installation's folder; the start-up files look there."""
    return f"vendor/python{python}"


def make_plan(
    place: Place,
    *,
    pythons: Iterable[str] = (),
    platform: Optional[str] = None,
    wheels: Optional[Path] = None,
    worker_python: Optional[str] = None,
) -> Plan:
    """Look at what is there and at what is wished for; writes nothing.

    Args:
        place: Where to install.
        pythons: Python versions of the host, as ``3.11``; none for those the host is known to have. Those that are
            installed already are kept beside them.
        platform: One of `targets.PLATFORMS`; None for this machine's.
        wheels: A folder with wheels, where there is no network.
        worker_python: The Python that has the worker; None for this one, if it has.

    Raises:
        BadRequestError: a wish that cannot be.
        OutputError: something of the user's own lies where the installation would.
    """
    if wheels is not None and not any(wheels.glob("*.whl")):
        raise BadRequestError(f"{wheels} holds no wheels; fetch them with pip download")
    before = place.root if place.root.exists() or not place.former.exists() else place.former
    former = receipt.read(before)
    _refuse_foreign(before, former)
    asked = list(pythons) or ([] if former else list(default_pythons(place.host)))
    wanted = {one.python: one for one in (target(text, platform) for text in asked)}
    for known, packages in (former.pythons if former else {}).items():
        wanted.setdefault(known, target(known, platform or packages.platform))
    hook, is_new, newline = _hook(place, former)
    return Plan(
        place,
        tuple(sorted(wanted.values(), key=lambda one: tuple(map(int, one.python.split("."))))),
        frozenset(v for v, one in wanted.items() if former and _still_fits(former, one, before)),
        wheels,
        _worker(worker_python) or installed.worker_python(before),
        former,
        _sources(place.host),
        hook,
        is_new,
        newline,
    )


def _sources(host: str) -> dict[str, Path]:
    """The bridge, and the adapter of one host."""
    own, adapters = Path(bridge.__file__).parent, Path(host_adapters.__file__).parent
    files = [("bridge", own, path) for path in own.rglob("*")]
    files += [("host_adapters", adapters, path) for path in adapters.glob("*")]
    files += [("host_adapters", adapters, path) for path in (adapters / host).rglob("*")]
    found: dict[str, Path] = {}
    for name, folder, path in files:
        parts = (name, *path.relative_to(folder).parts)
        if path.is_file() and "__pycache__" not in parts and parts[:2] not in _LEFT_OUT:
            found["/".join(parts)] = path
    if host == "resolve":
        # Beside the packages, so that the menu shows one entry only.
        found["mattebridge_resolve.py"] = found.pop("host_adapters/resolve/scripts/mattebridge_resolve.py")
    return found


def _refuse_foreign(root: Path, former: Optional[Receipt]) -> None:
    if not root.exists():
        return
    if former is None:
        raise OutputError(f"{root} is there, but was not made by this installer; move it elsewhere first")
    foreign = [name for name in receipt.digests(root) if name not in former.files]
    if foreign:
        raise OutputError(
            f"{root} holds files that were not installed: {', '.join(foreign[:5])}; move them "
            "elsewhere, they would be lost"
        )


def _hook(place: Place, former: Optional[Receipt]) -> tuple[bytes, bool, bool]:
    """The new content of the hook's file, whether the file is new, and whether the last line had to be ended."""
    path = place.hook
    present = path.read_bytes() if path.exists() else None
    if place.host == "nuke":
        text, newline = block.added(present or b"", path)
        if former and present is not None and block.find(present, path):
            return text, former.hook_is_new, former.newline_added
        return text, present is None, newline
    script = Path(host_adapters.__file__).parent / "resolve" / "scripts" / path.name
    source = script.read_bytes()
    if source.count(INSTALLED_LINE) != 1:
        raise OutputError(f"{script} is damaged; install Mattebridge itself again")
    ours = source.replace(INSTALLED_LINE, f"_INSTALLED = {str(place.root)!a}".encode("ascii"))
    by_hand = [path.parent / name for name in ("mattebridge_resolve.py", place.root.name)]
    for one in by_hand:
        if one.exists():
            raise OutputError(f"{one} was put there by hand and would go first; move it elsewhere")
    if present not in (None, ours, source) and not (former and receipt.sha256(path) == former.hook):
        raise OutputError(f"{path} is there and was not made, or was changed since; move it elsewhere")
    return ours, present is None if not former else former.hook_is_new or present is None, False


def _still_fits(former: Receipt, wanted: Target, root: Path) -> bool:
    packages = former.pythons.get(wanted.python)
    if packages is None or packages.platform != wanted.platform:
        return False
    has = packages.versions
    needs = [(canonicalize_name(one.name), one.specifier) for one in requirements(wanted)]
    if any(name not in has or not specifier.contains(has[name]) for name, specifier in needs):
        return False
    folder = vendor_folder(wanted.python) + "/"
    files = {name: digest for name, digest in former.files.items() if name.startswith(folder)}
    return bool(files) and all(
        (root / name).is_file() and receipt.sha256(root / name) == digest for name, digest in files.items()
    )


def _worker(named: Optional[str]) -> Optional[str]:
    """The Python with the worker that was named, or this one if it has it."""
    if named is None:
        here = importlib.util.find_spec("worker") and importlib.util.find_spec("torch")
        return sys.executable if here else None
    named = os.path.abspath(shutil.which(named) or named)  # noqa: PTH100 - a venv's Python is a link, and stays one
    code = "import importlib.util as u, sys; sys.exit(not (u.find_spec('worker') and u.find_spec('torch')))"
    try:
        # Not from this folder: a checkout would stand for an environment in which nothing is installed.
        has = subprocess.run([named, "-I", "-c", code], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired) as err:
        raise BadRequestError(f"{named} cannot be run as a Python: {err}") from None
    if not has:
        raise BadRequestError(f"{named} has no worker; run: {named} -m pip install 'mattebridge[worker]'")
    return named


def describe(plan: Plan) -> list[str]:
    """The plan in lines, for ``--dry-run``."""
    place = plan.place
    lines = [f"{place.root}: {len(plan.sources)} files of Mattebridge {version()} for {place.host}"]
    for one in plan.targets:
        if one.python in plan.kept:
            lines.append(f"{place.root / vendor_folder(one.python)}: stays as it is")
            continue
        where = plan.wheels or "pip's index"
        names = ", ".join(f"{need.name}{need.specifier}" for need in requirements(one))
        lines.append(f"{place.root / vendor_folder(one.python)}: {names} for {one.platform}, from {where}")
    lines.append(
        f"{place.root / installed.WORKER_FILE}: the worker's Python, {plan.worker_python or 'none is known'}"
    )
    if place.host == "nuke":
        state = (
            "a new file" if plan.hook_is_new and not place.hook.exists() else "the rest of the file is not touched"
        )
        lines.append(f"{place.hook} ({state}):")
        lines += [f"    {line}" for line in block.lines(b"").decode("ascii").splitlines()]
    else:
        lines.append(f"{place.hook}: the entry in Workspace > Scripts")
    return lines
