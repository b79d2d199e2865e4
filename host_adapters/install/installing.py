"""Carry an installation out, whole or not at all; and take one out again."""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Callable

from bridge import installed
from bridge.errors import BadRequestError, OutputError
from bridge.files import write_whole
from bridge.version import SOFTWARE, version
from host_adapters.install import block, receipt
from host_adapters.install.places import Place
from host_adapters.install.planning import Plan, vendor_folder
from host_adapters.install.receipt import Packages, Receipt
from host_adapters.install.vendoring import vendor

Say = Callable[[str], None]

_ABANDONED_AFTER_S = 3600.0


def carry_out(plan: Plan, say: Say) -> bool:
    """Install what was planned. Where it fails, or is interrupted, everything is as it was.

    Args:
        plan: From `planning.make_plan`.
        say: Told what is done, in one line each.

    Returns:
        False where everything was there already.

    Raises:
        OutputError: a folder or file cannot be written.
        DownloadError: packages cannot be had.
    """
    place = plan.place
    staging = place.staging.with_name(f"{place.staging.name}-{secrets.token_hex(4)}")
    made: list[Path] = []
    done = False
    try:
        with _as_output_error(place):
            _recover(place)
            made += _make_folders(place.folder) + _make_folders(place.hook.parent)
            staging.mkdir()
            root = staging / "root"
            pythons = _fill(plan, root, staging, say)
            files = receipt.digests(root)
            earlier = plan.former.folders_made if plan.former else []
            written = Receipt(
                place.host,
                version(),
                files,
                pythons,
                None if place.host == "nuke" else _digest(plan.hook, staging),
                plan.hook_is_new,
                plan.newline_added,
                [*earlier, *(str(path) for path in made)],
            )
            if plan.former and plan.former == written and receipt.digests(place.root) == files and _hooked(plan):
                done = True
                return False
            receipt.write(root, written)
            _swap(plan, root)
            done = True
            return True
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        for path in reversed(made) if not done else ():
            with contextlib.suppress(OSError):
                path.rmdir()


@contextmanager
def _as_output_error(place: Place) -> Iterator[None]:
    try:
        yield
    except OSError as err:
        reason = f"{err.strerror}: {err.filename}" if err.filename else str(err)
        raise OutputError(
            f"cannot change what lies in {place.folder}: {reason}. Everything is as it was; if the host "
            "is running, close it, then try again"
        ) from None


def _recover(place: Place) -> None:
    """Put right what a run left that was killed."""
    if place.former.exists():
        if place.root.exists():
            shutil.rmtree(place.former)
        else:
            place.former.rename(place.root)
    for path in place.folder.glob(f"{place.staging.name}-*"):
        # A young one may be another installer at work.
        if path.stat().st_mtime < time.time() - _ABANDONED_AFTER_S:
            shutil.rmtree(path, ignore_errors=True)


def _make_folders(folder: Path) -> list[Path]:
    """Make a folder with those above it; returns those that were not there, outermost first."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _fill(plan: Plan, root: Path, scratch: Path, say: Say) -> dict[str, Packages]:
    """Write the whole installation into a folder that no host looks at; returns the packages by Python version."""
    for name, source in plan.sources.items():
        copy = root / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
    if plan.worker_python:
        (root / installed.WORKER_FILE).write_text(json.dumps({"python": plan.worker_python}), "utf-8")
    # By this the bridge knows its own version.
    about = root / f"{SOFTWARE}-{version()}.dist-info" / "METADATA"
    about.parent.mkdir()
    about.write_text(f"Metadata-Version: 2.1\nName: {SOFTWARE}\nVersion: {version()}\n", "utf-8")
    pythons: dict[str, Packages] = {}
    for one in plan.targets:
        folder = root / vendor_folder(one.python)
        if one.python in plan.kept and plan.former:
            shutil.copytree(
                plan.place.root / vendor_folder(one.python), folder, ignore=shutil.ignore_patterns("__pycache__")
            )
            pythons[one.python] = plan.former.pythons[one.python]
            continue
        say(f"fetching packages for Python {one.python} on {one.platform}")
        versions = vendor(one, folder, scratch / f"wheels-{one.python}", plan.wheels)
        pythons[one.python] = Packages(one.platform, versions)
    return pythons


def _digest(content: bytes, scratch: Path) -> str:
    (scratch / "hook").write_bytes(content)
    return receipt.sha256(scratch / "hook")


def _hooked(plan: Plan) -> bool:
    return plan.place.hook.is_file() and plan.place.hook.read_bytes() == plan.hook


def _swap(plan: Plan, root: Path) -> None:
    """Put the new installation in the place of the former, then its hook; both or neither."""
    place = plan.place
    had_former = place.root.exists()
    if had_former:
        place.root.rename(place.former)
    try:
        root.rename(place.root)
        _write_hook(place.hook, plan.hook)
    except BaseException:
        if place.root.exists():
            place.root.rename(root)
        if had_former:
            place.former.rename(place.root)
        raise
    shutil.rmtree(place.former, ignore_errors=True)


def _write_hook(path: Path, content: bytes) -> None:
    # A link stays a link: people keep their init.py in a repository.
    target = path.resolve()
    if target.exists():
        if target.read_bytes() == content:
            return
        mode = target.stat().st_mode
        write_whole(target, content)
        target.chmod(mode)
    else:
        write_whole(target, content)


def what_goes(place: Place) -> list[str]:
    """What `uninstall` would take out, in lines; BadRequestError where nothing is installed."""
    found = _installed(place)
    hook = "the lines between Mattebridge's marks" if place.host == "nuke" else "the entry in Workspace > Scripts"
    return [f"{place.hook}: {hook}", f"{place.root}: {len(found.files) + 1} files"]


def _installed(place: Place) -> Receipt:
    found = receipt.read(place.root)
    if found is None:
        raise BadRequestError(f"nothing is installed in {place.root} by this installer")
    return found


def uninstall(place: Place) -> list[Path]:
    """Take out exactly what was installed.

    Returns:
        What was left: files of others, and files of ours that were changed since.

    Raises:
        BadRequestError: nothing is installed there.
        OutputError: a file cannot be deleted; the same again goes on.
    """
    with _as_output_error(place):
        if place.former.exists():
            _recover(place)
        found = _installed(place)
        left = _unhook(place, found)
        for name, digest in found.files.items():
            path = place.root / name
            if path.is_file() and receipt.sha256(path) == digest:
                path.unlink()
        folders = sorted(
            (path for path in place.root.rglob("*") if path.is_dir()), key=lambda path: -len(path.parts)
        )
        for path in folders:
            # What Python compiled of our files is of no use without them.
            if path.name == "__pycache__":
                shutil.rmtree(path)
        left += [place.root / name for name in receipt.digests(place.root)]
        (place.root / receipt.RECEIPT).unlink()
        outside = [Path(text) for text in reversed(found.folders_made)]
        for path in [*folders, place.root, *outside]:
            # Those that still hold something stay.
            with contextlib.suppress(OSError):
                path.rmdir()
        return left


def _unhook(place: Place, found: Receipt) -> list[Path]:
    """Make the host find us no more; returns the hook where it is not ours any more."""
    path = place.hook
    if not path.is_file():
        return []
    if found.hook is not None:
        if receipt.sha256(path) != found.hook:
            return [path]
        path.unlink()
        return []
    text = path.read_bytes()
    rest = block.removed(text, path, newline_was_added=found.newline_added)
    if not rest and found.hook_is_new:
        path.unlink()
    elif rest != text:
        _write_hook(path, rest)
    return []
