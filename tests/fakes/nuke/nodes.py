"""Nodes: what is in the graph, and the handles that scripts get."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from tests.fakes.nuke import pictures
from tests.fakes.nuke.knobs import Knob
from tests.fakes.nuke.tables import CLASSES, EXR_WRITE, ROOT, Made, knobs_of

if TYPE_CHECKING:
    from tests.fakes.nuke.session import FakeNuke


class Data:
    """A node in the graph."""

    def __init__(self, nuke: FakeNuke, cls: str, parent: Data | None, name: str) -> None:
        self.nuke, self.cls, self.parent, self.name = nuke, cls, parent, name
        self.inputs: list[Data | None] = []
        self.children: list[Data] = []
        self.deleted = False
        self.knobs: dict[str, Knob] = {}
        self.add_knobs(ROOT if cls == "Root" else knobs_of(cls))

    def add_knobs(self, table: dict[str, Made]) -> None:
        for name, made in table.items():
            knob = Knob(self.nuke, made.kind, name, made.default, made.values)
            knob.owner = self
            self.knobs[name] = knob

    @property
    def full_name(self) -> str:
        if self.parent is None or self.parent.cls == "Root":
            return self.name
        return f"{self.parent.full_name}.{self.name}"

    def text(self, knob: str) -> Any:
        """A knob's value, without counting as a script's access."""
        return self.knobs[knob]._value

    def knob_was_set(self, knob: Knob) -> None:
        if self.cls == "Write" and knob.name() == "file_type":
            for name in EXR_WRITE:
                self.knobs.pop(name, None)
            if self.text("file_type") == "exr":
                self.add_knobs(EXR_WRITE)
        if self.cls == "Read" and knob.name() == "file":
            self.nuke.learn_channels(pictures.channels_of(self.nuke, self))

    def range_was_typed(self, first: int, last: int) -> None:
        for name, value in (("first", first), ("last", last), ("origfirst", first), ("origlast", last)):
            self.knobs[name]._value = value
        root = self.nuke.root_data
        if not root.text("lock_range"):
            root.knobs["first_frame"]._value = min(root.text("first_frame"), float(first))
            root.knobs["last_frame"]._value = max(root.text("last_frame"), float(last))
        self.nuke.learn_channels(pictures.channels_of(self.nuke, self))

    def was_executed(self, knob: Knob) -> None:
        if knob.kind == "PyScript_Knob":
            self.nuke.run_script(str(knob._value), self, knob)

    def every(self) -> Iterable[Data]:
        """All below it."""
        for child in self.children:
            yield child
            yield from child.every()


class Range:
    """What `frameRange` gives."""

    def __init__(self, first: int, last: int) -> None:
        self._first, self._last = first, last

    def first(self) -> int:
        return self._first

    def last(self) -> int:
        return self._last


class Node:
    """A handle to a node. Every call that gives a node gives a new one: they are equal, never the same."""

    def __init__(self, data: Data) -> None:
        self._data = data

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and other._data is self._data

    def __hash__(self) -> int:
        return id(self._data)

    def _live(self) -> Data:
        self._data.nuke.touch(self._data)
        if self._data.deleted:
            raise ValueError("A PythonObject is not attached to a node")
        return self._data

    def Class(self) -> str:
        return self._live().cls

    def name(self) -> str:
        data = self._live()
        return (data.text("name") or "Root") if data.cls == "Root" else data.name

    def fullName(self) -> str:
        data = self._live()
        return "root" if data.cls == "Root" else data.full_name

    def setName(self, name: str, uncollide: bool = True) -> None:
        data = self._live()
        if not name.isidentifier():
            raise ValueError(f"{name!r} cannot be a node's name")
        data.name = data.nuke.free_name(name, data.parent, data) if uncollide else name

    def knob(self, name: str) -> Knob | None:
        return self._live().knobs.get(name)

    def knobs(self) -> dict[str, Knob]:
        return dict(self._live().knobs)

    def __getitem__(self, name: str) -> Knob:
        knob = self._live().knobs.get(name)
        if knob is None:
            raise NameError(f"knob {name} does not exist")
        return knob

    def addKnob(self, knob: Knob) -> None:
        data = self._live()
        if knob.name() in data.knobs:
            raise ValueError(f"{data.name} has a knob {knob.name()} already")
        knob.owner = data
        data.knobs[knob.name()] = knob

    def inputs(self) -> int:
        return len(self._live().inputs)

    def input(self, number: int) -> Node | None:
        data = self._live()
        found = data.inputs[number] if number < len(data.inputs) else None
        return None if found is None else Node(found)

    def setInput(self, number: int, node: Node | None) -> bool:
        data = self._live()
        if node is not None and node._live().parent is not data.parent:
            return False
        data.inputs += [None] * (number + 1 - len(data.inputs))
        data.inputs[number] = None if node is None else node._data
        if data.cls == "Cryptomatte":
            pictures.fill_cryptomatte(data)
        return True

    def dependent(self) -> list[Node]:
        data = self._live()
        siblings = data.parent.children if data.parent is not None else []
        return [Node(one) for one in siblings if any(given is data for given in one.inputs)]

    def begin(self) -> Node:
        self._live().nuke.contexts.append(self._live())
        return self

    def end(self) -> None:
        self._live().nuke.contexts.pop()

    def __enter__(self) -> Node:
        return self.begin()

    def __exit__(self, *_: object) -> None:
        self.end()

    def setXYpos(self, x: int, y: int) -> None:
        self["xpos"].setValue(x)
        self["ypos"].setValue(y)

    def xpos(self) -> int:
        return int(self["xpos"].value())

    def ypos(self) -> int:
        return int(self["ypos"].value())

    def setSelected(self, selected: bool) -> None:
        self["selected"].setValue(selected)

    def frameRange(self) -> Range:
        return Range(*pictures.range_of(self._live()))

    def width(self) -> int:
        return self._live().nuke.size_wh[0]

    def height(self) -> int:
        return self._live().nuke.size_wh[1]

    def channels(self) -> list[str]:
        data = self._live()
        return data.nuke.script_channels() if data.cls == "Root" else pictures.channels_at(data)


class Nodes:
    """``nuke.nodes``: makes nodes that are connected to what is given, and selected by nobody."""

    def __init__(self, nuke: FakeNuke) -> None:
        self._nuke = nuke

    def __getattr__(self, cls: str) -> Callable[..., Node]:
        nuke = self._nuke

        def make(inputs: Sequence[Node | None] = (), **knobs: Any) -> Node:
            nuke.touch()
            if cls not in CLASSES or (cls == "Write" and nuke.env["assist"]):
                raise RuntimeError(f"{cls}: Unknown command")
            parent = nuke.contexts[-1]
            data = Data(nuke, cls, parent, nuke.free_name(f"{cls}1", parent))
            parent.children.append(data)
            node = Node(data)
            node.Class()
            for number, given in enumerate(inputs):
                node.setInput(number, given)
            for name, value in knobs.items():
                if name == "name":
                    node.setName(value)
                else:
                    node[name].setValue(value)
            return node

        return make
