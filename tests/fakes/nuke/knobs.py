"""Knobs that take what Nuke's take, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fakes.nuke.session import FakeNuke

Script = Callable[[str], str]


class Knob:
    """One knob. Its kind is the name of Nuke's class."""

    def __init__(self, nuke: FakeNuke, kind: str, name: str, value: Any, values: Sequence[str] = ()) -> None:
        self._nuke, self.kind, self._name = nuke, kind, name
        self._value, self._values = value, list(values)
        self.owner: Any = None
        self.flags: set[int] = set()
        self.tooltip = ""
        self.visible = True
        self.range: tuple[float, float] | None = None
        self.executed = 0

    def name(self) -> str:
        return self._name

    def _touch(self) -> None:
        self._nuke.touch()
        if self.owner is not None:
            self._nuke.touched.add((self.owner.cls, self._name))

    def value(self) -> Any:
        """The value; strings that are evaluated have their Tcl run, which other brackets do not survive."""
        self._touch()
        if self.kind in ("Multiline_Eval_String_Knob", "EvalString_Knob"):
            return re.sub(r"\[.*?\]", "", self._value)
        return self._value

    def getText(self) -> str:
        self._touch()
        if not isinstance(self._value, str):
            raise AttributeError(f"{self.kind} has no getText")
        return self._value

    def setText(self, text: str) -> None:
        self.setValue(text)

    def evaluate(self) -> str:
        """A path with its Tcl run and the current frame in place of a token."""
        self._touch()
        return self._nuke.tcl_text(self._value, frame=self._nuke.current_frame)

    def values(self) -> list[str]:
        self._touch()
        if self.kind != "Enumeration_Knob":
            raise AttributeError(f"{self.kind} has no values")
        return list(self._values)

    def setValues(self, values: Sequence[str]) -> None:
        self._touch()
        old = self._value
        self._values = list(values)
        if old not in self._values:
            # The entry at the old position is shown; a menu has no value that it does not list.
            self._value = self._values[0] if self._values else ""

    def setValue(self, value: Any) -> bool:
        """Set it. A word that a menu does not have, or a channel the script does not have, is quietly dropped."""
        self._touch()
        kind = self.kind
        if kind == "Enumeration_Knob":
            entries = {entry.split("\t")[0]: entry for entry in self._values}
            if isinstance(value, (int, float)):
                value = self._values[int(value)]
            found = value if value in self._values else entries.get(str(value))
            if found is None:
                self._nuke.dropped.append((self._name, value))
                return False
            value = found
        elif kind in ("Channel_Knob", "ChannelMask_Knob"):
            if not self._nuke.knows_channel(value):
                self._nuke.dropped.append((self._name, value))
                return False
        elif kind in ("Int_Knob", "Array_Knob", "Double_Knob"):
            if isinstance(value, str):
                raise TypeError(f"{self._name}: a number is needed, not {value!r}")
            value = int(value) if kind == "Int_Knob" else float(value)
        elif kind == "Boolean_Knob":
            value = bool(value)
        elif not isinstance(value, str):
            raise TypeError(f"{self._name}: a string is needed, not {value!r}")
        self._value = value
        if self.owner is not None:
            self.owner.knob_was_set(self)
        return True

    def fromUserText(self, text: str) -> None:
        """What typing a file does: the range behind the path becomes the Read's, and stretches the root's."""
        if self.kind != "File_Knob":
            raise AttributeError(f"{self.kind} has no fromUserText")
        match = re.fullmatch(r"(?P<path>.+?)(?: (?P<first>-?\d+)-(?P<last>-?\d+))?", text)
        assert match is not None
        self.setValue(match["path"])
        if match["first"] is not None and self.owner is not None:
            self.owner.range_was_typed(int(match["first"]), int(match["last"]))

    def execute(self) -> None:
        if self.kind not in ("Script_Knob", "PyScript_Knob"):
            raise AttributeError(f"{self.kind} has no execute")
        self.executed += 1
        if self.owner is not None:
            self.owner.was_executed(self)

    def setTooltip(self, text: str) -> None:
        self.tooltip = text

    def setFlag(self, flag: int) -> None:
        self.flags.add(flag)

    def clearFlag(self, flag: int) -> None:
        self.flags.discard(flag)

    def setVisible(self, visible: bool) -> None:
        self.visible = visible

    def setRange(self, low: float, high: float) -> None:
        if self.kind not in ("Int_Knob", "Double_Knob", "Array_Knob"):
            raise AttributeError(f"{self.kind} has no setRange")
        self.range = (low, high)


def makers(nuke: FakeNuke) -> dict[str, Callable[..., Knob]]:
    """The knob classes that a script makes knobs of."""

    def simple(kind: str, value: Any) -> Callable[..., Knob]:
        def make(name: str, label: str = "", *more: Any) -> Knob:
            start = value
            values: Sequence[str] = ()
            if kind == "Enumeration_Knob":
                values = more[0]
                start = values[0] if values else ""
            elif more:
                start = more[0]
            return Knob(nuke, kind, name, start, values)

        return make

    return {
        "Tab_Knob": simple("Tab_Knob", True),
        "Text_Knob": simple("Text_Knob", ""),
        "String_Knob": simple("String_Knob", ""),
        "Multiline_Eval_String_Knob": simple("Multiline_Eval_String_Knob", ""),
        "File_Knob": simple("File_Knob", ""),
        "Int_Knob": simple("Int_Knob", 0),
        "Double_Knob": simple("Double_Knob", 0.0),
        "Boolean_Knob": simple("Boolean_Knob", False),
        "Enumeration_Knob": simple("Enumeration_Knob", ""),
        "PyScript_Knob": simple("PyScript_Knob", ""),
    }
