"""The module `nuke`, for a session of one kind."""

from __future__ import annotations

import queue
import re
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.fakes.nuke import pictures
from tests.fakes.nuke.knobs import Knob, makers
from tests.fakes.nuke.nodes import Data, Node, Nodes
from tests.fakes.nuke.undo import Undo
from tests.fakes.nuke.windows import Menu, ProgressTask

MAX_CHANNELS = 1023
MAX_NODES_NC = 10

_BUILT_IN = (
    *(f"rgba.{name}" for name in ("red", "green", "blue", "alpha")), "depth.Z", "forward.u", "forward.v",
    "backward.u", "backward.v", "deep.front", "deep.back", "mask.a", "rotopaint_mask.a",
)  # fmt: skip


class FakeNuke:
    """Nuke's module. Attributes in lower case that Nuke does not have are the test's."""

    INVISIBLE, STARTLINE = 1024, 4096

    def __init__(self, *, gui: bool = True, size_wh: tuple[int, int] = (96, 64), **env: bool) -> None:
        self.GUI = gui
        self.env: dict[str, Any] = {
            "gui": gui, "nc": False, "indie": False, "assist": False, "NukeVersionMajor": 17, **env
        }  # fmt: skip
        self.NUKE_VERSION_STRING = "17.0v3"
        self.size_wh = size_wh
        self.touched: set[tuple[str, str]] = set()
        """Every knob that a script touched, with the class of its node."""
        self.dropped: list[tuple[str, object]] = []
        """Values that a knob did not take, without a word."""
        self.messages: list[str] = []
        self.printed: list[str] = []
        self.warnings: list[str] = []
        self.undo_steps: list[str] = []
        self.tasks: list[ProgressTask] = []
        self.cancel_at: int | None = None
        """The percentage at which the user presses Cancel."""
        self.cancel_render_at: int | None = None
        self.rendered: list[int] = []
        self.menus: dict[str, Menu] = {}
        self.cryptomatte_looks = True
        self.current_frame = 1
        self.root_data = Data(self, "Root", None, "root")
        self.contexts: list[Data] = [self.root_data]
        self.nodes = Nodes(self)
        self.Undo = Undo(self)
        self._main = threading.current_thread()
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._custom: list[str] = []
        self._seen: set[int] = set()
        self._this: tuple[Data, Knob] | None = None
        for name, make in makers(self).items():
            setattr(self, name, make)

    # What the test does.

    def pump(self, thread: threading.Thread, timeout_s: float = 60.0) -> None:
        """Be the event loop until a thread has ended."""
        deadline = time.monotonic() + timeout_s
        while thread.is_alive() or not self._calls.empty():
            assert time.monotonic() < deadline, f"{thread.name} does not end"
            try:
                self._calls.get(timeout=0.02)()
            except queue.Empty:
                continue

    def use(self, node: Node, knob: str, value: Any) -> None:
        """Change a knob by hand: its node is told."""
        node[knob].setValue(value)
        self.run_script(str(node._data.text("knobChanged")), node._data, node[knob])

    def run_script(self, text: str, data: Data, knob: Knob) -> None:
        """Run Python of a knob, with that node and knob as this one."""
        self._this = (data, knob)
        try:
            exec(text, {"nuke": self})
        finally:
            self._this = None

    def touch(self, data: Data | None = None) -> None:
        """Count an access; RuntimeError where this session does not allow it."""
        if self.GUI and threading.current_thread() is not self._main:
            # The vendor forbids it; what really happens is anything up to a crash.
            raise RuntimeError("a node or knob was touched outside of the main thread")
        if self.env["nc"] and data is not None and data.cls != "Root":
            self._seen.add(id(data))
            if len(self._seen) > MAX_NODES_NC:
                raise RuntimeError("Non-commercial: Python is limited to 10 nodes of a script")

    def learn_channels(self, names: Sequence[str]) -> None:
        """Channels that a file brings; those beyond the limit are dropped with a warning."""
        for name in names:
            if name in _BUILT_IN or name in self._custom:
                continue
            if len(self.script_channels()) >= MAX_CHANNELS:
                self.warnings.append(f"Cannot assign channel number: {name}")
            else:
                self._custom.append(name)

    def script_channels(self) -> list[str]:
        return [*_BUILT_IN, *self._custom]

    def knows_channel(self, name: str) -> bool:
        return name in ("none", "all", "rgb", "rgba") or pictures.full(name) in self.script_channels()

    def free_name(self, name: str, parent: Data | None, of: Data | None = None) -> str:
        taken = {one.name for one in (parent.children if parent is not None else []) if one is not of}
        if name not in taken:
            return name
        stem, number = name.rstrip("0123456789"), 1
        while f"{stem}{number}" in taken:
            number += 1
        return f"{stem}{number}"

    def tcl_text(self, text: str, frame: int | None = None) -> str:
        text = text.replace("[value root.name]", str(self.root_data.text("name")))
        text = re.sub(r"\[file dirname (.*?)\]", lambda match: str(Path(match[1]).parent), text)
        if frame is None:
            return text
        text = re.sub(r"#+", lambda match: f"%0{len(match[0])}d", text)
        return re.sub(r"%0?(\d*)d", lambda match: f"{frame:0{int(match[1] or 1)}d}", text)

    # What a script does.

    def root(self) -> Node:
        return Node(self.root_data)

    def thisNode(self) -> Node:
        assert self._this is not None
        return Node(self._this[0])

    def thisKnob(self) -> Knob:
        assert self._this is not None
        return self._this[1]

    def toNode(self, name: str) -> Node | None:
        self.touch()
        found: Data | None = self.contexts[-1]
        for piece in name.split("."):
            assert found is not None
            found = next((one for one in found.children if one.name == piece), None)
            if found is None:
                break
        return None if found is None else Node(found)

    def allNodes(
        self, filter: str | None = None, group: Node | None = None, recurseGroups: bool = False
    ) -> list[Node]:
        self.touch()
        inside = self.contexts[-1] if group is None else group._live()
        found = inside.every() if recurseGroups else inside.children
        return [Node(one) for one in found if filter is None or one.cls == filter]

    def selectedNodes(self, filter: str | None = None) -> list[Node]:
        chosen = (one for one in self.contexts[-1].children if one.text("selected"))
        return [Node(one) for one in chosen if filter is None or one.cls == filter]

    def selectedNode(self) -> Node:
        nodes = self.selectedNodes()
        if not nodes:
            raise ValueError("no node selected")
        return nodes[0]

    def delete(self, node: Node) -> None:
        data = node._live()
        assert data.parent is not None
        data.parent.children.remove(data)
        data.deleted = True
        self._seen.discard(id(data))
        for other in data.parent.children:
            other.inputs = [None if one is data else one for one in other.inputs]

    def frame(self, number: int | None = None) -> int:
        self.touch()
        if number is not None:
            self.current_frame = number
        return self.current_frame

    def views(self) -> list[str]:
        return ["main"]

    def filename(self, node: Node, replacement: int | None = None) -> str | None:
        knob = node.knob("file")
        return None if knob is None or not knob._value else self.tcl_text(str(knob._value))

    def Layer(self, name: str, channels: Sequence[str]) -> None:
        self.touch()
        if len(channels) > 4:
            raise ValueError("a layer has at most four channels")
        self.learn_channels([pictures.nuke_channel(channel) for channel in channels])

    def execute(self, node: Node, first: int, last: int, step: int = 1, views: object = None) -> None:
        data = node._live()
        limits = {"nc": (1920, 1080), "indie": (4096, 2160)}
        for edition, most in limits.items():
            if self.env[edition] and (self.size_wh[0] > most[0] or self.size_wh[1] > most[1]):
                raise RuntimeError(f"{edition}: output is limited to {most[0]}x{most[1]}")
        for frame in range(first, last + 1, step):
            if self.cancel_render_at == frame:
                raise RuntimeError("Cancelled")
            pictures.write_frame(data, frame)
            self.rendered.append(frame)

    def executeInMainThread(self, call: Callable[..., object], args: Any = (), kwargs: Any = None) -> None:
        arguments = args if isinstance(args, tuple) else (args,)

        def run() -> None:
            try:
                call(*arguments, **(kwargs or {}))
            except Exception:  # noqa: BLE001 - Nuke prints it, and that is all
                self.printed.append(traceback.format_exc())

        if not self.GUI:
            raise AssertionError("there is no event loop in a terminal session: this would never be called")
        self._calls.put(run)

    def executeInMainThreadWithResult(
        self, call: Callable[..., object], args: Any = (), kwargs: Any = None
    ) -> object:
        assert threading.current_thread() is not self._main, "Nuke would wait for itself for ever"
        result: list[object] = []
        done = threading.Event()

        def keep(*given: Any) -> None:
            try:
                result.append(call(*given))
            except Exception:  # noqa: BLE001 - printed, and None is returned
                self.printed.append(traceback.format_exc())
            finally:
                done.set()

        self.executeInMainThread(keep, args, kwargs)
        assert done.wait(60)
        return result[0] if result else None

    def ProgressTask(self, name: str) -> ProgressTask:
        if not self.GUI:
            raise RuntimeError("progress tasks need the user interface")
        task = ProgressTask(self, name)
        self.tasks.append(task)
        return task

    def message(self, text: str) -> None:
        assert self.GUI, "there are no message boxes in a terminal session"
        self.messages.append(text)

    def tprint(self, text: str) -> None:
        self.printed.append(text)

    def menu(self, name: str) -> Menu:
        return self.menus.setdefault(name, Menu())

    def scriptOpen(self, path: str) -> None:
        if not Path(path).is_file():
            raise RuntimeError(f"{path}: No such file or directory")
        self.root_data.knobs["name"]._value = path

    def scriptSaveAs(self, path: str, overwrite: int = -1) -> None:
        if Path(path).exists() and overwrite != 1:
            raise RuntimeError(f"{path} exists")
        Path(path).write_text("#! Nuke\n")
        self.root_data.knobs["name"]._value = path
