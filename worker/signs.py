"""What the inference process leaves for the service to read, alive or dead: the frames it decodes, signs of life.

Both lie in memory that the two processes share, so that no way to end, not even SIGKILL, loses them, and a thread
that hangs in a library cannot keep them back.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import struct
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from bridge.errors import FrameUnreadableError

_SLOTS = 16
"""Most frames that are decoded at once, by all threads together."""

_SLOT_BYTES = 8192
"""A path on Linux has up to 4096 bytes, and those that are no text take more."""

_BEATS = struct.Struct("<Q")
_SLOT = struct.Struct("<II")
"""A count that rises with every step of the frame, and the length of what follows; 0 where the slot is free."""

_MARK_BYTES = 16


class Underway(msgspec.Struct, frozen=True):
    """A frame that is being decoded, or a movie that is being opened."""

    call: int
    """The call of the service that it is decoded for; 0 where that is not known."""
    file: str
    """The frame's own file, or the movie."""
    frame: int | None
    """None for a movie as a whole, while it is opened."""
    stamp: str = ""
    """Size and time of the file; empty until the file system has told."""
    size_bytes: int = 0
    """What is read at the most: the size of a frame's own file, 0 for a movie."""

    @property
    def place(self) -> tuple[str, int | None, str]:
        """The same for the same frame of the same content, whoever decodes it."""
        return self.file, self.frame, self.stamp

    @property
    def words(self) -> str:
        """Which it is, for people."""
        return self.file if self.frame is None else f"frame {self.frame} of {self.file}"


class Avoided(msgspec.Struct, frozen=True):
    """A frame that is not decoded again, or a movie that is not opened: the process ended over it twice."""

    file: str
    frame: int | None
    stamp: str
    reason: str
    """What it did to the process, for people: ``crashed inside a library (segmentation fault)``."""

    @property
    def words(self) -> str:
        """What is wrong with it, for people."""
        where = self.file if self.frame is None else f"frame {self.frame}: {self.file}"
        return f"{where} cannot be decoded: the process that reads it {self.reason}, twice"


class Record:
    """The shared memory. Made by the service, one for each inference process; handed over when that starts."""

    def __init__(self) -> None:
        self._memory: Any = multiprocessing.get_context("spawn").RawArray(
            ctypes.c_ubyte, _MARK_BYTES + _SLOTS * _SLOT_BYTES
        )

    @property
    def _view(self) -> memoryview:
        return memoryview(self._memory).cast("B")

    def beat(self) -> None:
        """Count on: something was done."""
        # Two threads or processes at once may count once; that the count changes is all that matters.
        (count,) = _BEATS.unpack_from(self._view)
        _BEATS.pack_into(self._view, 0, (count + 1) % 2**64)

    @property
    def beats(self) -> int:
        """A number that changes as long as something is done."""
        return int(_BEATS.unpack_from(self._view)[0])

    def put(self, slot: int, frame: Underway | None) -> None:
        """Note in a slot what is decoded, or that nothing is."""
        data = b"" if frame is None else msgspec.msgpack.encode(frame)
        view, at = self._view, _MARK_BYTES + slot * _SLOT_BYTES
        (step, _) = _SLOT.unpack_from(view, at)
        data = data[: _SLOT_BYTES - _SLOT.size]
        # The length comes last: whoever ends in between leaves a free slot, never half a text.
        _SLOT.pack_into(view, at, step, 0)
        view[at + _SLOT.size : at + _SLOT.size + len(data)] = data
        _SLOT.pack_into(view, at, (step + 1) % 2**32, len(data))

    def step(self, slot: int) -> None:
        """Note that the frame of a slot gets on."""
        view, at = self._view, _MARK_BYTES + slot * _SLOT_BYTES
        (step, length) = _SLOT.unpack_from(view, at)
        _SLOT.pack_into(view, at, (step + 1) % 2**32, length)

    def steps(self) -> dict[int, int]:
        """The slots in use, each with a number that changes with every step of its frame."""
        heads = (_SLOT.unpack_from(self._view, _MARK_BYTES + slot * _SLOT_BYTES) for slot in range(_SLOTS))
        return {slot: step for slot, (step, length) in enumerate(heads) if length}

    def under_way(self, slot: int) -> Underway | None:
        """The frame of a slot; None where it is free, or about to change."""
        at = _MARK_BYTES + slot * _SLOT_BYTES
        (_, length) = _SLOT.unpack_from(self._view, at)
        data = bytes(self._view[at + _SLOT.size : at + _SLOT.size + min(length, _SLOT_BYTES - _SLOT.size)])
        try:
            return msgspec.msgpack.decode(data, type=Underway) if data else None
        except msgspec.DecodeError:
            return None

    def all_under_way(self) -> tuple[Underway, ...]:
        """Every frame that is being decoded, or was when the process ended."""
        found = (self.under_way(slot) for slot in range(_SLOTS))
        return tuple(frame for frame in found if frame is not None)


class _Here:
    """What this process knows of itself."""

    def __init__(self) -> None:
        self.record: Record | None = None
        self.avoided: dict[tuple[str, int | None], Avoided] = {}
        self.turns: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
        self.alone = False
        self.free = list(range(_SLOTS))
        self.lock = threading.Lock()
        self.calls = threading.local()


_here = _Here()


def adopt(record: Record, avoided: Iterable[Avoided] = (), *, alone: bool = False) -> None:
    """Have this process leave its signs in a record; without one, nothing here does anything.

    Args:
        record: Shared with the service.
        avoided: Frames that are not decoded.
        alone: Decode one frame at a time, so that there is no doubt which of them ended the process.
    """
    _here.record = record
    _here.avoided = {(it.file, it.frame): it for it in avoided}
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
    return _here.alone or any(it.file == _as_text(file) for it in _here.avoided.values())


def avoided(file: str, *, stamp: str | None = None) -> dict[int, Avoided]:
    """The frames of a file that are not decoded; none where the file has changed since. See also `decoding`.

    Args:
        file: A frame's own file, or a movie.
        stamp: Its `file_stamp`, where it is known.
    """
    known = {it.frame: it for it in _here.avoided.values() if it.file == _as_text(file) and it.frame is not None}
    if not known:
        return {}
    now = file_stamp(file)[0] if stamp is None else stamp
    return {frame: it for frame, it in known.items() if it.stamp in ("", now)}


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
        found = _here.avoided.get((noted.file, frame))
        if found is not None and found.stamp in ("", stamp):
            raise FrameUnreadableError(found.words)
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
