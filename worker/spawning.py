"""Processes of one's own that begin anew, and what that demands of a script that runs the engine itself.

A spawned process reads the main script before its first task. Where that script begins its work at once, and not
below a guard, each process would begin it once more.
"""

from __future__ import annotations

import ast
import multiprocessing
import sys
from multiprocessing.context import SpawnContext
from pathlib import Path

NEEDS_GUARD = (
    "a script that makes mattes in its own process has to begin its work below "
    '`if __name__ == "__main__":`, because the processes that help it read the script too'
)


def spawn_context() -> SpawnContext:
    """What starts processes; they are spawned and not forked: torch's threads do not survive a fork."""
    check_guard()
    return multiprocessing.get_context("spawn")


def check_guard() -> None:
    """End this process, with a line that says why, where it is a spawned one that still reads the main script."""
    # The mark by which Python itself refuses to start processes then.
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise SystemExit(f"error: {NEEDS_GUARD}")


def is_guarded() -> bool:
    """Whether the main script asks for its name; True where there is none, or none that can be read."""
    path = getattr(sys.modules.get("__main__"), "__file__", None)
    try:
        tree = ast.parse(Path(path).read_bytes()) if path else None
    except (OSError, SyntaxError, ValueError):
        return True
    return tree is None or any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(tree))
