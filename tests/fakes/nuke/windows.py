"""What an artist sees: progress windows, menus, panels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.nuke.knobs import Knob

if TYPE_CHECKING:
    from tests.fakes.nuke.session import FakeNuke


class ProgressTask:
    """A progress window; it is there for as long as the object is."""

    def __init__(self, nuke: FakeNuke, name: str) -> None:
        self._nuke, self.name = nuke, name
        self.percent = 0
        self.said: list[str] = []

    def setProgress(self, percent: int) -> None:
        assert isinstance(percent, int), "whole per cent only"
        self.percent = percent

    def setMessage(self, text: str) -> None:
        self.said.append(text)

    def isCancelled(self) -> bool:
        return self._nuke.cancel_at is not None and self.percent >= self._nuke.cancel_at


class Menu:
    """A menu and its commands."""

    def __init__(self) -> None:
        self.menus: dict[str, Menu] = {}
        self.commands: dict[str, str] = {}

    def addMenu(self, name: str) -> Menu:
        return self.menus.setdefault(name, Menu())

    def addCommand(self, name: str, command: str, **_: Any) -> None:
        self.commands[name] = command


class FakeScripts:
    """The module `nukescripts`: panels that a test fills in."""

    def __init__(self) -> None:
        self.typed: dict[str, Any] = {}
        self.confirms = True
        self.shown: list[dict[str, Knob]] = []
        outer = self

        class PythonPanel:
            def __init__(self, title: str = "", panel_id: str = "") -> None:
                self.knobs: dict[str, Knob] = {}

            def addKnob(self, knob: Knob) -> None:
                self.knobs[knob.name()] = knob

            def showModalDialog(self) -> bool:
                outer.shown.append(self.knobs)
                for name, value in outer.typed.items():
                    self.knobs[name].setValue(value)
                return outer.confirms

        self.PythonPanel = PythonPanel
