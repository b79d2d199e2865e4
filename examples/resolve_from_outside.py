"""Mattes for the open timeline of DaVinci Resolve Studio, from a terminal.

Resolve runs on this machine and takes scripts from outside (Preferences > System > General).

Usage: python examples/resolve_from_outside.py [playhead|selection|track|marked|timeline] [ROUTE] [CATEGORIES]
"""

from __future__ import annotations

import sys

from bridge.errors import MattebridgeError
from host_adapters.resolve import run


def main(scope: str = "playhead", route: str = "fusion", categories: str = "person, sky") -> int:
    """Run once; the exit code is that of `mattebridge export`."""
    try:
        return 0 if run(scope, route, categories=categories).ok else 1
    except MattebridgeError as err:
        print(f"error: {err}", file=sys.stderr)
        return err.exit_code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
