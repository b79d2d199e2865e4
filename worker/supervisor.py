"""The service's side of the inference process: starts it, calls it, and starts another where it ends."""

from __future__ import annotations

import contextlib
import itertools
import logging
import queue
from collections.abc import Callable, Sequence
from pathlib import Path

from bridge.errors import (
    DeviceMemoryError,
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
    Run,
    Stop,
)
from worker.engine_process import EngineSettings, MakeEngine, make_engine
from worker.inference_life import STARTING, Answer, Life
from worker.inference_lives import Lives
from worker.losses import MOST_FRAMES, Attempts, Lost, LostError, Told, known
from worker.progress import Progress
from worker.watchdog import Limits

log = logging.getLogger(__name__)

_HEAR_STOP_S = 0.05


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
        self._ids = itertools.count(1)
        self._lives = Lives((settings, make, log_level, json_log), Limits() if limits is None else limits)

    @property
    def fatal(self) -> MattebridgeError | None:
        """Why there is no inference process and will be none; None as long as there is."""
        return self._lives.fatal

    @property
    def losses(self) -> int:
        """How many inference processes ended by themselves."""
        return self._lives.losses

    @property
    def device_words(self) -> str:
        """The device for people, or `STARTING`."""
        return self._lives.now.device

    @property
    def ready(self) -> bool:
        """Whether the inference process has loaded what it needs."""
        return self._lives.now.device != STARTING

    @property
    def pid(self) -> int | None:
        """The inference process that is there now."""
        return self._lives.now.process.pid

    @property
    def held(self) -> Held | None:
        """The memory that the inference process told last; None until it has."""
        return self._lives.now.held

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
                if not attempts.another(err, got_on=told.got_on) or self._lives.closing:
                    raise known(err) from None
                log.warning(
                    "the export of %s is taken up again%s: %s",
                    request.source,
                    ", carefully" if attempts.careful else "",
                    err,
                )

    def on_fatal(self, act: Callable[[], None]) -> None:
        """Have something called, from another thread, once the process can not be started; `fatal` says why."""
        self._lives.on_fatal(act)

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process after the frames under way; calls still open end with an error."""
        self._lives.close()

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
                if losses > 1 or others > MOST_FRAMES or self._lives.closing:
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
        life = self._lives.enter(call, waiting, repeated=repeated)
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
            self._lives.leave(life, call)

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
