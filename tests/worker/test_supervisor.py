"""The inference process may end in any way; whoever called hears why, and the next call is served."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from bridge.errors import (
    BadRequestError,
    DeviceFailedError,
    DeviceMemoryError,
    InferenceLostError,
    InternalError,
    JobCancelledError,
    MattebridgeError,
)
from bridge.messages import Segment
from bridge.request import MatteRequest
from bridge.wire import Array
from tests.fakes import engines
from tests.worker.conftest import quiet
from worker.engine_process import EngineSettings
from worker.inference_life import STARTING
from worker.progress import Progress
from worker.supervisor import Supervisor
from worker.watchdog import Limits


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    with Supervisor(EngineSettings(), engines.make) as it:
        yield it


def ask(kind: str, tmp_path: Path) -> MatteRequest:
    return MatteRequest(source=f"/{kind}", out=str(tmp_path / "out"))


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_export_runs_there_and_tells_its_progress_here(supervisor: Supervisor, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    progress = Progress(threading.Event(), lambda stage, done, total, *_: told.append((stage, done, total)))
    manifest = supervisor.export(ask("nothing", tmp_path), progress)
    assert manifest.read_text() == "freely"
    assert told[-1] == ("working", 10, 10)
    assert supervisor.pid != os.getpid()
    assert supervisor.device_words == "abacus (2 rods)"


def test_pixels_cross_the_pipe_both_ways(supervisor: Supervisor) -> None:
    plate = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    empty = Array("f2", (0, 4), b"")
    reply, arrays = supervisor.segment(Segment(), [Array("u1", plate.shape, plate.data), empty])
    assert reply.size_wh == (3, 2)
    assert [(a.dtype, a.shape) for a in arrays] == [("u1", (2, 3, 3)), ("f2", (0, 4))]
    assert bytes(arrays[0].data) == plate.tobytes()


@pytest.mark.parametrize("kind", ["segfault", "killed", "memory", "device"])
def test_what_happens_once_is_survived_by_going_on_carefully(
    supervisor: Supervisor, tmp_path: Path, kind: str
) -> None:
    if kind == "device":
        with pytest.raises(DeviceFailedError):
            supervisor.export(ask("device-once", tmp_path), quiet())
    manifest = supervisor.export(ask(f"{kind}-once", tmp_path), quiet())
    assert manifest.read_text() == ("freely" if kind == "device" else "careful")


@pytest.mark.parametrize(
    ("kind", "error", "says"),
    [
        ("segfault", InferenceLostError, "segmentation fault"),
        ("killed", InferenceLostError, "memory is short"),
        ("memory", DeviceMemoryError, "80 GiB"),
        ("device", DeviceFailedError, "illegal memory access"),
    ],
)
def test_what_happens_again_ends_the_job_and_the_next_one_is_served(
    supervisor: Supervisor, tmp_path: Path, kind: str, error: type[MattebridgeError], says: str
) -> None:
    first = supervisor.pid
    with pytest.raises(error, match=says):
        supervisor.export(ask(kind, tmp_path), quiet())
    if kind != "memory":
        until(lambda: supervisor.pid != first)
    assert supervisor.export(ask("nothing", tmp_path), quiet()).read_text() == "freely"
    assert supervisor.fatal is None


def test_a_crash_in_a_check_is_an_error_of_that_check(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(InferenceLostError, match="segmentation fault"):
        supervisor.check(ask("check-segfault", tmp_path))
    assert supervisor.check(ask("nothing", tmp_path)) == ("counted with beads",)


def test_an_export_goes_on_when_others_crash_the_process(supervisor: Supervisor, tmp_path: Path) -> None:
    got_on = threading.Event()
    progress = Progress(threading.Event(), lambda _, done, *__: got_on.set() if done > 5 else None)
    results: list[Path] = []
    export = threading.Thread(target=lambda: results.append(supervisor.export(ask("long", tmp_path), progress)))
    export.start()
    assert got_on.wait(20)
    with pytest.raises(InferenceLostError):
        supervisor.check(ask("check-killed", tmp_path))
    export.join(30)
    assert [path.read_text() for path in results] == ["careful"]
    assert supervisor.losses == 2


def test_a_process_that_shows_no_sign_of_life_is_ended_and_one_that_works_is_not(tmp_path: Path) -> None:
    with Supervisor(EngineSettings(), engines.make, limits=Limits(silent_s=3.0)) as supervisor:
        assert supervisor.export(ask("hang-once", tmp_path), quiet()).read_text() == "careful"
        assert supervisor.losses == 1
        began = time.monotonic()
        assert supervisor.export(ask("long", tmp_path), quiet()).read_text() == "freely"
        assert time.monotonic() - began > 3.0
        assert supervisor.losses == 1


def test_a_cancelled_export_stops_there(supervisor: Supervisor, tmp_path: Path) -> None:
    cancelled = threading.Event()
    progress = Progress(cancelled, lambda _, done, *__: cancelled.set() if done > 5 else None)
    with pytest.raises(JobCancelledError):
        supervisor.export(ask("long", tmp_path), progress)
    supervisor.check(ask("nothing", tmp_path))
    assert supervisor.losses == 0


def test_a_fault_of_ours_is_an_internal_error(supervisor: Supervisor) -> None:
    with pytest.raises(InternalError, match="NotImplementedError"):
        supervisor.describe()


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [(engines.make_none, BadRequestError, "abacus"), (engines.make_crash, InferenceLostError, "exit code 3")],
    ids=["a device that is not there", "a library that crashes"],
)
def test_a_process_that_cannot_start_is_fatal_and_says_why(
    make: Callable[[EngineSettings], engines.AccidentEngine], error: type[MattebridgeError], says: str
) -> None:
    over = threading.Event()
    with Supervisor(EngineSettings(), make) as supervisor:
        supervisor.on_fatal(over.set)
        with pytest.raises(MattebridgeError):
            supervisor.describe()
        assert over.wait(30)
        with pytest.raises(error, match=says):
            supervisor.describe()
        assert supervisor.device_words == STARTING


def test_the_process_ends_with_its_supervisor(tmp_path: Path) -> None:
    with Supervisor(EngineSettings(), engines.make) as supervisor:
        supervisor.check(ask("nothing", tmp_path))
        pid = supervisor.pid
        assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert supervisor.losses == 0


def test_ctrl_c_at_the_terminal_is_the_services_matter(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.check(ask("nothing", tmp_path))
    assert supervisor.pid is not None
    os.kill(supervisor.pid, signal.SIGINT)
    supervisor.check(ask("nothing", tmp_path))
    assert supervisor.losses == 0


def test_it_tells_what_memory_it_holds(supervisor: Supervisor) -> None:
    until(lambda: supervisor.held is not None)
    assert supervisor.held is not None
    assert (supervisor.held.resident_bytes, supervisor.held.device) == (123 << 20, "abacus:0")
