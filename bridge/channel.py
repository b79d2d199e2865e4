"""The client's end of the wire: one DEALER socket, questions with answers, and events."""

from __future__ import annotations

import itertools
import threading
import time
import uuid
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING, Callable, Optional

import zmq

from bridge import wire
from bridge.errors import MattebridgeError, ProtocolError, WorkerLostError, from_wire
from bridge.messages import ErrorReply, Hello, JobEvent, JobInfo, Message
from bridge.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.keys import ClientKeys

PATIENCE_S = 6.0
"""How long a worker may be silent, pings included, before it counts as lost."""

_PING_EVERY_S = 1.5
_PING_AGAIN_S = 3.0
"""A ping without an answer may wait in the socket for a worker that comes back: not many of them shall pile up."""

_LOOK_EVERY_MS = 250

EventSink = Callable[[JobInfo], None]


class Channel:
    """A connection to a worker, usable from any thread.

    A thread of its own owns the socket: it sends what callers queue, hands answers to whoever asked, and events
    to the sinks of their job. Sinks run in that thread and must only hand the event on. While anybody waits for
    an answer or for events it pings the worker, which so knows that this client lives, and answers.
    """

    def __init__(self, address: str, keys: Optional[ClientKeys] = None) -> None:
        self.address = address
        self._keys = keys
        self._ids = itertools.count(1)
        self._prefix = uuid.uuid4().hex[:8]
        self._outbox: Outbox[list[wire.Buffer]] = Outbox()
        self._lock = threading.Lock()
        self._waiting: dict[str, Future[wire.Envelope]] = {}
        self._sinks: dict[str, EventSink] = {}
        self._heard_at = self._pinged_at = self._wanted_at = time.monotonic()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mattebridge-channel", daemon=True)
        self._thread.start()

    def ask(
        self,
        message: Message,
        arrays: Sequence[wire.Array] = (),
        *,
        timeout_s: Optional[float] = None,
        sink: Optional[EventSink] = None,
    ) -> wire.Envelope:
        """Send a request and wait for its answer.

        Without `timeout_s` the wait goes on for as long as the worker answers pings. With a `sink` the events
        that the request brings go to it, from the first one on, until `unlisten` is called with the id of the
        answer.

        Raises:
            WorkerLostError: no answer in time, or a silent worker.
            MattebridgeError: the worker answered with an error; its class follows the error's code.
        """
        request_id, future = self._send(message, arrays, sink)
        try:
            return self._await(future, timeout_s)
        except BaseException:
            self.unlisten(request_id)
            raise
        finally:
            with self._lock:
                self._waiting.pop(request_id, None)

    def unlisten(self, request_id: str) -> None:
        """Drop the sink of a request; one that is not there is no error."""
        with self._lock:
            self._sinks.pop(request_id, None)

    @property
    def lost(self) -> bool:
        """Whether the worker has been silent for `PATIENCE_S` while somebody waited for it."""
        return self._is_wanted() and time.monotonic() - max(self._heard_at, self._wanted_at) > PATIENCE_S

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed.is_set()

    def close(self) -> None:
        """Close the socket; questions still open end with `WorkerLostError`."""
        if not self._closed.is_set():
            self._closed.set()
            self._outbox.put([])
            self._thread.join(timeout=5)

    def _send(
        self, message: Message, arrays: Sequence[wire.Array] = (), sink: Optional[EventSink] = None
    ) -> tuple[str, Future[wire.Envelope]]:
        if self._closed.is_set():
            raise WorkerLostError("this client is closed; connect again")
        request_id = f"{self._prefix}-{next(self._ids)}"
        frames = wire.pack(message, request_id, arrays)
        future: Future[wire.Envelope] = Future()
        with self._lock:
            if not self._waiting and not self._sinks:
                self._wanted_at = time.monotonic()
            self._waiting[request_id] = future
            if sink is not None:
                self._sinks[request_id] = sink
        self._outbox.put(frames)
        return request_id, future

    def _await(self, future: Future[wire.Envelope], timeout_s: Optional[float]) -> wire.Envelope:
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            wait_s = _LOOK_EVERY_MS / 1000
            if deadline is not None:
                wait_s = min(wait_s, max(0.0, deadline - time.monotonic()))
            try:
                return future.result(timeout=wait_s)
            except FutureTimeoutError:
                if deadline is not None and time.monotonic() >= deadline:
                    raise WorkerLostError(
                        f"the worker at {self.address} did not answer in {timeout_s:g} s"
                    ) from None
                if self.lost:
                    raise WorkerLostError(f"the worker at {self.address} has stopped answering") from None

    def _run(self) -> None:
        socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.DEALER)
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.MAXMSGSIZE, wire.MAX_BUFFERS_BYTES)
        if self._keys is not None:
            socket.curve_serverkey = self._keys.worker_public
            socket.curve_publickey = self._keys.public
            socket.curve_secretkey = self._keys.secret
        socket.connect(self.address)
        poller = zmq.Poller()
        poller.register(socket, zmq.POLLIN)
        poller.register(self._outbox.fileno(), zmq.POLLIN)
        try:
            while not self._closed.is_set():
                if self._ping_is_due():
                    socket.send_multipart(wire.pack(Hello(), f"{self._prefix}-ping"), copy=False)
                for source, _ in poller.poll(_LOOK_EVERY_MS if self._is_wanted() else None):
                    if source is socket:
                        self._receive([frame.buffer for frame in socket.recv_multipart(copy=False)])
                    else:
                        for frames in self._outbox.drain():
                            if frames:
                                socket.send_multipart(frames, copy=False)
        finally:
            socket.close()
            self._outbox.close()
            with self._lock:
                waiting = list(self._waiting.values())
                self._waiting.clear()
            for future in waiting:
                future.set_exception(WorkerLostError("the client was closed while a question was open"))

    def _is_wanted(self) -> bool:
        """Whether anybody waits for an answer or for events."""
        with self._lock:
            return bool(self._waiting or self._sinks)

    def _ping_is_due(self) -> bool:
        now = time.monotonic()
        pause_s = _PING_EVERY_S if self._heard_at >= self._pinged_at else _PING_AGAIN_S
        if not self._is_wanted() or now - self._pinged_at < pause_s:
            return False
        self._pinged_at = now
        return True

    def _receive(self, frames: list[memoryview]) -> None:
        self._heard_at = time.monotonic()
        future: Optional[Future[wire.Envelope]] = None
        try:
            request_id = wire.read_head(frames[0]).id
            with self._lock:
                future = self._waiting.get(request_id)
            envelope = wire.unpack(frames)
        except MattebridgeError as err:
            # Without a readable id nobody can be told; the question then ends by its time limit.
            if future is not None:
                future.set_exception(ProtocolError(f"an answer of the worker cannot be read: {err}"))
            return
        if isinstance(envelope.body, JobEvent):
            with self._lock:
                sink = self._sinks.get(request_id)
            if sink is not None:
                sink(envelope.body.info)
            return
        with self._lock:
            future = self._waiting.pop(request_id, None)
        if future is None:
            return
        if isinstance(envelope.body, ErrorReply):
            future.set_exception(from_wire(envelope.body.code, envelope.body.message))
        else:
            future.set_result(envelope)
