"""Real processes of the command line, and what they say."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

from bridge import launch

Run = Callable[..., "subprocess.CompletedProcess[str]"]

ALL = ("--categories", "person,sky,grass")


class a_worker:  # noqa: N801 - used like a function
    """A worker process for a ``with`` block; gives its address."""

    def __init__(self, environment: dict[str, str], address: str | None = None) -> None:
        self.address = address or launch.free_address()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bridge.cli", "worker", "--address", self.address, "--idle-exit", "120"],
            env=environment,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> str:
        deadline = time.monotonic() + 60
        host, port = launch.parse_address(self.address)
        while not launch._listens(host, port):
            assert self.process.poll() is None, "the worker ended while it started"
            assert time.monotonic() < deadline, "the worker does not listen"
            time.sleep(0.05)
        return self.address

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(20)


def only_error(result: subprocess.CompletedProcess[str]) -> str:
    """The one line that a failed command says, beside notes; it has nothing else to say."""
    lines = [
        line
        for line in [line for line in result.stderr.splitlines() if line.strip()]
        if not line.startswith("note: ")
    ]
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("error: ")
    assert result.stdout == ""
    return lines[0]
