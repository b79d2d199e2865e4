"""The worker's socket: receive, check, answer, stream events."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import zmq

from bridge import wire
from bridge.errors import BadRequestError, InternalError, KeysError, MattebridgeError, WorkerUnavailableError
from bridge.keys import WorkerKeys
from bridge.launch import parse_address
from bridge.messages import (
    Cancel,
    Describe,
    DescribeReply,
    ErrorReply,
    Export,
    Hello,
    HelloReply,
    JobEvent,
    JobInfo,
    JobReply,
    Jobs,
    JobsReply,
    Message,
    Metrics,
    MetricsReply,
    Segment,
    SegmentReply,
    Watch,
)
from bridge.outbox import Outbox
from bridge.request import MatteRequest
from bridge.version import version
from worker.admission import admit
from worker.clients import Presence, Unsent
from worker.fair_queue import FairQueue
from worker.faults import as_known_error
from worker.job_files import JobFiles
from worker.jobs import JobBook, job_id
from worker.metrics import Tally
from worker.progress import Progress

log = logging.getLogger(__name__)

_LOOPBACK = ("127.0.0.1", "localhost", "::1")

_CHECKS_AT_ONCE = 2

_WAITING = 200
_WAITING_OF_ONE = 16
"""How many requests of a kind may wait for their turn, in all and of one client."""

_SMALL = 2
"""Frames of an answer without arrays: whom it goes to, and its head."""

_TICK_MS = 200


class Inference(Protocol):
    """What carries requests out: a `worker.supervisor.Supervisor`, or a `worker.engine.Engine` in this process."""

    @property
    def device_words(self) -> str: ...

    @property
    def ready(self) -> bool: ...

    @property
    def losses(self) -> int: ...

    def check(self, request: MatteRequest) -> tuple[str, ...]: ...

    def export(self, request: MatteRequest, progress: Progress) -> Path: ...

    def segment(self, message: Segment, arrays: Sequence[wire.Array]) -> tuple[SegmentReply, list[wire.Array]]: ...

    def describe(self) -> DescribeReply: ...


@dataclass(frozen=True)
class _Sender:
    """Whom an answer goes to: the client's identity and the id of its request."""

    identity: bytes
    request_id: str


