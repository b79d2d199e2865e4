"""Messages to ZeroMQ frames and back: a msgpack head, raw buffers behind it, limits on both."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

import msgpack
import msgspec

from bridge.errors import MessageTooLargeError, ProtocolError
from bridge.messages import KINDS, PROTOCOL, BufferSpec, Head, Message

if TYPE_CHECKING:
    from collections.abc import Sequence

Buffer = Union[bytes, memoryview]

DEFAULT_ADDRESS = "tcp://127.0.0.1:5570"
"""Where a worker listens and a client looks for it."""

MAX_HEAD_BYTES = 1 << 20
"""A head is text and numbers; a policy with a row for each of 200 categories takes 40 KB."""

MAX_BUFFERS_BYTES = 512 << 20
"""All buffers of one message: an 8K plate of 8-bit RGB is 100 MB, its mattes as half a multiple of 66 MB."""

MAX_BUFFERS = 256

_ITEM_BYTES = {"u1": 1, "f2": 2, "f4": 4}


@dataclass(frozen=True)
class Array:
    """A raw array on the wire; `data` is C-contiguous and little endian."""

    dtype: str
    """``u1``, ``f2`` or ``f4``."""
    shape: tuple[int, ...]
    data: Buffer


@dataclass(frozen=True)
class Envelope:
    """A message as it arrived or will be sent."""

    kind: str
    id: str
    body: Message
    arrays: tuple[Array, ...] = ()


_KIND_OF = {cls: kind for kind, cls in KINDS.items()}


def pack(message: Message, request_id: str, arrays: Sequence[Array] = ()) -> list[Buffer]:
    """The frames of a message: head, then one frame per array, without copies of the arrays.

    Raises:
        MessageTooLargeError: the arrays are above `MAX_BUFFERS_BYTES`.
    """
    specs = tuple(BufferSpec(dtype=array.dtype, shape=array.shape) for array in arrays)
    _check_sizes([_spec_bytes(spec) for spec in specs])
    body = msgspec.to_builtins(message)
    head = Head(v=PROTOCOL, kind=_KIND_OF[type(message)], id=request_id, body=body, buffers=specs)
    packed: bytes = msgpack.packb(msgspec.to_builtins(head))
    if len(packed) > MAX_HEAD_BYTES:
        raise MessageTooLargeError(f"the head has {len(packed)} bytes; at most {MAX_HEAD_BYTES} are allowed")
    return [packed, *(memoryview(array.data).cast("B") for array in arrays)]


def read_head(frame: Buffer) -> Head:
    """The head of a message, checked strictly; ProtocolError or MessageTooLargeError where it breaks a rule."""
    if len(frame) > MAX_HEAD_BYTES:
        raise MessageTooLargeError(f"the head has {len(frame)} bytes; at most {MAX_HEAD_BYTES} are allowed")
    try:
        # The default limits of msgpack follow the input's own length, so a lie about a length costs nothing.
        raw = msgpack.unpackb(frame, raw=False, strict_map_key=True)
    except (ValueError, TypeError, msgpack.exceptions.UnpackException) as err:
        raise ProtocolError(f"the head is not msgpack: {err or type(err).__name__}") from None
    if isinstance(raw, dict) and raw.get("v") != PROTOCOL:
        raise ProtocolError(f"protocol version {raw.get('v')!r} is not spoken here; this side speaks {PROTOCOL}")
    try:
        return msgspec.convert(raw, Head)
    except msgspec.ValidationError as err:
        raise ProtocolError(f"the head breaks the message format: {err}") from None


def unpack(frames: Sequence[Buffer]) -> Envelope:
    """A message from its frames, everything checked: version, kind, body, and each buffer's size.

    Raises:
        ProtocolError: a rule of the format is broken; the text says which.
        MessageTooLargeError: a limit is exceeded.
        MattebridgeError: the body's own check refuses a value.
    """
    if not frames:
        raise ProtocolError("an empty message; at least a head is expected")
    head = read_head(frames[0])
    cls = KINDS.get(head.kind)
    if cls is None:
        raise ProtocolError(f"unknown kind {head.kind!r}; known are {', '.join(KINDS)}")
    buffers = frames[1:]
    if len(buffers) != len(head.buffers):
        raise ProtocolError(f"the head announces {len(head.buffers)} buffers, but {len(buffers)} came")
    _check_sizes([len(buffer) for buffer in buffers])
    arrays = []
    for position, (spec, buffer) in enumerate(zip(head.buffers, buffers)):
        expected = _spec_bytes(spec)
        if len(buffer) != expected:
            raise ProtocolError(
                f"buffer {position} is {spec.dtype} of shape {spec.shape}, {expected} bytes, but has {len(buffer)}"
            )
        arrays.append(Array(spec.dtype, spec.shape, buffer))
    try:
        body = msgspec.convert(head.body, cls)
    except msgspec.ValidationError as err:
        raise ProtocolError(f"the body of {head.kind!r} breaks the message format: {err}") from None
    return Envelope(head.kind, head.id, body, tuple(arrays))


def _spec_bytes(spec: BufferSpec) -> int:
    item = _ITEM_BYTES.get(spec.dtype)
    if item is None:
        raise ProtocolError(f"unknown dtype {spec.dtype!r}; known are {', '.join(_ITEM_BYTES)}")
    if any(side < 0 for side in spec.shape):
        raise ProtocolError(f"shape {spec.shape} has a negative side")
    return item * math.prod(spec.shape)


def _check_sizes(sizes: Sequence[int]) -> None:
    if len(sizes) > MAX_BUFFERS:
        raise MessageTooLargeError(f"{len(sizes)} buffers; at most {MAX_BUFFERS} are allowed")
    if sum(sizes) > MAX_BUFFERS_BYTES:
        raise MessageTooLargeError(f"{sum(sizes)} bytes of buffers; at most {MAX_BUFFERS_BYTES} are allowed")
