"""The fake UIManager: a window runs what the test says the person does, and is closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

KINDS = ("Window", "VGroup", "HGroup", "VGap", "HGap", "Label", "Button", "ComboBox", "LineEdit", "TextEdit",
         "CheckBox", "SpinBox", "DoubleSpinBox", "Slider", "Tree", "TabBar", "Stack")  # fmt: skip


class FakeElement:
    """A control: attributes by name, as Fusion's own."""

    def __init__(self, kind: str, attributes: dict[str, Any], children: Sequence[FakeElement]) -> None:
        self.__dict__.update(attributes)
        self.__dict__.setdefault("CurrentIndex", 0)
        self.kind, self.children, self.entries = kind, list(children), []  # type: ignore[var-annotated]

    def __getattr__(self, name: str) -> Any:
        return None

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value

    def AddItems(self, texts: Sequence[str]) -> None:
        self.entries += list(texts)

    def AddItem(self, text: str) -> None:
        self.entries.append(text)

    def Clear(self) -> None:
        self.entries.clear()
        self.CurrentIndex = 0

    @property
    def CurrentText(self) -> str:
        return self.entries[self.CurrentIndex] if self.entries else ""


class FakeUIManager:
    """Makes elements: ``ui.Label({"ID": ..}, [children])`` or ``ui.VGroup([children])``."""

    def __init__(self) -> None:
        self.windows: list[FakeWindow] = []
        self.person: Callable[[FakeWindow], None] = lambda window: None
        """What the person does once the window's loop runs; then it is closed."""
        self.meanwhile: Callable[[FakeWindow], None] = lambda window: None
        """What the person does while a handler works, where the handler lets him."""

    def __getattr__(self, kind: str) -> Any:
        if kind not in KINDS:
            return None

        def make(*args: Any) -> FakeElement:
            attributes: dict[str, Any] = {}
            children: list[FakeElement] = []
            for arg in args:
                if isinstance(arg, dict):
                    attributes.update(arg)
                else:
                    children += list(arg)
            return FakeElement(kind, attributes, children)

        return make


class _Handlers:
    """``win.On.Go.Clicked = handler``."""

    def __getattr__(self, name: str) -> Any:
        made = type("Events", (), {})()
        setattr(self, name, made)
        return made


class FakeWindow:
    """A window."""

    def __init__(self, attributes: dict[str, Any], children: Sequence[FakeElement]) -> None:
        self.attributes, self.children = attributes, list(children)
        self.On = _Handlers()
        self.shown = False

    def GetItems(self) -> dict[str, FakeElement]:
        found, waiting = {}, list(self.children)
        while waiting:
            element = waiting.pop()
            if element.ID:
                found[element.ID] = element
            waiting += element.children
        return found

    def Show(self) -> None:
        self.shown = True

    def Hide(self) -> None:
        self.shown = False

    def press(self, name: str) -> None:
        """Press a button; the handler gets an event."""
        getattr(self.On, name).Clicked({"who": name})

    def change(self, name: str, event: str = "CurrentIndexChanged") -> None:
        """Tell that a control was changed, where somebody listens."""
        handler = getattr(getattr(self.On, name), event, None)
        if handler is not None:
            handler({"who": name})


class FakeDispatcher:
    """``bmd.UIDispatcher(ui)``."""

    def __init__(self, ui: FakeUIManager) -> None:
        self.ui = ui
        self.left = False

    def AddWindow(self, attributes: dict[str, Any], children: Sequence[FakeElement]) -> FakeWindow:
        window = FakeWindow(attributes, children)
        self.ui.windows.append(window)
        return window

    def RunLoop(self) -> None:
        window = self.ui.windows[-1]
        self.ui.person(window)
        if not self.left:
            getattr(window.On, window.attributes["ID"]).Close({"who": window.attributes["ID"]})
        assert self.left, "closing the window must leave its loop"

    def StepLoop(self) -> None:
        """Let the person do one thing while a handler works."""
        self.ui.meanwhile(self.ui.windows[-1])

    def ExitLoop(self) -> None:
        self.left = True


class FakeBmd:
    """The module ``bmd`` of a script inside Resolve."""

    def __init__(self, resolve: Any = None) -> None:
        self.resolve = resolve

    def UIDispatcher(self, ui: FakeUIManager) -> FakeDispatcher:
        return FakeDispatcher(ui)

    def scriptapp(self, name: str) -> Any:
        return self.resolve if name == "Resolve" else None
