"""A service in this process, with an engine that does as the test says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from bridge import wire
from bridge.errors import SharedMemoryError, WorkerUnavailableError
from bridge.messages import Segment, SegmentLayer, SegmentReply
from bridge.request import MatteRequest
from worker.engine_link import Held
from worker.plates import plate_of
from worker.progress import Progress
from worker.service import Service


class ScriptedEngine:
    """Stands where the engine stands; `check` and `export` do what a test puts there."""

    def __init__(self) -> None:
        self.device_words = "cpu (2 cores)"
        self.ready = True
        self.losses = 0
        self.held: Held | None = None
        self.check: Callable[[MatteRequest], tuple[str, ...]] = lambda _: ()
        self.asked: list[str] = []
        """How the plates of `segment` came."""
        self.reads_memory = True
        self.hold = threading.Event()
        """Plates wait until it is set."""
        self.hold.set()
        self.export: Callable[[MatteRequest, Progress], Path] = lambda request, _: Path(request.out) / "m.json"

    def segment(self, message: Segment, arrays: Sequence[wire.Array]) -> tuple[SegmentReply, list[wire.Array]]:
        self.hold.wait(20)
        self.asked.append("socket" if message.shared is None else "memory")
        if message.shared is not None and not self.reads_memory:
            raise SharedMemoryError("not here")
        plate = plate_of(message, arrays)
        matte = (plate[..., 0] / 255).astype(np.float16)
        layer = SegmentLayer(
            name="red", category="red", border="hard", window=(0, 0, matte.shape[1], matte.shape[0])
        )
        reply = SegmentReply(size_wh=(matte.shape[1], matte.shape[0]), layers=(layer,))
        return reply, [wire.Array("f2", matte.shape, matte.data)]


class Running:
    """A service in a thread of its own."""

    def __init__(self, engine: ScriptedEngine, address: str = "tcp://127.0.0.1:0", **options: Any) -> None:
        self.engine = engine
        # The test may replace an engine's method after the service was made, hence the calls through lambdas.
        late = cast(Any, type("Late", (), {})())
        late.device_words, late.ready, late.losses = engine.device_words, engine.ready, engine.losses
        late.held = engine.held
        late.check = lambda request: engine.check(request)
        late.export = lambda request, progress: engine.export(request, progress)
        late.segment = engine.segment
        self.service = Service(address, late, **options)
        self.thread = threading.Thread(target=self.service.run)
        self.thread.start()

    def stop(self) -> None:
        self.service.stop()
        self.thread.join(10)
        assert not self.thread.is_alive()


def running_anew(address: str, **options: Any) -> Running:
    """A service at an address that another has just left: the library frees it a moment after the socket."""
    deadline = time.monotonic() + 10
    while True:
        try:
            return Running(ScriptedEngine(), address, **options)
        except WorkerUnavailableError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def request(name: str = "a") -> MatteRequest:
    return MatteRequest(source=f"/{name}.mov", out="/out")


def until_cancelled(_: MatteRequest, progress: Progress) -> Path:
    while True:
        progress.check()
        time.sleep(0.01)
