"""Finding Resolve's scripting object: inside Resolve, or from outside through its module.

Inside, Resolve puts ``resolve``, ``app``, ``fusion`` and ``bmd`` among a script's globals. From outside the module
``DaVinciResolveScript`` is searched where each system has it; because its ``scriptapp`` can crash the interpreter
where no Resolve runs, the list of processes is looked at first.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from host_adapters.resolve.calls import attempt
from host_adapters.resolve.editions import Edition, read_edition
from host_adapters.resolve.errors import HostUnavailableError

MODULE = "DaVinciResolveScript"
API_VARIABLE = "RESOLVE_SCRIPT_API"
LIBRARY_VARIABLE = "RESOLVE_SCRIPT_LIB"

_PROCESSES_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Host:
    """A Resolve that answers."""

    resolve: Any
    """The scripting object."""
    edition: Edition
    fusion: Any = None
    """The Fusion object, which opens windows; None where there is none."""
    bmd: Any = None
    """The module that makes a window's dispatcher; None outside Resolve where it was not found."""


@dataclass(frozen=True)
class Places:
    """Where a system keeps Resolve's scripting module and its library."""

    api: tuple[str, ...]
    """Candidates for `API_VARIABLE`; the module lies in ``Modules`` below."""
    library: tuple[str, ...]
    """Candidates for `LIBRARY_VARIABLE`."""
    process: tuple[str, ...]
    """Names of Resolve's process, lower case."""


def places(platform: str = sys.platform, env: Mapping[str, str] | None = None) -> Places:
    """Where Resolve keeps its scripting API on a system.

    Args:
        platform: As `sys.platform`.
        env: The environment; None for this process's.
    """
    env = os.environ if env is None else env
    if platform == "darwin":
        return Places(
            ("/Library/Application Support/Blackmagic Design/DaVinci Resolve/Developer/Scripting",),
            ("/Applications/DaVinci Resolve/DaVinci Resolve.app/Contents/Libraries/Fusion/fusionscript.so",),
            ("resolve",),
        )
    if platform.startswith("win"):
        data = env.get("PROGRAMDATA", r"C:\ProgramData")
        programs = env.get("PROGRAMFILES", r"C:\Program Files")
        return Places(
            (rf"{data}\Blackmagic Design\DaVinci Resolve\Support\Developer\Scripting",),
            (rf"{programs}\Blackmagic Design\DaVinci Resolve\fusionscript.dll",),
            ("resolve.exe",),
        )
    roots = ("/opt/resolve", "/home/resolve")
    return Places(
        tuple(f"{root}/Developer/Scripting" for root in roots),
        tuple(f"{root}/libs/Fusion/fusionscript.so" for root in roots),
        ("resolve",),
    )


def find_host(script_globals: Mapping[str, Any] | None = None) -> Host:
    """Find a running Resolve and check what it is.

    Args:
        script_globals: The globals of the script that Resolve runs; None where none does.

    Raises:
        HostUnavailableError: no Resolve can be reached; the message says why and what to do.
        EditionError: it is one that cannot be worked with.
    """
    given = script_globals or {}
    resolve = _inside(given)
    if resolve is not None:
        edition = read_edition(resolve, inside=True)
        fusion = next((given[name] for name in ("fusion", "fu") if given.get(name) is not None), None)
        return Host(resolve, edition, _fusion(resolve) if fusion is None else fusion, given.get("bmd"))
    module = load_module()
    if not is_running():
        raise HostUnavailableError("no DaVinci Resolve runs on this machine; start it and open a project")
    resolve = module.scriptapp("Resolve")
    if resolve is None:
        raise HostUnavailableError(
            "Resolve runs but takes no scripts from outside. That needs DaVinci Resolve Studio, and Preferences > "
            "System > General > External scripting using: Local. In the free edition run Mattebridge from "
            "Workspace > Scripts"
        )
    return Host(resolve, read_edition(resolve, inside=False), _fusion(resolve), module)


def _inside(given: Mapping[str, Any]) -> Any:
    """The scripting object among a script's globals; None where it is not there."""
    if given.get("resolve") is not None:
        return given["resolve"]
    found = attempt(given.get("app"), "GetResolve")
    return attempt(given.get("bmd"), "scriptapp", "Resolve") if found is None else found


def _fusion(resolve: Any) -> Any:
    return attempt(resolve, "Fusion")


def load_module(
    platform: str = sys.platform,
    env: Mapping[str, str] | None = None,
    load: Callable[[str], Any] = importlib.import_module,
) -> Any:
    """Import Resolve's scripting module; the variables it needs are set where they are not.

    Raises:
        HostUnavailableError: it is nowhere, or does not load; the message lists where was looked.
    """
    known = places(platform, env)
    env = os.environ if env is None else env
    api = [env[API_VARIABLE]] if env.get(API_VARIABLE) else list(known.api)
    # The module reads the variable when it is imported, and without it knows one place only.
    if not env.get(LIBRARY_VARIABLE):
        library = next((path for path in known.library if Path(path).exists()), None)
        if library is not None:
            os.environ[LIBRARY_VARIABLE] = library
    for folder in api:
        modules = str(Path(folder) / "Modules")
        if modules not in sys.path:
            sys.path.append(modules)
    try:
        return load(MODULE)
    except ImportError as err:
        raise HostUnavailableError(
            f"Resolve's scripting module {MODULE} cannot be loaded ({err}). It was looked for in "
            f"{', '.join(api)}. Install DaVinci Resolve Studio on this machine, or set {API_VARIABLE} and "
            f"{LIBRARY_VARIABLE}; it needs a 64-bit Python that is installed for all users"
        ) from None


def is_running(platform: str = sys.platform, list_processes: Callable[[], list[str]] | None = None) -> bool:
    """Whether a Resolve runs on this machine. True where the processes cannot be listed."""
    names = (list_processes or (lambda: _processes(platform)))()
    wanted = places(platform).process
    return not names or any(name.lower() in wanted for name in names)


def _processes(platform: str) -> list[str]:
    """Names of the processes of this machine; empty where they cannot be listed."""
    command = ["tasklist", "/FO", "CSV", "/NH"] if platform.startswith("win") else ["ps", "-A", "-o", "comm="]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_PROCESSES_TIMEOUT_S, check=False, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    if platform.startswith("win"):
        return [line.split('","')[0].strip('"') for line in lines]
    return [line.rsplit("/", 1)[-1] for line in lines]
