"""Signs of life, the frames that are decoded, and those that are not: what every stage tells and asks.

Each process that works for a service has a `worker.shared_record.Record`; without one, nothing here does anything.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bridge.errors import FrameUnreadableError
from worker.shared_record import SLOTS, Avoided, Record, Underway


class _Here:
    """What this process knows of itself."""

    def __init__(self) -> None:
        self.record: Record | None = None
        self.avoided: tuple[Avoided, ...] = ()
        self.turns: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
        self.alone = False
        self.free = list(range(SLOTS))
        self.lock = threading.Lock()
        self.calls = threading.local()


_here = _Here()


def adopt(record: Record, avoided: Iterable[Avoided] = (), *, alone: bool = False) -> None:
    """Have this process leave its signs in a record.

    Args:
        record: Shared with the service.
        avoided: Frames that are not decoded.
        alone: Decode one frame at a time, so that there is no doubt which of them ended the process.
    """
    _here.record = record
    _here.avoided = tuple(avoided)
    _here.alone = alone
    _here.turns = threading.Lock() if alone else contextlib.nullcontext()


def record() -> Record | None:
    """The record of this process, for the processes that it starts."""
    return _here.record


def beat() -> None:
    """Show a sign of life; to be called where something was done, at least once in some seconds of work."""
    if _here.record is not None:
        _here.record.beat()


def begin_call(call: int) -> None:
    """Tell which call of the service this thread works for from now on."""
    _here.calls.number = call


def this_call() -> int:
    """The call that this thread works for; 0 where nobody told."""
    return int(getattr(_here.calls, "number", 0))


def alone(file: str) -> bool:
    """Whether a file is to be decoded by one thread alone: what ends the process is then the frame asked for."""
    return _here.alone or bool(_avoided(file))


def avoided(file: str, *, stamp: str | None = None) -> dict[int, Avoided]:
    """The frames of a file that are not decoded; none where the file has changed since. See also `decoding`.

    Args:
        file: A frame's own file, or a movie.
        stamp: Its `file_stamp`, where it is known.
    """
    known = _avoided(file)
    if not known:
        return {}
    now = file_stamp(file)[0] if stamp is None else stamp
    return {it.frame: it for it in known if it.frame is not None and it.stamp in ("", now)}


def _avoided(file: str) -> list[Avoided]:
    """All that is to be avoided of a file, whatever is in it now."""
    return [it for it in _here.avoided if it.file == _as_text(file) and time.time() < it.until]


class Decoding:
    """A frame whose decoding has begun."""

    def __init__(self, slot: int | None) -> None:
        self._slot = slot

    def step(self) -> None:
        """It gets on: a frame on the way to it was decoded, for instance."""
        if _here.record is not None and self._slot is not None:
            _here.record.step(self._slot)
            _here.record.beat()


@contextmanager
def decoding(
    file: str, frame: int | None, *, call: int | None = None, is_movie: bool = False
) -> Iterator[Decoding]:
    """Note, for as long as the block takes, that a frame is being decoded.

    Args:
        file: Its own file, or the movie.
        frame: Its number; None for a movie that is being opened.
        call: The call of the service that it is for; None for this thread's.
        is_movie: The file holds other frames, too.

    Raises:
        FrameUnreadableError: it is one of those that ended the process before.
    """
    if _here.record is None:
        yield Decoding(None)
        return
    with _here.turns, _slot() as slot:
        noted = Underway(this_call() if call is None else call, _as_text(file), frame)
        if slot is not None:
            _here.record.put(slot, noted)
        # Even to ask the file system may hang; that is noted, too.
        stamp, size = file_stamp(file)
        if slot is not None:
            known = msgspec.structs.replace(noted, stamp=stamp, size_bytes=0 if is_movie else size)
            _here.record.put(slot, known)
        for it in _avoided(file):
            if it.frame == frame and it.stamp in ("", stamp):
                raise FrameUnreadableError(it.words)
        _here.record.beat()
        yield Decoding(slot)
        _here.record.beat()


@contextmanager
def _slot() -> Iterator[int | None]:
    """A slot for one frame; None where all are taken, and the frame goes unnoted."""
    with _here.lock:
        slot = _here.free.pop() if _here.free else None
    try:
        yield slot
    finally:
        if slot is not None:
            if _here.record is not None:
                _here.record.put(slot, None)
            with _here.lock:
                _here.free.append(slot)


def _as_text(file: str) -> str:
    """A path as it can be sent; names of files need not be text."""
    return os.fsencode(file).decode("utf-8", "backslashreplace")


def file_stamp(file: str) -> tuple[str, int]:
    """Text that changes with a file's content, and the file's size in bytes; of one that is not there ``0``, 0."""
    try:
        status = Path(file).stat()
    except OSError:
        return "0", 0
    return f"{status.st_size}|{status.st_mtime_ns}", status.st_size
