"""Undo steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fakes.nuke.session import FakeNuke


class Undo:
    """``nuke.Undo``: what is done between begin and end is one step; cancel takes it back."""

    def __init__(self, nuke: FakeNuke) -> None:
        self._nuke = nuke
        self._open: list[tuple[str, Callable[[], None]]] = []

    def begin(self, name: str = "") -> None:
        self._nuke.touch()
        everything = [self._nuke.root_data, *self._nuke.root_data.every()]
        kept = [
            (data, list(data.children), list(data.inputs), data.name, dict(data.knobs),
             {key: (knob._value, list(knob._values)) for key, knob in data.knobs.items()})
            for data in everything
        ]  # fmt: skip

        def back() -> None:
            for data, children, inputs, old_name, knobs, values in kept:
                data.children, data.inputs, data.name, data.knobs = children, inputs, old_name, knobs
                data.deleted = False
                for key, (value, choices) in values.items():
                    knobs[key]._value, knobs[key]._values = value, choices

        self._open.append((name, back))

    def end(self) -> None:
        name, _ = self._open.pop()
        if not self._open:
            self._nuke.undo_steps.append(name)

    def cancel(self) -> None:
        self._open.pop()[1]()
