"""The worker's socket: receive, check, answer, stream events."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence

import zmq

from bridge import wire
from bridge.errors import BadRequestError, InternalError, KeysError, MattebridgeError, WorkerUnavailableError
from bridge.keys import WorkerKeys
from bridge.launch import parse_address
from bridge.messages import (
    Cancel,
    Describe,
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
    Watch,
)
from bridge.version import version
from worker.admission import AllowList, admit, key_of
from worker.clients import Presence, Sender, Watchers
from worker.desk import Desk
from worker.faults import as_known_error
from worker.inference import Inference
from worker.job_files import JobFiles
from worker.jobs import JobBook, job_id
from worker.mail import Mail
from worker.metrics import Tally
from worker.socket_limits import set_limits

log = logging.getLogger(__name__)

_LOOPBACK = ("127.0.0.1", "localhost", "::1")

_CHECKS_AT_ONCE = 2

_RETRY_MS = 20
"""How soon a client that took nothing is tried again."""

_TICK_MS = 200


class Service:
    """A worker's ROUTER socket and everything behind it.

    `run` owns the socket. Requests that take time - checking an export, a single plate - are carried out by
    small pools of threads, so that the socket always answers at once; what they have to say goes out through
    the mail.
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
        self._mail = Mail()
        self._watchers = Watchers()
        # Its own context: the one who judges keys judges for all sockets of a context.
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket: zmq.Socket[bytes] = self._context.socket(zmq.ROUTER)
        self._clients = None if keys is None else AllowList(keys.clients)
        self._judge = None if keys is None or self._clients is None else admit(keys, self._clients, self._socket)
        set_limits(self._socket)
        try:
            self._socket.bind(f"tcp://{host}:{port or '*'}")
        except zmq.ZMQError as err:
            self._leave()
            raise WorkerUnavailableError(f"cannot listen at {address}: {err.strerror}") from None
        self.address: str = self._socket.getsockopt_string(zmq.LAST_ENDPOINT)
        self._present = Presence()
        self._tally = Tally()
        self._checks = Desk("requests", _CHECKS_AT_ONCE)
        self._plates = Desk("plates", 1)
        self._jobs = JobBook(engine.export, self._publish, open_files(self.address))

    def run(self) -> None:
        """Serve until `stop` is called or the worker has been idle for long enough."""
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._mail.fileno(), zmq.POLLIN)
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
            self._deliver()
            self._leave()
            self._mail.close()

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
        for source, _ in poller.poll(_RETRY_MS if self._mail.waits else _TICK_MS):
            if source is self._socket:
                frames = self._socket.recv_multipart(copy=False)
                sender = Sender(frames[0].bytes, "", b"" if self._clients is None else key_of(frames[-1]))
                self._receive(sender, [frame.buffer for frame in frames[1:]])
        self._deliver()

    def _deliver(self) -> None:
        for identity in self._mail.deliver(self._socket):
            self._watchers.leave(identity)

    def stop(self) -> None:
        """Make `run` return soon; may be called from any thread or a signal handler."""
        self._stop.set()

    def _idle_for_long(self) -> bool:
        now = time.monotonic()
        if self._jobs.busy():
            self._active = now
        return self._idle_exit_s is not None and now - self._active > self._idle_exit_s

    def _send(self, to: Sender, message: Message, arrays: Sequence[wire.Array] = ()) -> None:
        if isinstance(message, ErrorReply):
            self._tally.error(message.code)
        self._mail.put(to, message, arrays)

    def _receive(self, sender: Sender, frames: list[memoryview]) -> None:
        if not self._is_admitted(sender) or self._mail.is_cut(sender.identity):
            return
        self._active = time.monotonic()
        self._present.heard(sender.identity)
        try:
            if frames:
                sender = Sender(sender.identity, wire.read_head(frames[0]).id, sender.key)
            envelope = wire.unpack(frames)
            self._dispatch(sender, envelope)
        except MattebridgeError as err:
            self._send(sender, ErrorReply(code=err.code, message=str(err)))

    def _is_admitted(self, sender: Sender) -> bool:
        """Whether a client is still on the list; one that is not hears no more, over its old connection either."""
        if self._clients is None or self._clients.holds(sender.key):
            return True
        self._watchers.leave(sender.identity)
        self._mail.forget(sender.identity)
        return False

    def _dispatch(self, sender: Sender, envelope: wire.Envelope) -> None:
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
            self._mail.check(sender.identity)
            size_bytes = sum(len(array.data) for array in envelope.arrays)
            self._later(self._plates, sender, lambda: self._segment(sender, body, envelope.arrays), size_bytes)
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
            held=self._engine.held,
        )

    def _later(self, desk: Desk, sender: Sender, act: Callable[[], None], size_bytes: int = 0) -> None:
        def guarded() -> None:
            try:
                act()
            except Exception as err:
                known = as_known_error(err)
                if isinstance(known, InternalError):
                    log.exception("a request failed")
                self._send(sender, ErrorReply(code=known.code, message=str(known)))

        desk.put(guarded, sender.identity.hex(), size_bytes)

    def _export(self, sender: Sender, body: Export) -> None:
        notices = self._engine.check(body.request)
        job = job_id(body.request)
        # Watched before the job can begin, so that its first event finds the watcher.
        self._watchers.add(job, sender)
        self._present.depends(job, sender.identity, keep_going=body.keep_going)
        try:
            info = self._jobs.submit(body.request, notices, sender.identity.hex())
        except MattebridgeError:
            self._watchers.drop(job, sender)
            raise
        self._send(sender, JobReply(info=info))

    def _watch(self, sender: Sender, body: Watch) -> None:
        if body.instead is not None:
            self._watchers.drop(body.job, Sender(sender.identity, body.instead, sender.key))
        if not self._jobs.get(body.job).state.is_final:
            self._watchers.add(body.job, sender)
        # Looked up again: the job may have ended before it was watched, and then sends no more events.
        info = self._jobs.get(body.job)
        if info.state.is_final:
            self._watchers.drop(body.job, sender)
        self._send(sender, JobReply(info=info))

    def _segment(self, sender: Sender, body: Segment, arrays: Sequence[wire.Array]) -> None:
        # Looked at again: others were made since it was asked for.
        self._mail.check(sender.identity)
        reply, mattes = self._engine.segment(body, arrays)
        self._send(sender, reply, mattes)

    def _publish(self, info: JobInfo) -> None:
        watchers = self._watchers.of(info.job)
        if info.state.is_final:
            self._tally.ended(info.state)
            if info.error_code is not None:
                self._tally.error(info.error_code)
            self._watchers.end(info.job)
            self._present.forget(info.job)
        for watcher in watchers:
            if self._is_admitted(watcher):
                self._send(watcher, JobEvent(info=info))
