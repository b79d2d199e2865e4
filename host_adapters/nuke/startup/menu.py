"""Nuke runs this after init.py, in the user interface only, where NUKE_PATH names this folder."""

import nuke

try:
    from host_adapters.nuke import menu as _mattebridge_menu

    _mattebridge_menu.install()
except Exception as err:  # noqa: BLE001 - whatever is wrong with us, Nuke has to start
    nuke.tprint(f"Mattebridge is not available: {type(err).__name__}: {err}")
