"""Nuke itself: its module, its edition, its main thread, and what has to be as it was afterwards."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Callable, Generic, Optional, TypeVar

from bridge.errors import HostError

T = TypeVar("T")


def api() -> Any:
    """Nuke's Python module; HostError outside of Nuke."""
    try:
        return importlib.import_module("nuke")
    except ImportError:
        raise HostError("this runs inside Nuke: in its Script Editor, its menu, or by nuke -t") from None


def has_gui() -> bool:
    """False in a terminal session (``nuke -t``), which has no panels and no event loop."""
    return bool(api().GUI)


@dataclass(frozen=True)
class Edition:
    """What the licence of this session allows."""

    name: str
    max_nodes: Optional[int] = None
    """How many nodes of a script Python may touch; None for all."""
    max_size_wh: Optional[tuple[int, int]] = None
    """The largest picture that can be written; None for any."""
    can_write: bool = True
    """False where there is no Write node."""


def edition() -> Edition:
    """The edition of this session."""
    env = api().env
    if _flag(env, "assist"):
        return Edition("Nuke Assist", can_write=False)
    if _flag(env, "nc"):
        return Edition("Nuke Non-commercial", max_nodes=10, max_size_wh=(1920, 1080))
    if _flag(env, "indie"):
        return Edition("Nuke Indie", max_size_wh=(4096, 2160))
    return Edition("Nuke")


def _flag(env: Any, name: str) -> bool:
    try:
        return bool(env[name])
    except KeyError:
        return False


@dataclass(frozen=True)
class _Outcome(Generic[T]):
    value: Optional[T]
    error: Optional[BaseException]


def on_main_thread(call: Callable[..., T], *args: Any) -> T:
    """Call a function in Nuke's main thread, which alone may touch nodes, and hand back what it returns.

    In the main thread itself, and where there is no event loop, it is simply called: waiting would never end.

    Raises:
        HostError: Nuke did not run it.
        BaseException: what the call raised. Nuke itself would print that and return None.
    """
    if not has_gui() or threading.current_thread() is threading.main_thread():
        return call(*args)

    def kept() -> _Outcome[T]:
        try:
            return _Outcome(call(*args), None)
        except BaseException as err:  # noqa: BLE001 - it is raised again, in the thread that waits for it
            return _Outcome(None, err)

    # The arguments must be a tuple: Nuke wraps anything else into one.
    outcome: Optional[_Outcome[T]] = api().executeInMainThreadWithResult(kept, ())
    if outcome is None:
        raise HostError("Nuke did not run a step in its main thread; see its error console, and try again")
    if outcome.error is not None:
        raise outcome.error
    return outcome.value  # type: ignore[return-value]


def later_on_main_thread(call: Callable[..., object], *args: Any) -> None:
    """Have a function called in the main thread without waiting for it."""
    if has_gui() and threading.current_thread() is not threading.main_thread():
        api().executeInMainThread(call, args)
    else:
        call(*args)


@contextmanager
def one_undo_step(name: str) -> Iterator[None]:
    """All that the block does is undone by one Ctrl-Z; nothing is left of a block that fails."""
    undo = api().Undo
    undo.begin(name)
    try:
        yield
    except BaseException:
        undo.cancel()
        raise
    undo.end()


@contextmanager
def as_it_was() -> Iterator[None]:
    """Selection, frame, proxy mode and the script's range are as before when the block ends.

    A Read that is given a file can stretch the range of a script that is not locked.
    """
    nuke = api()
    root = nuke.root()
    selected = [node.fullName() for node in nuke.selectedNodes()]
    knobs = {name: root[name].value() for name in ("first_frame", "last_frame", "proxy")}
    frame = nuke.frame()
    try:
        yield
    finally:
        for name, value in knobs.items():
            if root[name].value() != value:
                root[name].setValue(value)
        if nuke.frame() != frame:
            nuke.frame(frame)
        for node in nuke.selectedNodes():
            node.setSelected(False)
        for name in selected:
            node = nuke.toNode(name)
            if node is not None:
                node.setSelected(True)


def tell(text: str) -> None:
    """A message box, or a line on the terminal."""
    if has_gui():
        api().message(text)
    else:
        api().tprint(text)
