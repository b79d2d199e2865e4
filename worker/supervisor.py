"""The service's side of the inference process: starts it, calls it, and starts another where it ends."""

from __future__ import annotations

import contextlib
import itertools
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from multiprocessing.context import SpawnProcess
from pathlib import Path

import msgspec

from bridge.errors import (
    DeviceFailedError,
    DeviceMemoryError,
    InferenceLostError,
    JobCancelledError,
    MattebridgeError,
    from_wire,
)
from bridge.messages import DescribeReply, Segment, SegmentReply
from bridge.request import MatteRequest
from bridge.wire import Array
from worker.engine_link import (
    Check,
    Describe,
    Ended,
    Failed,
    Held,
    Message,
    Plate,
    Progressed,
    Quit,
    Ready,
    Run,
    Stop,
)
from worker.engine_process import EngineSettings, MakeEngine, make_engine
from worker.inference_life import STARTING, Answer, Life, loss_of, start
from worker.losses import MOST_FRAMES, Attempts, Lost, LostError, Told, end_of, known
from worker.progress import Progress
from worker.suspects import Suspects
from worker.watchdog import Limits

log = logging.getLogger(__name__)

_STARTS = 3
"""After so many starts in a row that came to nothing the worker gives up."""

_HEAR_STOP_S = 0.05
_END_S = 25.0


