"""Whether an installation is whole and works: what ``mattebridge doctor --host`` tells."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Optional

from bridge import installed
from bridge.checks import Check
from bridge.errors import MattebridgeError
from bridge.launch import private_worker
from bridge.version import version
from host_adapters.install import block, receipt
from host_adapters.install.places import Place, place
from host_adapters.install.planning import vendor_folder
from host_adapters.install.receipt import Packages, Receipt
from host_adapters.install.targets import interpreter, this_platform

_IMPORTS = {"pyzmq": "zmq", "msgpack": "msgpack", "msgspec": "msgspec", "fileseq": "fileseq"}
"""Modules of the packages without which the bridge does not load."""


def check_nuke(into: Optional[str] = None) -> list[Check]:
    """The checks of an installation for Nuke, in its folder or the user's."""
    return check(place("nuke", into=Path(into) if into else None))


def check_resolve(into: Optional[str] = None) -> list[Check]:
    """The checks of an installation for Resolve, in its folder or the user's."""
    return check(place("resolve", into=Path(into) if into else None))


def check(where: Place) -> list[Check]:
    """Every check of an installation, each with what to do where it fails."""
    again = f"mattebridge install {where.host}"
    try:
        found = receipt.read(where.root)
    except MattebridgeError as err:
        return [Check("adapter", False, str(err), again)]
    if found is None:
        return [Check("adapter", False, f"nothing is installed in {where.root}", again)]
    same = found.version == version()
    checks = [
        Check(
            "adapter",
            same,
            f"{found.version} in {where.root}" + ("" if same else f", but this is {version()}"),
            "" if same else again,
        ),
        _files(where, found, again),
        _hook(where, found, again),
    ]
    checks += [_packages(where, python, packages, again) for python, packages in found.pythons.items()]
    checks.append(_worker(where, again))
    return checks


def _files(where: Place, found: Receipt, again: str) -> Check:
    there = receipt.digests(where.root)
    wrong = [f"{name} is {'changed' if name in there else 'missing'}"
             for name, digest in found.files.items() if there.get(name) != digest]  # fmt: skip
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        return Check("files", False, ", ".join(wrong[:3]) + more, again)
    return Check("files", True, f"all {len(found.files)} as they were installed")


def _hook(where: Place, found: Receipt, again: str) -> Check:
    name = "init.py" if where.host == "nuke" else "menu entry"
    if not where.hook.is_file():
        return Check(name, False, f"{where.hook} is missing, so the host does not find the adapter", again)
    if where.host == "nuke":
        text = where.hook.read_bytes()
        try:
            lies = block.find(text, where.hook)
        except MattebridgeError as err:
            return Check(name, False, str(err), again)
        if lies is None or text[lies.begin : lies.end] != block.lines(text):
            return Check(name, False, f"{where.hook} does not hold the lines that name the adapter", again)
    elif receipt.sha256(where.hook) != found.hook:
        return Check(name, False, f"{where.hook} is not the script that was installed", f"move it, then {again}")
    return Check(name, True, str(where.hook))


def _packages(where: Place, python: str, packages: Packages, again: str) -> Check:
    """Import them as the host would, in an interpreter of that version that has nothing else."""
    name = f"Python {python}"
    told = ", ".join(f"{package} {number}" for package, number in packages.versions.items())
    try:
        here = this_platform()
    except MattebridgeError:
        here = ""
    if packages.platform != here:
        return Check(name, None, f"{told} for {packages.platform}: cannot be tried on this machine")
    runs = interpreter(python)
    if runs is None:
        return Check(name, None, f"{told}; no Python {python} was found here to try them with")
    code = (
        f"import sys; sys.path[:0] = {[str(where.root / vendor_folder(python)), str(where.root)]!r}; "
        f"import {', '.join(_IMPORTS.values())}, bridge, host_adapters.{where.host}; "
        "sys.exit('numpy' in sys.modules or 'torch' in sys.modules)"
    )
    # Isolated and without site-packages: only what was installed counts. Nothing is compiled into the folder.
    try:
        tried = subprocess.run([runs, "-I", "-S", "-B", "-c", code], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as err:
        return Check(name, None, f"{told}; {runs} did not answer: {err}")
    if tried.returncode:
        word = (tried.stderr.strip().splitlines() or ["numpy or torch was loaded"])[-1]
        return Check(
            name, False, f"{word} (tried with {runs})", f"{again} --uninstall, then {again} --host-python {python}"
        )
    return Check(name, True, f"{told}; tried with {runs}")


def _worker(where: Place, again: str) -> Check:
    python = installed.worker_python(where.root)
    name = "worker"
    advice = f"{again} --worker-python <the Python that has mattebridge[worker]>"
    if python is None:
        return Check(
            name, False, "no Python with the worker is named; the host can only use one that runs", advice
        )
    if not Path(python).is_file():
        return Check(name, False, f"{python} is not there", advice)
    try:
        with private_worker(python=python, say=lambda _: None) as client:
            reply = client.describe()
    except MattebridgeError as err:
        return Check(name, False, f"{python} does not start one: {err}", advice)
    if reply.version != version():
        return Check(name, False, f"{python} starts version {reply.version}, but this is {version()}", advice)
    return Check(name, True, f"{python} starts one, on {reply.device}")
