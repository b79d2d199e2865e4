"""Messages survive the wire, and broken ones are named, not obeyed."""

from __future__ import annotations

import msgpack
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import wire
from bridge.borders import Border, BorderKind, BorderPolicy, Length, Unit
from bridge.errors import MattebridgeError, MessageTooLargeError, PolicyError, ProtocolError
from bridge.messages import (
    KINDS,
    PROTOCOL,
    Cancel,
    ErrorReply,
    Export,
    Hello,
    JobInfo,
    JobReply,
    JobState,
    Message,
    Segment,
)
from bridge.request import MatteRequest, OnError

REQUEST = MatteRequest(
    source="/shots/plate.####.exr",
    out="/mattes",
    frames="1001-1100",
    categories=("person", "sky"),
    policy=BorderPolicy({"person": Border(BorderKind.FEATHER, width=Length(0.5, Unit.PCT))}),
    on_error=OnError.HOLD,
)


@pytest.mark.parametrize(
    "message",
    [
        Hello(),
        Export(request=REQUEST),
        Cancel(job="ab"),
        ErrorReply(code="policy", message="größer"),
        JobReply(info=JobInfo(job="1", state=JobState.RUNNING, source="s", out="o", left_s=1.5)),
    ],
    ids=lambda message: type(message).__name__,
)
def test_a_message_comes_back_equal(message: Message) -> None:
    envelope = wire.unpack(wire.pack(message, "7"))
    assert envelope.body == message
    assert envelope.id == "7"


def test_arrays_travel_behind_the_head_without_a_copy() -> None:
    data = bytes(range(2 * 2 * 3))
    frames = wire.pack(Segment(), "1", [wire.Array("u1", (2, 2, 3), data)])
    assert memoryview(frames[1]).obj is data
    (array,) = wire.unpack(frames).arrays
    assert (array.dtype, array.shape, bytes(array.data)) == ("u1", (2, 2, 3), data)


def _head(**changes: object) -> bytes:
    head: dict[str, object] = {"v": PROTOCOL, "kind": "hello", "id": "1", "body": {}, "buffers": []}
    head.update(changes)
    packed: bytes = msgpack.packb(head)
    return packed


@pytest.mark.parametrize(
    ("frames", "says"),
    [
        pytest.param([], "empty message", id="nothing at all"),
        pytest.param([b"\xc1"], "not msgpack", id="a byte that msgpack never uses"),
        pytest.param([_head()[:-1]], "not msgpack", id="cut off"),
        pytest.param([b"\x91" * 100_000], "not msgpack", id="nested beyond reason"),
        pytest.param([b"\xdd\xff\xff\xff\xff"], "not msgpack", id="a list that claims four billion items"),
        pytest.param([_head(v=99)], "protocol version 99", id="a version from the future"),
        pytest.param([_head(kind="launch")], "unknown kind 'launch'", id="unknown kind"),
        pytest.param([_head(id=7)], "Expected `str`, got `int`", id="an id of the wrong type"),
        pytest.param([_head(body={"x": 1})], "unknown field `x`", id="a field nobody knows"),
        pytest.param([_head(kind="cancel")], "missing required field `job`", id="a field left out"),
        pytest.param([_head(), b"abc"], "announces 0 buffers, but 1 came", id="a buffer too many"),
        pytest.param(
            [_head(buffers=[{"dtype": "u1", "shape": [2, 2]}]), b"abc"], "4 bytes, but has 3", id="a short buffer"
        ),
        pytest.param(
            [_head(buffers=[{"dtype": "O", "shape": [1]}]), b"a"], "unknown dtype 'O'", id="a dtype nobody knows"
        ),
        pytest.param(
            [_head(buffers=[{"dtype": "u1", "shape": [-1, -1]}]), b"a"], "negative side", id="a negative shape"
        ),
    ],
)
def test_a_broken_message_is_named(frames: list[bytes], says: str) -> None:
    with pytest.raises(ProtocolError, match=says):
        wire.unpack(frames)


def test_a_head_above_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(MessageTooLargeError, match="head has"):
        wire.unpack([b"\x00" * (wire.MAX_HEAD_BYTES + 1)])


def test_buffers_above_the_limit_are_refused_before_they_are_sent() -> None:
    huge = wire.Array("u1", (wire.MAX_BUFFERS_BYTES + 1,), b"")
    with pytest.raises(MessageTooLargeError, match="bytes of buffers"):
        wire.pack(Segment(), "1", [huge])


def test_a_policy_that_cannot_be_used_is_a_policy_error() -> None:
    body = msgspec.to_builtins(Export(request=REQUEST))
    body["request"]["policy"]["rows"]["person"]["contrast"] = 0.0
    with pytest.raises(PolicyError, match="contrast"):
        wire.unpack([_head(kind="export", body=body)])


@given(st.lists(st.binary(max_size=200), max_size=4))
def test_noise_is_refused(frames: list[bytes]) -> None:
    with pytest.raises(MattebridgeError):
        wire.unpack(frames)


@given(
    kind=st.sampled_from(sorted(KINDS)),
    body=st.recursive(
        st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    ),
)
def test_a_body_of_the_wrong_type_is_refused_or_read_never_worse(kind: str, body: object) -> None:
    try:
        envelope = wire.unpack([_head(kind=kind, body=body)])
    except MattebridgeError:
        return
    assert isinstance(envelope.body, KINDS[kind])
