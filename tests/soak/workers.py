"""Worker processes for trials, in an environment of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bridge import launch


def environment(home: Path) -> dict[str, str]:
    """Variables with which nothing of the user's own is read or written."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MATTEBRIDGE", "OCIO"))}
    return {
        **kept,
        "MATTEBRIDGE_STORE": str(home / "store"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "HOME": str(home),
    }


def start(home: Path, address: str, *options: str) -> subprocess.Popen[bytes]:
    """A worker that listens at the address; its log is ``worker.log`` in the home."""
    with (home / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bridge.cli", "worker", "--address", address, *options],
            env=environment(home),
            stdout=log,
            stderr=log,
        )
    host, port = launch.parse_address(address)
    deadline = time.monotonic() + 60
    while not launch._listens(host, port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the worker does not listen; see {home / 'worker.log'}")
        time.sleep(0.02)
    return process


@contextmanager
def running(home: Path, address: str, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker for a block; killed at its end with all its processes, if it still lives."""
    process = start(home, address, *options)
    try:
        yield process
    finally:
        kill_tree(process.pid)
        process.wait()


def inference_of(pid: int) -> psutil.Process | None:
    """The inference process of a worker; None while there is none."""
    for child in psutil.Process(pid).children():
        if "spawn_main" in " ".join(child.cmdline()):
            return child
    return None


def kill_tree(pid: int) -> None:
    """Kill a process and all below it, as a power cut would."""
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for process in family:
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(family, timeout=20)