class Service:
    """A worker's ROUTER socket and everything behind it.

    `run` owns the socket. Requests that take time - checking an export, a single plate - are carried out by
    small pools of threads, so that the socket always answers at once; what they have to say goes out through
    the outbox.
    """

    def __init__(
        self,
        address: str,
        engine: Inference,
        *,
        idle_exit_s: float | None = None,
        open_files: Callable[[str], JobFiles | None] = lambda _: None,
        keys: WorkerKeys | None = None,
    ) -> None:
        """Bind the address, and take up the jobs that were left there.

        Args:
            address: ``tcp://127.0.0.1:5570``; port 0 picks a free one. An address that is not loopback needs
                `keys`.
            engine: What carries requests out.
            idle_exit_s: `run` returns after so many seconds without requests and jobs; None for never.
            open_files: Opens the files of jobs for an address; called once that is ours.
            keys: Serve only clients that have a key on the list; None to serve every process of this machine.

        Raises:
            KeysError: the address is not loopback, and there are no keys.
            BadRequestError: the address does not parse.
            WorkerUnavailableError: the address is taken.
        """
        host, port = parse_address(address)
        if host not in _LOOPBACK and keys is None:
            raise KeysError(
                f"without keys a worker listens on loopback addresses only, not on {host}; make keys with "
                "`mattebridge keys`, and start it with --key and --clients (docs/security.md), or use a tunnel"
            )
        self._engine = engine
        self._idle_exit_s = idle_exit_s
        self._began = time.monotonic()
        self._active = self._began
        self._stop = threading.Event()
        self._outbox: Outbox[list[wire.Buffer]] = Outbox()
        self._subscribers: dict[str, set[_Sender]] = {}
        self._subscribers_lock = threading.Lock()
        # Its own context: the one who judges keys judges for all sockets of a context.
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket: zmq.Socket[bytes] = self._context.socket(zmq.ROUTER)
        self._judge = None if keys is None else admit(keys, self._socket)
        self._socket.setsockopt(zmq.LINGER, 1000)
        # libzmq drops a peer that exceeds this before memory is taken; smaller excesses get an error reply.
        self._socket.setsockopt(zmq.MAXMSGSIZE, wire.MAX_BUFFERS_BYTES)
        try:
            self._socket.bind(f"tcp://{host}:{port or '*'}")
        except zmq.ZMQError as err:
            self._leave()
            raise WorkerUnavailableError(f"cannot listen at {address}: {err.strerror}") from None
        self.address: str = self._socket.getsockopt_string(zmq.LAST_ENDPOINT)
        self._present = Presence()
        self._tally = Tally()
        self._unsent = Unsent()
        self._checks = _desk("requests", _CHECKS_AT_ONCE)
        self._plates = _desk("plates", 1)
        self._jobs = JobBook(engine.export, self._publish, open_files(self.address))

    def run(self) -> None:
        """Serve until `stop` is called or the worker has been idle for long enough."""
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._outbox.fileno(), zmq.POLLIN)
        log.info("listening at %s", self.address)
        try:
            while not self._stop.is_set() and not self._idle_for_long():
                self._serve(poller)
            # Clients are answered while the frames under way are finished.
            closing = threading.Thread(target=self._jobs.close, name="mattebridge-closing")
            closing.start()
            while closing.is_alive():
                self._serve(poller)
        finally:
            self._jobs.close()
            self._checks.close()
            self._plates.close()
            self._send_waiting()
            self._leave()
            self._outbox.close()

    def _leave(self) -> None:
        """Give the address up."""
        self._socket.close()
        if self._judge is not None:
            self._judge.stop()
        self._context.term()

    def _serve(self, poller: zmq.Poller) -> None:
        """Take what has come and send what waits, or return after a moment without either."""
        for job in self._present.abandoned():
            log.info("job %s is cancelled: whoever asked for it is gone", job)
            self._jobs.cancel(job)
        for source, _ in poller.poll(_TICK_MS):
            if source is self._socket:
                frames = self._socket.recv_multipart(copy=False)
                self._receive(frames[0].bytes, [frame.buffer for frame in frames[1:]])
            else:
                self._send_waiting()

    def stop(self) -> None:
        """Make `run` return soon; may be called from any thread or a signal handler."""
        self._stop.set()

    def _idle_for_long(self) -> bool:
        now = time.monotonic()
        if self._jobs.busy():
            self._active = now
        return self._idle_exit_s is not None and now - self._active > self._idle_exit_s

    def _send_waiting(self) -> None:
        for frames in self._outbox.drain():
            if len(frames) > _SMALL:
                tracker = self._socket.send_multipart(frames, copy=False, track=True)
                self._unsent.add(bytes(frames[0]), tracker, sum(map(len, frames)))
            else:
                self._socket.send_multipart(frames)

    def _send(self, to: _Sender, message: Message, arrays: Sequence[wire.Array] = ()) -> None:
        if isinstance(message, ErrorReply):
            self._tally.error(message.code)
        self._outbox.put([to.identity, *wire.pack(message, to.request_id, arrays)])

    def _receive(self, identity: bytes, frames: list[memoryview]) -> None:
        self._active = time.monotonic()
        self._present.heard(identity)
        sender = _Sender(identity, "")
        try:
            if frames:
                sender = _Sender(identity, wire.read_head(frames[0]).id)
            envelope = wire.unpack(frames)
            self._dispatch(sender, envelope)
        except MattebridgeError as err:
            self._send(sender, ErrorReply(code=err.code, message=str(err)))

    def _dispatch(self, sender: _Sender, envelope: wire.Envelope) -> None:
        body = envelope.body
        self._tally.request(envelope.kind)
        if isinstance(body, Hello):
            uptime_s = time.monotonic() - self._began
            device = self._engine.device_words
            self._send(sender, HelloReply(version=version(), pid=os.getpid(), device=device, uptime_s=uptime_s))
        elif isinstance(body, Describe):
            self._later(self._checks, sender, lambda: self._send(sender, self._engine.describe()))
        elif isinstance(body, Export):
            self._later(self._checks, sender, lambda: self._export(sender, body))
        elif isinstance(body, Segment):
            self._unsent.check(sender.identity)
            self._later(self._plates, sender, lambda: self._segment(sender, body, envelope.arrays))
        elif isinstance(body, Jobs):
            self._send(sender, JobsReply(jobs=self._jobs.all()))
        elif isinstance(body, Metrics):
            self._send(sender, MetricsReply(text=self._figures()))
        elif isinstance(body, Cancel):
            self._send(sender, JobReply(info=self._jobs.cancel(body.job)))
        elif isinstance(body, Watch):
            self._watch(sender, body)
        else:
            raise BadRequestError(f"{envelope.kind!r} is an answer, not a request")

    def _figures(self) -> str:
        return self._tally.text(
            self._jobs.all(),
            ready=self._engine.ready,
            uptime_s=time.monotonic() - self._began,
            losses=self._engine.losses,
        )

    def _later(self, desk: FairQueue[Callable[[], None]], sender: _Sender, act: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                act()
            except Exception as err:
                known = as_known_error(err)
                if isinstance(known, InternalError):
                    log.exception("a request failed")
                self._send(sender, ErrorReply(code=known.code, message=str(known)))

        desk.put(guarded, sender.identity.hex())

    def _export(self, sender: _Sender, body: Export) -> None:
        notices = self._engine.check(body.request)
        # Subscribed before the job can begin, so that its first event finds the subscriber.
        self._subscribe(job_id(body.request), sender)
        self._present.depends(job_id(body.request), sender.identity, keep_going=body.keep_going)
        self._send(sender, JobReply(info=self._jobs.submit(body.request, notices, sender.identity.hex())))

    def _watch(self, sender: _Sender, body: Watch) -> None:
        if body.instead is not None:
            with self._subscribers_lock:
                self._subscribers.get(body.job, set()).discard(_Sender(sender.identity, body.instead))
        if not self._jobs.get(body.job).state.is_final:
            self._subscribe(body.job, sender)
        # Looked up again: the job may have ended before the subscription, and then sends no more events.
        self._send(sender, JobReply(info=self._jobs.get(body.job)))

    def _segment(self, sender: _Sender, body: Segment, arrays: Sequence[wire.Array]) -> None:
        reply, mattes = self._engine.segment(body, arrays)
        self._send(sender, reply, mattes)

    def _subscribe(self, job: str, sender: _Sender) -> None:
        with self._subscribers_lock:
            self._subscribers.setdefault(job, set()).add(sender)

    def _publish(self, info: JobInfo) -> None:
        with self._subscribers_lock:
            senders = list(self._subscribers.get(info.job, ()))
            if info.state.is_final:
                self._tally.ended(info.state)
                if info.error_code is not None:
                    self._tally.error(info.error_code)
                self._subscribers.pop(info.job, None)
                self._present.forget(info.job)
        for sender in senders:
            self._send(sender, JobEvent(info=info))


def _desk(what: str, threads: int) -> FairQueue[Callable[[], None]]:
    """A queue of acts with threads that carry them out until it is closed."""
    waiting: FairQueue[Callable[[], None]] = FairQueue(what, _WAITING, _WAITING_OF_ONE)

    def serve() -> None:
        while (act := waiting.get()) is not None:
            act()

    for _ in range(threads):
        threading.Thread(target=serve, name=f"mattebridge-{what}", daemon=True).start()
    return waiting
