"""Several workers on one store: ranges of one source, cut between them, have ids that go together."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from bridge.errors import JobCancelledError
from bridge.request import MatteRequest
from tests.fakes.color_model import ColorModel
from tests.worker.conftest import quiet
from worker.engine import Engine
from worker.progress import Progress
from worker.store import Store
from worker.tracking import TrackIndex


def request(plates: Path, frames: str | None) -> MatteRequest:
    return MatteRequest(source=f"{plates}/shot.####.png", out=str(plates), frames=frames, model="colours")


def person(index: TrackIndex) -> int:
    (track,) = [track for track in index.tracks if track.category == "person"]
    return track.id


@pytest.fixture
def machines(tmp_path: Path, model: ColorModel) -> tuple[Engine, Engine, Engine]:
    """Three engines that share a store."""
    store = Store(tmp_path / "store")
    first, second, third = (Engine(torch.device("cpu"), store) for _ in range(3))
    return first, second, third


def test_ranges_tracked_at_the_same_time_agree(machines: tuple[Engine, ...], plates: Path) -> None:
    ranges = ("1001-1006", "1005-1009", "1008-1012")
    with ThreadPoolExecutor(3) as pool:
        parts = list(
            pool.map(
                lambda job: job[0].track(request(plates, job[1]), quiet()), zip(machines, ranges, strict=True)
            )
        )
    whole = machines[0].track(request(plates, None), quiet())
    assert {person(part) for part in parts} == {person(whole)}
    for part in parts:
        assert part.frames == {frame: whole.frames[frame] for frame in part.frames}


def test_ids_given_anew_are_those_of_one_pass(machines: tuple[Engine, ...], plates: Path, tmp_path: Path) -> None:
    machines[0].track(request(plates, "1009-1012"), quiet())
    machines[1].track(request(plates, "1001-1004"), quiet())
    alone = Engine(torch.device("cpu"), Store(tmp_path / "other")).track(request(plates, None), quiet())
    assert machines[2].track(request(plates, None), quiet(), anew=True) == alone
    # From then on these are the ids of every job.
    assert machines[0].track(request(plates, None), quiet()) == alone


def test_waiting_for_another_worker_can_be_cancelled(
    machines: tuple[Engine, ...], plates: Path, tmp_path: Path
) -> None:
    machines[0].track(request(plates, "1001"), quiet())
    (shelf,) = [folder for folder in (tmp_path / "store").iterdir() if (folder / "tracks").exists()]
    # A lock of the same process would be its own: another one has to hold it.
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"from filelock import FileLock\nlock = FileLock(r'{shelf / 'tracks.lock'}')\nlock.acquire()\n"
            "print('held', flush=True)\ninput()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"held"
        cancelled = threading.Event()
        threading.Timer(0.7, cancelled.set).start()
        with pytest.raises(JobCancelledError):
            machines[1].track(request(plates, "1001-1003"), Progress(cancelled, lambda *_: None))
    finally:
        holder.communicate(b"\n", timeout=10)
    assert person(machines[1].track(request(plates, "1001-1003"), quiet())) == 1
