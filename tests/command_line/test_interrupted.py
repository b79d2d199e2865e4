"""Exports that are stopped, and workers that are killed meanwhile."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from bridge.client import Client
from bridge.messages import JobState
from tests.command_line.running import ALL, Run, a_worker
from tests.worker.conftest import draw_plate


def many_plates(folder: Path, count: int) -> Path:
    """A sequence that takes seconds, of links to one picture large enough to take a while."""
    folder.mkdir()
    Image.fromarray(np.kron(draw_plate(3), np.ones((8, 8, 1), np.uint8))).save(folder / "picture.png")
    for number in range(count):
        (folder / f"long.{number:04d}.png").symlink_to(folder / "picture.png")
    return folder


def wait_for_job(address: str, stage: str) -> None:
    """Until the worker's job is some frames into a stage."""
    deadline = time.monotonic() + 60
    with Client(address) as client:
        while not [i for i in client.jobs() if i.stage == stage and i.done >= 3 and not i.state.is_final]:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def inference_process(worker_pid: int) -> psutil.Process:
    """The process in which a worker runs models."""
    (found,) = [
        child for child in psutil.Process(worker_pid).children() if "spawn_main" in " ".join(child.cmdline())
    ]
    return found


def start_export(environment: dict[str, str], folder: Path, address: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bridge.cli", "export", "plates", "--out", "o", "--worker", address, *ALL]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # Tests that run in the background of a shell inherit that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def test_ctrl_c_cancels_and_the_same_command_goes_on(
    run: Run, worker: str, environment: dict[str, str], tmp_path: Path
) -> None:
    many_plates(tmp_path / "plates", 150)
    export = start_export(environment, tmp_path, worker)
    wait_for_job(worker, "finding segments")
    export.send_signal(signal.SIGINT)
    _, said = export.communicate(timeout=60)
    assert export.returncode == 130, said
    assert "go on" in said
    with Client(worker) as client:
        assert client.jobs()[-1].state is JobState.CANCELLED
    assert not list(tmp_path.glob("o/*.json"))
    again = run("export", "plates", "--out", "o", "--worker", worker, "--json", *ALL)
    assert json.loads(again.stdout)["files"] == 150


def test_a_killed_worker_is_noticed_and_the_next_one_goes_on_with_the_job(
    environment: dict[str, str], tmp_path: Path
) -> None:
    many_plates(tmp_path / "plates", 16)
    first = a_worker(environment)
    with first as address:
        export = start_export(environment, tmp_path, address)
        wait_for_job(address, "finding segments")
        first.process.kill()
    with a_worker(environment, address):
        _, said = export.communicate(timeout=100)
        assert export.returncode == 0, said
    assert "Traceback" not in said
    assert len(list(tmp_path.glob("o/*.exr"))) == 16


def test_a_killed_inference_process_is_replaced_and_the_job_goes_on(
    environment: dict[str, str], tmp_path: Path
) -> None:
    many_plates(tmp_path / "plates", 16)
    worker = a_worker(environment)
    with worker as address:
        export = start_export(environment, tmp_path, address)
        wait_for_job(address, "finding segments")
        inference = inference_process(worker.process.pid)
        inference.kill()
        _, said = export.communicate(timeout=100)
        assert export.returncode == 0, said
        successor = inference_process(worker.process.pid)
        assert successor.pid != inference.pid
    assert len(list(tmp_path.glob("o/*.exr"))) == 16
    assert not successor.is_running()


def test_sigterm_keeps_the_job_for_the_next_start(environment: dict[str, str], tmp_path: Path) -> None:
    many_plates(tmp_path / "plates", 16)
    first = a_worker(environment)
    with first as address:
        export = start_export(environment, tmp_path, address)
        wait_for_job(address, "finding segments")
        first.process.terminate()
        assert first.process.wait(30) == 0
        assert not list(tmp_path.glob("o/.*"))
        with a_worker(environment, address):
            _, said = export.communicate(timeout=100)
    assert export.returncode == 0, said
