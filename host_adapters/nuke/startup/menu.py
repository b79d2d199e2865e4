"""Nuke runs this after init.py, in the user interface only, where NUKE_PATH names this folder."""

import sys

import nuke

try:
    from host_adapters.nuke import menu as _mattebridge_menu

    _mattebridge_menu.install()
except ImportError as err:
    _version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    nuke.tprint(
        f"Mattebridge is not available: {err}. For this Nuke's Python run: "
        f"mattebridge install nuke --host-python {_version}"
    )
except Exception as err:  # noqa: BLE001 - whatever is wrong with us, Nuke has to start
    nuke.tprint(f"Mattebridge is not available: {type(err).__name__}: {err}")