class Supervisor:
    """An engine in a process of its own. Methods may be called from any thread and wait for their answer.

    A call whose process ends is made once more in the next process, an export as one that saves memory; an
    export that got on in between more often. What fails again is an error, unless both processes ended or hung
    while they decoded the same frame: from then on that frame counts as one that cannot be read.
    """

    def __init__(
        self,
        settings: EngineSettings,
        make: MakeEngine = make_engine,
        log_level: int = logging.INFO,
        *,
        json_log: bool = False,
        limits: Limits | None = None,
    ) -> None:
        """Start the process; it loads what it needs while this side goes on.

        Args:
            settings: What the engine is made from.
            make: Makes the engine, in the new process.
            log_level: The level of the new process's log, which goes to the same place.
            json_log: Whether that log is one JSON object a line.
            limits: How long the process may be silent before it counts as hung.
        """
        self._arguments = (settings, make, log_level, json_log)
        self._on_fatal: Callable[[], None] = lambda: None
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._closing = False
        self._suspects = Suspects()
        self._limits = Limits() if limits is None else limits
        self._idle_starts = 0
        self.fatal: MattebridgeError | None = None
        """Why there is no inference process and will be none; None as long as there is."""
        self.losses = 0
        """How many inference processes ended by themselves."""
        # Under the lock: a process that ends at once is only buried when it is known.
        with self._lock:
            self._life = self._start()

    @property
    def device_words(self) -> str:
        """The device for people, or `STARTING`."""
        return self._life.device

    @property
    def ready(self) -> bool:
        """Whether the inference process has loaded what it needs."""
        return self._life.device != STARTING

    @property
    def pid(self) -> int | None:
        """The inference process that is there now."""
        return self._life.process.pid

    @property
    def held(self) -> Held | None:
        """The memory that the inference process told last; None until it has."""
        return self._life.held

    def check(self, request: MatteRequest) -> tuple[str, ...]:
        """As `worker.engine.Engine.check`."""
        ended, _ = self._call_again(lambda call: Check(call, request))
        return ended.notices

    def describe(self) -> DescribeReply:
        """As `worker.engine.Engine.describe`."""
        ended, _ = self._call_again(Describe)
        assert ended.abilities is not None
        return ended.abilities

    def segment(self, message: Segment, arrays: Sequence[Array]) -> tuple[SegmentReply, list[Array]]:
        """As `worker.engine.Engine.segment`."""
        ended, mattes = self._call_again(lambda call: Plate(call, message), arrays)
        assert ended.mattes is not None
        return ended.mattes, list(mattes)

    def export(self, request: MatteRequest, progress: Progress) -> Path:
        """As `worker.engine.Engine.export`; taken up again where the process ends or memory is short.

        Raises:
            DeviceMemoryError: there is too little memory with the smallest batches, too.
            InferenceLostError: the process ended again at the same place, or over one frame after the other.
        """
        attempts = Attempts()
        while True:
            told = Told(progress)
            careful = attempts.careful
            try:
                ended, _ = self._call(lambda call: Run(call, request, careful), (), told)  # noqa: B023
                assert ended.manifest is not None
                return Path(ended.manifest)
            except (DeviceMemoryError, LostError) as err:
                if not attempts.another(err, got_on=told.got_on) or self._closing:
                    raise known(err) from None
                log.warning(
                    "the export of %s is taken up again%s: %s",
                    request.source,
                    ", carefully" if attempts.careful else "",
                    err,
                )

    def on_fatal(self, act: Callable[[], None]) -> None:
        """Have something called, from another thread, once the process can not be started; `fatal` says why."""
        with self._lock:
            self._on_fatal = act
            late = self.fatal is not None
        if late:
            act()

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process after the frames under way; calls still open end with an error."""
        with self._lock:
            self._closing = True
            life = self._life
        with contextlib.suppress(OSError):
            life.link.send(Quit(0))
        self._see_end(life.process)

    def _see_end(self, process: SpawnProcess) -> None:
        process.join(_END_S)
        if process.is_alive():
            process.kill()
            process.join()

    def _start(self) -> Life:
        life = start(self._arguments, self._suspects, self._limits)
        threading.Thread(target=self._listen, args=(life,), name="mattebridge-inference", daemon=True).start()
        return life

    def _listen(self, life: Life) -> None:
        with contextlib.suppress(EOFError, OSError, msgspec.MsgspecError):
            while True:
                message, arrays = life.link.receive()
                if isinstance(message, Ready):
                    life.device = message.device
                    self._idle_starts = 0
                    log.info("the inference process %s is ready on %s", life.process.pid, message.device)
                elif isinstance(message, Held):
                    life.held = message
                elif isinstance(message, Failed) and message.call == 0:
                    life.failure = from_wire(message.code, message.message)
                elif isinstance(message, Failed) and message.code == DeviceFailedError.code:
                    # The process ends itself now; whoever hears of it shall find the next one.
                    life.last_words[message.call] = (message, arrays)
                else:
                    with self._lock:
                        waiting = life.calls.get(message.call)
                    if waiting is not None:
                        waiting.put((message, arrays))
        self._bury(life)

    def _bury(self, life: Life) -> None:
        """Tell whoever waits for a process that it is gone, and start another."""
        self._see_end(life.process)
        life.link.close()
        end = end_of(life.process.exitcode, life.hung)
        with self._lock:
            before = len(self._suspects.avoided)
            # Where it is plain why the process ended, no frame is to blame.
            plain = bool(life.last_words) or end.from_outside
            under_way = () if plain else life.record.all_under_way()
            verdict = self._suspects.judge(under_way, end.did)
            if not self._closing:
                self.losses += 1
                self._idle_starts += life.device == STARTING
                log.error("%s", end.words)
                for it in under_way:
                    log.error("it was at %s", it.words, extra={"frame": it.frame})
                for avoided in self._suspects.avoided[before:]:
                    log.error("%s; it counts as unreadable now", avoided.words, extra={"frame": avoided.frame})
                if life.failure is not None or self._idle_starts >= _STARTS:
                    self.fatal = life.failure or InferenceLostError(end.words)
                else:
                    self._life = self._start()
            waiting, life.calls = life.calls, {}
            culprits = life.repeated & waiting.keys()
        for call, one in waiting.items():
            one.put(life.last_words.get(call) or loss_of(life, call, end.words, verdict, culprits))
        if self.fatal is not None:
            self._on_fatal()

    def _call_again(
        self, make: Callable[[int], Message], arrays: Sequence[Array] = ()
    ) -> tuple[Ended, tuple[Array, ...]]:
        # The process may have ended for what another call did; whoever is lost twice did it himself.
        losses, others = 0, 0
        while True:
            try:
                return self._call(make, arrays, repeated=losses > 0)
            except LostError as err:
                if err.lost.over_frame or err.lost.blameless:
                    others += 1
                else:
                    losses += 1
                if losses > 1 or others > MOST_FRAMES or self._closing:
                    raise known(err) from None

    def _call(
        self,
        make: Callable[[int], Message],
        arrays: Sequence[Array] = (),
        told: Told | None = None,
        *,
        repeated: bool = False,
    ) -> tuple[Ended, tuple[Array, ...]]:
        call = next(self._ids)
        waiting: queue.SimpleQueue[Answer | Lost] = queue.SimpleQueue()
        with self._lock:
            if self.fatal is not None:
                raise from_wire(self.fatal.code, str(self.fatal))
            if self._closing:
                raise InferenceLostError("the worker is ending")
            life = self._life
            life.calls[call] = waiting
            if repeated:
                life.repeated.add(call)
        # A process that ended meanwhile is heard of through `waiting`.
        with contextlib.suppress(OSError):
            life.link.send(make(call), arrays)
        try:
            while True:
                answer = self._wait(waiting, life, call, told)
                if isinstance(answer, Lost):
                    raise self._loss(answer, told)
                message, mattes = answer
                if isinstance(message, Progressed) and told is not None:
                    told.relay(message)
                elif isinstance(message, Failed):
                    raise from_wire(message.code, message.message)
                elif isinstance(message, Ended):
                    return message, mattes
        finally:
            with self._lock:
                life.calls.pop(call, None)

    def _wait(
        self, waiting: queue.SimpleQueue[Answer | Lost], life: Life, call: int, told: Told | None
    ) -> Answer | Lost:
        """The next answer; tells the process meanwhile where the job is to stop."""
        while told is not None and not told.stopping:
            try:
                return waiting.get(timeout=_HEAR_STOP_S)
            except queue.Empty:
                if told.progress.cancelled.is_set():
                    told.stopping = True
                    with contextlib.suppress(OSError):
                        life.link.send(Stop(call))
        return waiting.get()

    def _loss(self, lost: Lost, told: Told | None) -> Exception:
        if self.fatal is not None:
            return from_wire(self.fatal.code, str(self.fatal))
        if told is not None:
            told.got_on |= lost.blameless or lost.doubted
            if told.progress.cancelled.is_set():
                return JobCancelledError("the job was cancelled; finished frames are kept")
        return LostError(lost)
