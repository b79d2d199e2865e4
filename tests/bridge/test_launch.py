"""Finding a worker, or saying why there is none."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge import installed, launch
from bridge.errors import BadRequestError, WorkerUnavailableError


@pytest.fixture
def nobody() -> str:
    return launch.free_address()


@pytest.fixture
def mute() -> Iterator[str]:
    """The address of something that listens and is no worker."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"


def test_no_worker_and_none_to_be_started(nobody: str) -> None:
    with pytest.raises(WorkerUnavailableError, match=f"mattebridge worker --address {nobody}"):
        launch.connect(nobody, start=False)


def test_the_variable_names_the_worker(nobody: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(launch.ADDRESS_VARIABLE, nobody)
    with pytest.raises(WorkerUnavailableError, match=nobody):
        launch.connect(start=False)


def test_a_worker_elsewhere_is_never_started_here() -> None:
    with pytest.raises(WorkerUnavailableError, match="start one with"):
        launch.connect("tcp://192.0.2.1:5570")


def test_something_else_at_the_address(mute: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "HELLO_TIMEOUT_S", 0.3)
    with pytest.raises(WorkerUnavailableError, match="does not answer as a worker"):
        launch.connect(mute)


def test_no_worker_installed(nobody: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(launch.PYTHON_VARIABLE, raising=False)
    monkeypatch.setattr(sys, "executable", "/opt/Nuke/Nuke16.0")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(WorkerUnavailableError, match=r"pip install 'mattebridge\[worker\]'"):
        launch.connect(nobody)


def test_a_worker_that_ends_at_once_leaves_its_last_word(
    nobody: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "broken.sh"
    script.write_text("#!/bin/sh\necho 'No module named torch' >&2\nexit 1\n")
    script.chmod(0o755)
    monkeypatch.setenv(launch.PYTHON_VARIABLE, str(script))
    monkeypatch.setattr(launch, "log_path", lambda: tmp_path / "logs" / "worker.log")
    said: list[str] = []
    with pytest.raises(WorkerUnavailableError, match="No module named torch"):
        launch.connect(nobody, say=said.append)
    assert len(said) == 1
    assert nobody in said[0]


@pytest.mark.parametrize(
    ("written", "python"),
    [('{"python": "/gpu/bin/python"}', "/gpu/bin/python"), ("{", None), ("[]", None), ('{"python": 3}', None)],
)
def test_an_installer_may_have_named_the_worker_s_python(tmp_path: Path, written: str, python: str | None) -> None:
    assert installed.worker_python(tmp_path) is None
    (tmp_path / installed.WORKER_FILE).write_text(written)
    assert installed.worker_python(tmp_path) == python


def test_a_worker_of_another_python_does_not_get_the_host_s_libraries(
    nobody: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "python"
    script.write_text('#!/bin/sh\necho "home=$PYTHONHOME path=$PYTHONPATH" >&2\nexit 1\n')
    script.chmod(0o755)
    monkeypatch.setenv("PYTHONHOME", "/opt/Nuke")
    monkeypatch.setenv("PYTHONPATH", "/opt/Nuke/site")
    monkeypatch.delenv(launch.PYTHON_VARIABLE, raising=False)
    monkeypatch.setattr(installed, "worker_python", lambda: str(script))
    monkeypatch.setattr(launch, "log_path", lambda: tmp_path / "worker.log")
    with pytest.raises(WorkerUnavailableError, match="home= path= "):
        launch.connect(nobody, say=lambda _: None)


def test_a_python_that_is_not_there(nobody: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(launch.PYTHON_VARIABLE, str(tmp_path / "nothing"))
    monkeypatch.setattr(launch, "log_path", lambda: tmp_path / "worker.log")
    with pytest.raises(WorkerUnavailableError, match="nothing"):
        launch.connect(nobody, say=lambda _: None)


@pytest.mark.parametrize(
    ("address", "parts"),
    [("tcp://127.0.0.1:5570", ("127.0.0.1", 5570)), ("tcp://[::1]:80", ("::1", 80)), ("tcp://gpu:1", ("gpu", 1))],
)
def test_an_address_is_parted(address: str, parts: tuple[str, int]) -> None:
    assert launch.parse_address(address) == parts


@pytest.mark.parametrize("address", ["", "127.0.0.1:5570", "tcp://:5570", "http://h:1", "tcp://h", "tcp://h:x"])
def test_what_is_no_address_is_named(address: str) -> None:
    with pytest.raises(BadRequestError, match="must be like"):
        launch.parse_address(address)


def test_a_private_worker_is_ended_with_its_block(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []

    class Process:
        def terminate(self) -> None:
            ended.append("terminate")

        def wait(self, timeout: float | None = None) -> None:
            if timeout is not None:
                raise subprocess.TimeoutExpired("worker", timeout)

        def kill(self) -> None:
            ended.append("kill")

    class Connected:
        def __enter__(self) -> str:
            return "client"

        def __exit__(self, *_: object) -> None:
            ended.append("closed")

    monkeypatch.setattr(launch, "start_worker", lambda *_, **__: Process())
    monkeypatch.setattr(launch, "connect", lambda *_, **__: Connected())
    with launch.private_worker() as client:
        assert str(client) == "client"
    assert ended == ["closed", "terminate", "kill"]
