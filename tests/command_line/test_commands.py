"""The other commands, and which worker they talk to."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge import launch
from bridge.client import Client
from bridge.errors import WorkerUnavailableError
from bridge.manifest import read_manifest
from bridge.wire import DEFAULT_ADDRESS
from tests.command_line.running import ALL, Run, only_error
from tests.worker.conftest import draw_plate
from tests.worker.media.made import write_movie
from worker.cli import demo


def test_an_option_nobody_knows_is_exit_code_2(run: Run) -> None:
    result = run("export", "x.mov", "--out", "o", "--layout", "spirals")
    assert result.returncode == 2
    assert "'spirals' is not one of layers" in result.stderr


def test_a_worker_is_started_where_none_answers(run: Run, environment: dict[str, str], plates: Path) -> None:
    address = launch.free_address()
    result = run("export", "plates", "--out", "o", "--worker", address, "--no-sheet", *ALL)
    assert result.returncode == 0, result.stderr
    assert f"starting a worker at {address}" in result.stderr
    with Client(address) as client:
        os.kill(client.hello().pid, signal.SIGTERM)


def test_no_worker_and_none_started_is_exit_code_1(run: Run) -> None:
    result = run("jobs", "--worker", launch.free_address())
    assert "no worker answers" in only_error(result)
    assert result.returncode == 1


def test_describe_and_doctor_and_jobs(run: Run, worker: str) -> None:
    described = json.loads(run("describe", "--worker", worker, "--json").stdout)
    assert [model["name"] for model in described["models"]] == ["embedded"]
    assert "exr" in described["image_formats"]
    assert "ACEScg" in described["colorspaces"]
    assert "person" in run("describe", "--worker", worker).stdout
    doctor = run("doctor", "--worker", worker)
    assert doctor.returncode == 0
    assert f"answers at {worker}" in doctor.stdout
    assert json.loads(run("doctor", "--worker", worker, "--json").stdout)["ok"] is True
    assert run("jobs", "--worker", worker).returncode == 0
    assert isinstance(json.loads(run("jobs", "--worker", worker, "--json").stdout)["jobs"], list)


def test_cancel_of_a_job_nobody_knows(run: Run, worker: str) -> None:
    result = run("cancel", "0123456789ab", "--worker", worker)
    assert "knows no job" in only_error(result)
    assert result.returncode == 2


def test_help_lists_every_command(run: Run) -> None:
    said = run("--help").stdout
    for command in (
        "export",
        "worker",
        "demo",
        "describe",
        "jobs",
        "cancel",
        "doctor",
        "train",
        "draw",
        "evaluate",
    ):
        assert f"  {command} " in said


@pytest.fixture
def short_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the demo writes, with a clip of a few frames; nobody may start a worker."""
    for name in (launch.ADDRESS_VARIABLE, "MATTEBRIDGE_KEY", "MATTEBRIDGE_WORKER_KEY"):
        monkeypatch.delenv(name, raising=False)
    clip = tmp_path / "clip.mp4"
    write_movie(clip, "mpeg4", pictures=[draw_plate(step) for step in range(8)])
    monkeypatch.setattr(demo, "CLIP", clip)
    monkeypatch.setattr(launch, "start_worker", lambda address, **_: pytest.fail(f"starts one at {address}"))
    return tmp_path / "out"


@pytest.mark.parametrize("by", ["option", "variable"])
def test_the_demo_uses_the_worker_that_is_named(
    short_demo: Path, worker: str, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    words = ["--worker", worker] if by == "option" else []
    if by == "variable":
        monkeypatch.setenv(launch.ADDRESS_VARIABLE, worker)
    result = CliRunner().invoke(demo.demo, ["--out", str(short_demo), *words])
    assert result.exit_code == 0, result.output
    assert len(read_manifest(short_demo / "clip.mattes.json").files) == 8
    with Client(worker) as client:
        assert client.jobs()[-1].out == str(short_demo)


def test_the_demo_has_a_worker_of_its_own_else(short_demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []

    def start(address: str, **_: object) -> None:
        started.append(address)
        raise WorkerUnavailableError("not here")

    monkeypatch.setattr(launch, "start_worker", start)
    result = CliRunner().invoke(demo.demo, ["--out", str(short_demo)])
    assert isinstance(result.exception, WorkerUnavailableError)
    (address,) = started
    assert address != DEFAULT_ADDRESS
