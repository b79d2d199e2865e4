"""An engine for the inference process that does what the name of the source says, accidents included."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from bridge.errors import BadRequestError, DeviceFailedError, DeviceMemoryError
from bridge.messages import DescribeReply, Segment, SegmentReply
from bridge.request import MatteRequest
from bridge.wire import Array
from worker.engine_link import Held
from worker.engine_process import EngineSettings
from worker.progress import Progress


def make(_: EngineSettings) -> AccidentEngine:
    """The engine; it needs no settings."""
    return AccidentEngine()


def make_none(_: EngineSettings) -> AccidentEngine:
    """As where the device is not there."""
    raise BadRequestError("unknown device 'abacus'")


def make_crash(_: EngineSettings) -> AccidentEngine:
    """As where a library crashes while it is loaded."""
    os._exit(3)


class AccidentEngine:
    """Sources are ``/<accident>`` or, for one that happens only the first time, ``/<accident>-once``."""

    device_words = "abacus (2 rods)"

    def check(self, request: MatteRequest) -> tuple[str, ...]:
        if request.source.startswith("/check-"):
            self._accident(request.source.removeprefix("/check-"), Path(request.out))
        return ("counted with beads",)

    def export(self, request: MatteRequest, progress: Progress, *, careful: bool = False) -> Path:
        frames = 1000 if request.source == "/long" else 10
        progress.begin("working", frames)
        for done in range(1, frames + 1):
            progress.at(done)
            time.sleep(0.005)
            if done == 3:
                self._accident(request.source.removeprefix("/"), Path(request.out))
        out = Path(request.out)
        out.mkdir(parents=True, exist_ok=True)
        (out / "how.txt").write_text("careful" if careful else "freely")
        return out / "how.txt"

    def segment(self, message: Segment, arrays: Sequence[Array]) -> tuple[SegmentReply, list[Array]]:
        return SegmentReply(size_wh=(arrays[0].shape[1], arrays[0].shape[0]), layers=()), list(arrays)

    def describe(self) -> DescribeReply:
        raise NotImplementedError

    @property
    def held(self) -> Held:
        return Held(0, 123 << 20, 7 << 20, "abacus:0", 10, 20, 30, 40)

    def close(self) -> None:
        pass

    def _accident(self, name: str, out: Path) -> None:
        kind, _, once = name.partition("-")
        if once:
            marker = out.parent / f"{kind}.happened"
            if marker.exists():
                return
            marker.touch()
        if kind == "segfault":
            ctypes.string_at(0)
        elif kind == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        elif kind == "hang":
            threading.Event().wait()
        elif kind == "memory":
            raise DeviceMemoryError("the device has too little memory: 80 GiB were asked for")
        elif kind == "device":
            raise DeviceFailedError("the device failed: CUDA error: an illegal memory access was encountered")
