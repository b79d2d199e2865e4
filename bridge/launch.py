"""Find a worker, or start one on this machine."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Optional
from urllib.parse import urlsplit

import platformdirs

from bridge import installed, wire
from bridge.client import Client
from bridge.errors import BadRequestError, WorkerLostError, WorkerUnavailableError
from bridge.keys import client_keys_of_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

ADDRESS_VARIABLE = "MATTEBRIDGE_WORKER"
"""Environment variable with the worker's address, where none is given."""

PYTHON_VARIABLE = "MATTEBRIDGE_PYTHON"
"""Environment variable with the Python that has the worker installed, for hosts with a Python of their own."""

IDLE_EXIT_S = 900
"""A worker that was started for a client ends after so many seconds without work."""

HELLO_TIMEOUT_S = 10.0
"""How long whatever listens at an address has to answer as a worker."""

_START_TIMEOUT_S = 60.0

_LOOPBACK = ("127.0.0.1", "localhost", "::1")

Say = Callable[[str], None]


def say_on_stderr(text: str) -> None:
    """Tell the person at the console."""
    print(text, file=sys.stderr, flush=True)


def connect(
    address: Optional[str] = None, *, start: bool = True, keyless: bool = False, say: Say = say_on_stderr
) -> Client:
    """Connect to a worker; start one on this machine where none answers.

    Args:
        address: For example ``tcp://127.0.0.1:5570``; None for the variable MATTEBRIDGE_WORKER, then the default.
        start: False to raise instead of starting a worker.
        keyless: Take no keys, whatever the variables MATTEBRIDGE_KEY and MATTEBRIDGE_WORKER_KEY say.
        say: Told in one line when a worker is started.

    Raises:
        WorkerUnavailableError: no worker answers, and none was or could be started.
    """
    where = address or os.environ.get(ADDRESS_VARIABLE) or wire.DEFAULT_ADDRESS
    host, port = parse_address(where)
    keys = None if keyless else client_keys_of_environment()
    if not _listens(host, port):
        # A worker that is started for a client serves this machine only, and demands no keys.
        if not start or host not in _LOOPBACK or keys is not None:
            raise WorkerUnavailableError(
                f"no worker answers at {where}; start one with: mattebridge worker --address {where}"
            )
        start_worker(where, say=say)
    client = Client(where, keys)
    try:
        client.hello(timeout_s=HELLO_TIMEOUT_S)
    except WorkerLostError:
        client.close()
        raise WorkerUnavailableError(
            f"something listens at {where}, but it does not answer as a worker; choose another address"
            if keys is None and host in _LOOPBACK
            else f"what listens at {where} does not answer: it is no worker, "
            + ("or demands keys (docs/security.md)" if keys is None else "or does not have these keys on its list")
        ) from None
    return client


def parse_address(address: str) -> tuple[str, int]:
    """Host and port of ``tcp://host:port``; BadRequestError for anything else."""
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme != "tcp" or not parts.hostname or port is None or parts.path:
        raise BadRequestError(f"an address must be like {wire.DEFAULT_ADDRESS}, but is {address!r}")
    return parts.hostname, port


def log_path() -> Path:
    """The log of workers that were started for a client."""
    return Path(platformdirs.user_log_dir("mattebridge", appauthor=False)) / "worker.log"


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1.0):
            return True
    except OSError:
        return False


def _worker_command() -> Optional[list[str]]:
    """The command that runs a worker, or None where no worker is installed on this machine."""
    python = os.environ.get(PYTHON_VARIABLE) or installed.worker_python()
    if python:
        return [python, "-m", "bridge.cli"]
    # Inside a host sys.executable is the host itself; only a real interpreter that has torch will do.
    is_python = Path(sys.executable or "").stem.lower().startswith("python")
    if is_python and importlib.util.find_spec("worker") and importlib.util.find_spec("torch"):
        return [sys.executable, "-m", "bridge.cli"]
    script = shutil.which("mattebridge")
    return [script] if script else None


def _worker_environment() -> dict[str, str]:
    """This environment without what points Python at a host's own libraries: the worker's Python has its own."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}


def start_worker(
    address: str,
    *,
    idle_exit_s: int = IDLE_EXIT_S,
    keep_jobs: bool = True,
    python: Optional[str] = None,
    say: Say = say_on_stderr,
) -> subprocess.Popen[bytes]:
    """Start a worker on this machine and wait until it listens.

    Args:
        address: A loopback address nobody listens at.
        idle_exit_s: The worker ends by itself after so many seconds without work.
        keep_jobs: Jobs that have not ended when it does go on at the next start of a worker at that address.
        python: The Python that has the worker; None for the one that is found as `connect` finds it.
        say: Told in one line what was started.

    Raises:
        WorkerUnavailableError: no worker is installed, or it ended before it listened.
    """
    host, port = parse_address(address)
    command = [python, "-m", "bridge.cli"] if python else _worker_command()
    if command is None:
        raise WorkerUnavailableError(
            f"no worker answers at {address}, and none is installed for this Python; install it with "
            f"pip install 'mattebridge[worker]', or set {PYTHON_VARIABLE} to the Python that has it"
        )
    options = ["--address", address, "--idle-exit", str(idle_exit_s), *([] if keep_jobs else ["--queue", "none"])]
    log = log_path()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        log_begins = output.tell()
        try:
            process = subprocess.Popen(
                [*command, "worker", *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=None if command[0] == sys.executable else _worker_environment(),
                # Its own session: Ctrl-C in this console must cancel the job, not kill the worker.
                start_new_session=True,
            )
        except OSError as err:
            raise WorkerUnavailableError(f"cannot start a worker with {command[0]}: {err.strerror}") from None
    say(f"starting a worker at {address} (process {process.pid}, log {log})")
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        if _listens(host, port):
            return process
        # A worker that ended may have lost the address to one that another client started at the same moment.
        if process.poll() is not None and not _listens(host, port):
            with log.open("rb") as output:
                output.seek(log_begins)
                lines = output.read().decode("utf-8", "replace").strip().splitlines()
            raise WorkerUnavailableError(
                f"the worker ended while it started: {lines[-1] if lines else 'no word'} (log {log})"
            )
        time.sleep(0.05)
    process.terminate()
    raise WorkerUnavailableError(f"the worker did not listen within {_START_TIMEOUT_S:g} s (log {log})")


def free_address() -> str:
    """A loopback address that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{probe.getsockname()[1]}"


@contextmanager
def private_worker(*, python: Optional[str] = None, say: Say = say_on_stderr) -> Iterator[Client]:
    """A client of a worker of one's own, which ends with the block."""
    address = free_address()
    process = start_worker(address, keep_jobs=False, python=python, say=say)
    try:
        with connect(address, start=False, keyless=True) as client:
            yield client
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
