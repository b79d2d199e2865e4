"""What the service and its inference process say to each other, and the pipe they say it through.

Messages are msgpack, checked against these classes on arrival, with raw arrays behind them as on the wire: nothing
that crosses the pipe is unpickled.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from bridge.messages import BufferSpec, DescribeReply, Segment, SegmentReply
from bridge.request import MatteRequest
from bridge.wire import Array


class _Part(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    call: int
    """Which call of the service this belongs to."""


class Check(_Part, frozen=True):
    """Can this request be carried out?"""

    request: MatteRequest


class Run(_Part, frozen=True):
    """Carry an export out."""

    request: MatteRequest
    careful: bool
    """With as little memory as can be: one plate and one frame at a time."""


class Stop(_Part, frozen=True):
    """End the export of this call after the frames under way."""


class Plate(_Part, frozen=True):
    """The mattes of one plate."""

    message: Segment


class Describe(_Part, frozen=True):
    """What can be done here?"""


class Quit(_Part, frozen=True):
    """End after the frames under way."""


class Ready(_Part, frozen=True):
    """The inference process has loaded what it needs; said once, as call 0."""

    device: str


class Progressed(_Part, frozen=True):
    """How far the export of a call is; fields as in `bridge.messages.JobInfo`."""

    stage: str
    done: int
    total: int
    fps: float
    left_s: float | None


class Held(_Part, frozen=True):
    """Memory of the inference process and of its device, in bytes; said from time to time, as call 0."""

    resident_bytes: int
    writers_bytes: int
    """Of the processes that write frames and help with plates, together; pages that they share count in each."""
    device: str = ""
    """The device, for example ``cuda:0``; empty for a CPU."""
    allocated_bytes: int | None = None
    """By tensors; None where there is no device."""
    reserved_bytes: int | None = None
    """By this process, whether in use or kept for later."""
    free_bytes: int | None = None
    """What nobody has taken; None where the device does not say."""
    total_bytes: int | None = None


class Ended(_Part, frozen=True):
    """The call went well; the field that belongs to its kind is set."""

    notices: tuple[str, ...] = ()
    """What a check found that whoever asked should know."""
    manifest: str | None = None
    mattes: SegmentReply | None = None
    abilities: DescribeReply | None = None


class Failed(_Part, frozen=True):
    """The call, or the start where it is call 0, went wrong."""

    code: str
    """Wire code of an error class in `bridge.errors`."""
    message: str


Message = Check | Run | Stop | Plate | Describe | Quit | Ready | Progressed | Held | Ended | Failed


class _Head(msgspec.Struct, frozen=True):
    message: Message
    buffers: tuple[BufferSpec, ...] = ()


class Link:
    """One end of the pipe. `send` may be called from any thread, `receive` from one."""

    def __init__(self, connection: Connection[Any, Any]) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(_Head)

    def send(self, message: Message, arrays: Sequence[Array] = ()) -> None:
        """Send a message; OSError where the other end is gone."""
        specs = tuple(BufferSpec(dtype=array.dtype, shape=array.shape) for array in arrays)
        with self._lock:
            self._connection.send_bytes(self._encoder.encode(_Head(message, specs)))
            for array in arrays:
                view = memoryview(array.data)
                self._connection.send_bytes(view.cast("B") if view.nbytes else b"")

    def receive(self) -> tuple[Message, tuple[Array, ...]]:
        """Wait for the next message; EOFError or OSError where the other end is gone."""
        head = self._decoder.decode(self._connection.recv_bytes())
        arrays = tuple(Array(spec.dtype, spec.shape, self._connection.recv_bytes()) for spec in head.buffers)
        return head.message, arrays

    def close(self) -> None:
        """Close this end; the other end's `receive` then raises."""
        self._connection.close()
