"""Where tables go: as wide as a terminal is, and as wide as their words are where nobody folds them."""

from __future__ import annotations

import os

from rich.console import Console

_UNFOLDED = 10_000


def table_console() -> Console:
    """A console on stdout; in a pipe or a file no cell is cut or folded, whatever the terminal's width."""
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _UNFOLDED
    return console
