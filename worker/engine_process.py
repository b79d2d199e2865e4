"""The inference process: everything that touches torch, pictures or files, apart from the socket.

A library that crashes, a device that fails and a kernel that ends whoever takes too much memory end this process,
not the service above it, which starts another.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

from bridge.errors import DeviceFailedError, InternalError
from bridge.messages import DescribeReply, Segment, SegmentReply
from bridge.request import MatteRequest
from bridge.shared_plate import sweep
from bridge.wire import Array
from worker import logs, signs
from worker.engine_link import (
    Check,
    Describe,
    Ended,
    Failed,
    Held,
    Link,
    Message,
    Plate,
    Progressed,
    Quit,
    Ready,
    Run,
    Stop,
)
from worker.faults import as_known_error
from worker.heap import keep_freed
from worker.jobs import job_id
from worker.progress import Progress
from worker.shared_record import Avoided, Record

log = logging.getLogger(__name__)

_CHECKS_AT_ONCE = 2

_END_WITHIN_S = 20.0
"""How long frames under way may take once the service is gone."""

_HELD_EVERY_S = 2.0
"""How often the process tells how much memory it holds."""

_FIRST_TO_GO = "500"
"""Where memory is short, Linux shall end this process and not the service."""


@dataclass(frozen=True)
class EngineSettings:
    """What an engine is made from; given to the process when it starts."""

    device: str = "auto"
    store: Path | None = None
    """The prediction store's folder; None for the default one."""
    store_limit_bytes: int = 20 << 30
    roots: tuple[str, ...] = ()
    """As for `worker.roots.Roots`."""
    precision: str = "auto"
    """As for `worker.models.base.LoadOptions`."""
    compile_models: bool = False


class Carrier(Protocol):
    """What carries requests out: `worker.engine.Engine`, or something like it."""

    @property
    def device_words(self) -> str: ...

    def check(self, request: MatteRequest) -> tuple[str, ...]: ...

    def export(self, request: MatteRequest, progress: Progress, *, careful: bool = False) -> Path: ...

    def segment(self, message: Segment, arrays: Sequence[Array]) -> tuple[SegmentReply, list[Array]]: ...

    def describe(self) -> DescribeReply: ...

    @property
    def held(self) -> Held: ...

    def close(self) -> None: ...


MakeEngine = Callable[[EngineSettings], Carrier]


def make_engine(settings: EngineSettings) -> Carrier:
    """The real engine; the imports are here, so that the service does not load torch."""
    from worker.device import choose_device
    from worker.engine import Engine
    from worker.models.base import LoadOptions
    from worker.roots import Roots
    from worker.store import Store, default_root

    sweep()
    store = Store(settings.store or default_root(), settings.store_limit_bytes)
    options = LoadOptions(settings.precision, settings.compile_models)
    return Engine(choose_device(settings.device), store, Roots(settings.roots), options)


def run(
    connection: Connection[Any, Any],
    settings: EngineSettings,
    make: MakeEngine,
    log_level: int,
    json_log: bool,
    record: Record,
    avoided: Sequence[Avoided],
    alone: bool,
) -> None:
    """Serve one service until it closes its end of the pipe or is gone; see `worker.signs.adopt` for the rest."""
    faulthandler.enable()
    if hasattr(faulthandler, "register"):
        # Asked by the watchdog before it ends a process that hangs.
        faulthandler.register(signal.SIGUSR1)
    signs.adopt(record, avoided, alone=alone)
    keep_freed()
    # Ctrl-C at a terminal goes to the whole group; it is the service that decides what ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logs.set_up(log_level, as_json=json_log)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO)
    link = Link(connection)
    try:
        engine = make(settings)
    except Exception as err:
        log.exception("the engine cannot be made")
        _send(link, _failure(0, err))
        return
    _send(link, Ready(0, engine.device_words))
    threading.Thread(target=_tell_held, args=(link, engine), name="held", daemon=True).start()
    _Desk(engine, link).serve()


