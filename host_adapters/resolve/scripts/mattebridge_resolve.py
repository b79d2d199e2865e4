"""Mattebridge in Resolve: for its console and for scripts of one's own.

In the console (Workspace > Console, Py3)::

    import mattebridge_resolve
    mattebridge_resolve.run("playhead", "fusion", categories="person, sky")
    mattebridge_resolve.ask()        # the same by questions
    mattebridge_resolve.window()     # the window, where the edition has windows

Needs nothing but the standard library until it has found the bridge, which the installer puts beside it. Written
for Python 3.6, the oldest that Resolve runs, so that an old one can be told that it is.
"""

import os
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Optional

PACKAGES_VARIABLE = "MATTEBRIDGE_RESOLVE_PACKAGES"
"""Environment variable with the folder that holds the bridge and what it needs."""

PACKAGES = "mattebridge_packages"
"""Name of that folder where an installer made it, beside this file or up to three folders above."""

NEEDED = (3, 9)


def find_packages(here: Optional[str] = None) -> Optional[str]:
    """The folder that holds the bridge; None where it is importable as it is, or nowhere to be found."""
    named = os.environ.get(PACKAGES_VARIABLE)
    if named:
        return named
    # Scripts that Resolve runs from its menu do not always know their own file.
    for start in filter(None, (here, globals().get("__file__"), sys.argv[0] if sys.argv else None)):
        for folder in list(Path(start).absolute().parents)[:4]:
            if (folder / PACKAGES).is_dir():
                return str(folder / PACKAGES)
    return None


def load(here: Optional[str] = None) -> Any:
    """Import the adapter, and say in words what is missing where it cannot be.

    Raises:
        RuntimeError: this Python is too old, or the bridge is not installed for it.
    """
    version = sys.version.split()[0]
    if tuple(sys.version_info[:2]) < NEEDED:
        raise RuntimeError(
            f"Mattebridge needs Python {NEEDED[0]}.{NEEDED[1]} or newer in Resolve, this is {version}. Install a "
            "newer Python for all users and start Resolve anew"
        )
    packages = find_packages(here)
    if packages:
        vendor = Path(packages) / "vendor" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
        # First: a newer or older library of the same name elsewhere must not get in between.
        for folder in (packages, str(vendor)):
            if folder not in sys.path and Path(folder).is_dir():
                sys.path.insert(0, folder)
    try:
        import host_adapters.resolve
    except ImportError as err:
        raise RuntimeError(
            f"Mattebridge is not installed for this Python ({version}, {sys.executable}): {err}. Run: "
            f"mattebridge install resolve --host-python {sys.version_info[0]}.{sys.version_info[1]}"
        ) from None
    return host_adapters.resolve


def _caller() -> Dict[str, Any]:
    """The globals that Resolve gives to the script or the console."""
    main = sys.modules.get("__main__")
    return dict(vars(main)) if main is not None else {}


def run(
    scope: str = "playhead", route: str = "fusion", script_globals: Optional[Dict[str, Any]] = None, **wishes: Any
) -> Any:
    """Make mattes and bring them in; prints what happens. See `host_adapters.resolve.run` for every wish."""
    adapter = load()
    return _told(lambda: adapter.run(scope, route, script_globals=script_globals or _caller(), **wishes))


def ask(script_globals: Optional[Dict[str, Any]] = None) -> Any:
    """The same by questions at the console."""
    load()
    from host_adapters.resolve.asking import ask_and_run

    return _told(lambda: ask_and_run(script_globals or _caller()))


def window(script_globals: Optional[Dict[str, Any]] = None) -> None:
    """Open the window; in an edition without windows say what to do instead."""
    load()
    from host_adapters.resolve.window import open_window

    _told(lambda: open_window(script_globals or _caller()))


def _told(do: Callable[[], Any]) -> Any:
    """Errors of ours are sentences, not tracebacks."""
    from bridge.errors import MattebridgeError

    try:
        return do()
    except MattebridgeError as err:
        print(f"Mattebridge: {err}")
        return None
