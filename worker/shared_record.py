"""Memory that the inference process and the service share: the frames that are decoded, and a count of beats.

No way to end, not even SIGKILL, loses it, and a thread that hangs in a library cannot keep it back.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import struct
from typing import Any

import msgspec

SLOTS = 16
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
    until: float
    """When it is tried again, in seconds since 1970: what hung may have been a network that has come back."""

    @property
    def words(self) -> str:
        """What is wrong with it, for people."""
        where = self.file if self.frame is None else f"frame {self.frame}: {self.file}"
        return f"{where} cannot be decoded: the process that reads it {self.reason}, twice"


class Record:
    """The shared memory. Made by the service, one for each inference process; handed over when that starts."""

    def __init__(self) -> None:
        self._memory: Any = multiprocessing.get_context("spawn").RawArray(
            ctypes.c_ubyte, _MARK_BYTES + SLOTS * _SLOT_BYTES
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
        heads = (_SLOT.unpack_from(self._view, _MARK_BYTES + slot * _SLOT_BYTES) for slot in range(SLOTS))
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
        found = (self.under_way(slot) for slot in range(SLOTS))
        return tuple(frame for frame in found if frame is not None)