def _tell_held(link: Link, engine: Carrier) -> None:
    while True:
        try:
            _send(link, engine.held)
        except Exception:  # a figure that cannot be had now must not end the process
            log.debug("the memory held cannot be told", exc_info=True)
        time.sleep(_HELD_EVERY_S)


class _Desk:
    """Takes calls from the pipe and hands them to pools of threads, each kind to its own."""

    def __init__(self, engine: Carrier, link: Link) -> None:
        self._engine = engine
        self._link = link
        self._stops: dict[int, threading.Event] = {}
        self._checks = ThreadPoolExecutor(_CHECKS_AT_ONCE, "check")
        self._exports = ThreadPoolExecutor(1, "export")
        self._plates = ThreadPoolExecutor(1, "plate")

    def serve(self) -> None:
        try:
            while True:
                message, arrays = self._link.receive()
                if isinstance(message, Quit):
                    break
                self._take(message, arrays)
        except (EOFError, OSError):
            pass
        for stop in list(self._stops.values()):
            stop.set()
        late = threading.Timer(_END_WITHIN_S, os._exit, (1,))
        late.daemon = True
        late.start()
        for pool in (self._checks, self._exports, self._plates):
            pool.shutdown(cancel_futures=True)
        self._engine.close()

    def _take(self, message: Message, arrays: Sequence[Array]) -> None:
        call = message.call
        if isinstance(message, Check):
            request = message.request
            self._checks.submit(self._answer, call, lambda: self._check(call, request))
        elif isinstance(message, Run):
            self._stops[call] = threading.Event()
            self._exports.submit(self._answer, call, lambda: self._export(message))
        elif isinstance(message, Stop):
            stop = self._stops.get(call)
            if stop is not None:
                stop.set()
        elif isinstance(message, Plate):
            segment = message.message
            self._plates.submit(self._answer, call, lambda: self._segment(call, segment, arrays))
        elif isinstance(message, Describe):
            self._checks.submit(self._answer, call, lambda: (Ended(call, abilities=self._engine.describe()), ()))
        else:
            raise InternalError(f"{type(message).__name__} is an answer, not a call")

    def _answer(self, call: int, act: Callable[[], tuple[Message, Sequence[Array]]]) -> None:
        signs.begin_call(call)
        signs.beat()
        try:
            answer, arrays = act()
        except Exception as err:  # noqa: BLE001 - whatever it is, whoever called must get it
            answer, arrays = _failure(call, err), ()
        _send(self._link, answer, arrays)
        if isinstance(answer, Failed) and answer.code == DeviceFailedError.code:
            # After its first fault a process can not use the device any more; the service starts another.
            os._exit(1)

    def _check(self, call: int, request: MatteRequest) -> tuple[Message, Sequence[Array]]:
        return Ended(call, notices=self._engine.check(request)), ()

    def _export(self, message: Run) -> tuple[Message, Sequence[Array]]:
        call = message.call

        def report(stage: str, done: int, total: int, fps: float, left_s: float | None) -> None:
            _send(self._link, Progressed(call, stage, done, total, fps, left_s))

        logs.set_job(job_id(message.request))
        try:
            progress = Progress(self._stops[call], report)
            manifest = self._engine.export(message.request, progress, careful=message.careful)
        finally:
            self._stops.pop(call, None)
            logs.set_job(None)
        return Ended(call, manifest=str(manifest)), ()

    def _segment(self, call: int, segment: Segment, arrays: Sequence[Array]) -> tuple[Message, Sequence[Array]]:
        reply, mattes = self._engine.segment(segment, arrays)
        return Ended(call, mattes=reply), mattes


def _failure(call: int, err: Exception) -> Failed:
    known = as_known_error(err)
    if isinstance(known, InternalError):
        log.error("call %d failed", call, exc_info=err)
    return Failed(call, known.code, str(known))


def _send(link: Link, message: Message, arrays: Sequence[Array] = ()) -> None:
    # The service is gone: the loop that receives hears of it, too, and ends this process.
    with contextlib.suppress(OSError):
        link.send(message, arrays)
