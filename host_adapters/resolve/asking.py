"""The same as the window by questions, for consoles of editions that open no windows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from host_adapters.resolve.plan import Route
from host_adapters.resolve.run import Report, run
from host_adapters.resolve.selection import Scope
from host_adapters.resolve.window import ROUTES, SCOPES

Ask = Callable[[str], str]
"""Asks a question and hands the answer back: `input`."""


def ask_and_run(script_globals: Mapping[str, Any] | None = None, ask: Ask = input) -> Report:
    """Ask what is wanted, and do it. An empty answer takes what stands first.

    Raises:
        MattebridgeError: nothing could be done.
    """
    scope = _choice(ask, "Which clips?", list(Scope), SCOPES)
    track = int(ask("Which video track? [1] ") or 1) if scope is Scope.TRACK else None
    route = _choice(ask, "How shall mattes come in?", list(ROUTES), ROUTES)
    assert isinstance(scope, Scope)
    assert isinstance(route, Route)
    categories = ask("Which categories, for example person, sky? [all] ").strip()
    model = ask("Which model? [embedded] ").strip()
    values: dict[str, Any] = {
        name: value for name, value in (("categories", categories), ("model", model)) if value
    }
    return run(scope.value, route.value, track=track, script_globals=script_globals, **values)


def _choice(ask: Ask, question: str, values: list[Any], labels: Mapping[Any, str]) -> Any:
    """One of several, by its number; asked again until it is one."""
    lines = [f"  {i} {labels[value]}" for i, value in enumerate(values, 1)]
    while True:
        answer = ask("\n".join([question, *lines, "[1] "])).strip() or "1"
        if answer.isdigit() and 1 <= int(answer) <= len(values):
            return values[int(answer) - 1]
