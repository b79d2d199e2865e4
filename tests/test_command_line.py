"""The command line as a user meets it: real processes, a real worker, the embedded model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import psutil
import pytest
from PIL import Image

from bridge import launch
from bridge.client import Client
from bridge.manifest import read_manifest
from bridge.messages import JobState
from tests.worker.conftest import draw_plate

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of every process here: nothing of the user's own decides a result."""
    home = tmp_path_factory.mktemp("home")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MATTEBRIDGE", "OCIO"))}
    return {
        **kept,
        "MATTEBRIDGE_STORE": str(home / "store"),
        "XDG_STATE_HOME": str(home / "state"),
        "HOME": str(home),
    }


@pytest.fixture(scope="module")
def worker(environment: dict[str, str]) -> Iterator[str]:
    """The address of a worker that the tests of this file share."""
    with a_worker(environment) as address:
        yield address


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


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """Run ``mattebridge`` with the given words in a folder of its own."""

    def call(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "bridge.cli", *words],
            cwd=tmp_path,
            env={**environment, **more},
            capture_output=True,
            text=True,
            timeout=100,
        )

    return call


@pytest.fixture
def plates(tmp_path: Path) -> Path:
    folder = tmp_path / "plates"
    folder.mkdir()
    for step in range(4):
        Image.fromarray(draw_plate(step)).save(folder / f"shot.{1001 + step}.png")
    return folder


def many_plates(folder: Path, count: int) -> Path:
    """A sequence that takes seconds, of links to one picture large enough to take a while."""
    folder.mkdir()
    Image.fromarray(np.kron(draw_plate(3), np.ones((8, 8, 1), np.uint8))).save(folder / "picture.png")
    for number in range(count):
        (folder / f"long.{number:04d}.png").symlink_to(folder / "picture.png")
    return folder


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


ALL = ("--categories", "person,sky,grass")


def test_export_writes_mattes_and_says_where(run: Run, worker: str, plates: Path, tmp_path: Path) -> None:
    result = run("export", f"{plates}/shot.####.png", "--out", "mattes", "--worker", worker, *ALL)
    assert result.returncode == 0, result.stderr
    manifest = read_manifest(tmp_path / "mattes" / "shot.mattes.json")
    assert [file.path for file in manifest.files] == [f"shot_mattes.{frame}.exr" for frame in range(1001, 1005)]
    assert [layer.name for layer in manifest.layers] == ["person", "grass", "sky"]
    assert "shot.mattes.json" in result.stdout
    assert "shot_sheet.png" in result.stdout
    assert (tmp_path / "mattes" / "shot_sheet.png").stat().st_size > 1000


def test_json_is_one_object_with_the_manifests_path(run: Run, worker: str, plates: Path) -> None:
    result = run("export", str(plates), "--out", "mattes", "--worker", worker, "--json", "--no-sheet", *ALL)
    assert result.returncode == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["ok"] is True
    assert read_manifest(answer["manifest"]).frames == answer["frames"] == "1001-1004"
    assert answer["contact_sheet"] is None


def cut_movie(path: Path) -> Path:
    """An H.264 movie whose end is missing, index and all."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for step in range(8):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(draw_plate(step), format="rgb24")))
        container.mux(stream.encode())
    path.write_bytes(path.read_bytes()[:-1200])
    return path


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["nowhere.mov", "--out", "o"], "nowhere.mov", id="a missing file"),
        pytest.param(["cut.mp4", "--out", "o"], "cut.mp4", id="a truncated movie"),
        pytest.param(
            ["plates", "--out", "o", "--categories", "persn"],
            "unknown category 'persn'; there is: person",
            id="category",
        ),
        pytest.param(
            ["plates", "--out", "file/o"], "cannot write to the output folder", id="an unwritable folder"
        ),
        pytest.param(
            ["plates", "--out", "o", "--colorspace", "ACESgc"], "unknown colour space 'ACESgc'", id="colour space"
        ),
        pytest.param(["plates", "--out", "o", "--frames", "1-4"], "1001-1004", id="frames that are not there"),
        pytest.param(["plates", "--out", "o", "--model", "eembedded"], "there is: embedded", id="model"),
        pytest.param(["plates", "--out", "o", "--policy", "none.toml"], "none.toml", id="a missing policy"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    run: Run, worker: str, plates: Path, tmp_path: Path, words: list[str], says: str
) -> None:
    cut_movie(tmp_path / "cut.mp4")
    (tmp_path / "file").write_text("no folder")
    result = run("export", *words, "--worker", worker)
    assert says in only_error(result)
    assert result.returncode == 2
    assert not list(tmp_path.glob("o/*"))


def test_an_error_with_json_is_json(run: Run, worker: str) -> None:
    result = run("export", "nowhere.mov", "--out", "o", "--worker", worker, "--json")
    answer = json.loads(result.stdout)
    assert (result.returncode, answer["ok"], answer["code"]) == (2, False, "source_not_found")


def test_a_damaged_frame_fails_and_names_itself(run: Run, worker: str, plates: Path) -> None:
    (plates / "shot.1003.png").write_bytes(b"cut off")
    result = run("export", "plates", "--out", "o", "--worker", worker, *ALL)
    assert "1003" in only_error(result)
    assert result.returncode == 1
    held = run("export", "plates", "--out", "o", "--worker", worker, "--on-error", "hold", *ALL)
    assert held.returncode == 0
    assert "1003" in held.stdout


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
