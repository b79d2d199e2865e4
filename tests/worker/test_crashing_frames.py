"""A library that crashes or hangs over one frame costs that frame, not the job and not the worker."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import pytest

from bridge.client import Client
from bridge.errors import FrameUnreadableError, JobCancelledError, SourceUnreadableError
from bridge.manifest import Manifest, read_manifest
from bridge.messages import JobState, Segment
from bridge.request import MatteRequest, OnError
from tests.fakes import crashing
from tests.fakes.services import Running, ScriptedEngine
from tests.worker.conftest import draw_plate, quiet
from tests.worker.media.made import write_movie
from worker.engine import Engine
from worker.engine_process import EngineSettings
from worker.progress import Progress
from worker.supervisor import Supervisor
from worker.watchdog import Limits


@pytest.fixture(scope="module")
def supervisor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervisor]:
    """One for all tests: whatever happened before, the next job is served."""
    settings = EngineSettings(store=tmp_path_factory.mktemp("store"))
    with Supervisor(settings, crashing.make, limits=Limits(frame_s=1.0, silent_s=60.0)) as it:
        yield it


def asked(plates: Path, out: Path, on_error: OnError = OnError.HOLD, frames: str | None = None) -> MatteRequest:
    return MatteRequest(
        source=f"{plates}/shot.####.png",
        out=str(out),
        model="colours",
        on_error=on_error,
        frames=frames,
        contact_sheet=False,
    )


def spoil(plates: Path, frame: int, accident: str) -> Path:
    """Give a plate an accident; returns its file."""
    file = plates / f"shot.{frame}.png"
    file.write_bytes(file.read_bytes() + accident.encode())
    return file


def states(manifest: Path) -> dict[int, str]:
    return {file.frame: file.state for file in read_manifest(manifest).files}


def written(manifest: Manifest, folder: Path) -> dict[str, bytes]:
    return {entry.path: (folder / entry.path).read_bytes() for entry in manifest.files}


@pytest.mark.parametrize(
    ("accident", "on_error", "state"),
    [("segfault", OnError.HOLD, "held"), ("abort", OnError.BLACK, "black"), ("hang", OnError.HOLD, "held")],
)
def test_the_frame_counts_as_unreadable_and_all_files_are_right(
    supervisor: Supervisor,
    engine: Engine,
    plates: Path,
    tmp_path: Path,
    accident: str,
    on_error: OnError,
    state: str,
) -> None:
    file, losses = spoil(plates, 1003, accident), supervisor.losses
    manifest = read_manifest(supervisor.export(asked(plates, tmp_path / "out", on_error), quiet()))
    assert {entry.frame: entry.state for entry in manifest.files} == {
        frame: state if frame == 1003 else "good" for frame in range(1001, 1013)
    }
    (reason,) = {entry.reason for entry in manifest.files if entry.reason}
    assert reason.startswith(f"frame 1003: {file} cannot be decoded: ")
    assert supervisor.losses == losses + 2
    # As where that plate is no picture, which is an error that no library crashes over.
    file.write_text("no picture")
    engine.export(asked(plates, tmp_path / "plain", on_error), quiet())
    expected = read_manifest(tmp_path / "plain" / "shot.mattes.json")
    assert written(manifest, tmp_path / "out") == written(expected, tmp_path / "plain")


def test_with_the_policy_to_stop_the_error_names_frame_and_file(
    supervisor: Supervisor, plates: Path, tmp_path: Path
) -> None:
    file = spoil(plates, 1004, "segfault")
    with pytest.raises(FrameUnreadableError, match=rf"frame 1004: {file}.*segmentation fault"):
        supervisor.export(asked(plates, tmp_path / "out", OnError.ERROR), quiet())
    manifest = supervisor.export(asked(plates, tmp_path / "out", frames="1005-1007"), quiet())
    assert set(states(manifest).values()) == {"good"}


def test_a_client_is_answered_meanwhile_and_hears_how_its_job_ended(
    supervisor: Supervisor, plates: Path, tmp_path: Path
) -> None:
    spoil(plates, 1003, "hang")
    running = Running(cast(ScriptedEngine, supervisor))
    try:
        with Client(running.service.address) as client:
            job = client.export(asked(plates, tmp_path / "out", OnError.HOLD))
            began = time.monotonic()
            while client.jobs()[-1].state in (JobState.QUEUED, JobState.RUNNING):
                assert client.hello().version
                time.sleep(0.05)
            assert time.monotonic() - began > 2  # both times the frame had its second
            assert job.wait(timeout_s=10).state is JobState.DONE
            with pytest.raises(FrameUnreadableError, match=r"frame 1003: .*hung for"):
                client.export(asked(plates, tmp_path / "other", OnError.ERROR)).wait(timeout_s=60)
            assert client.jobs()[-1].state is JobState.FAILED
    finally:
        running.stop()


def test_several_frames_may_do_it_the_first_one_too(supervisor: Supervisor, plates: Path, tmp_path: Path) -> None:
    for frame, accident in ((1001, "segfault"), (1006, "abort")):
        spoil(plates, frame, accident)
    request = asked(plates, tmp_path / "out", OnError.BLACK)
    supervisor.check(request)
    found = states(supervisor.export(request, quiet()))
    assert [frame for frame, state in found.items() if state == "black"] == [1001, 1006]
    # They are known from now on, until their files change.
    losses = supervisor.losses
    Path(plates / "shot.1006.png").write_bytes((plates / "shot.1007.png").read_bytes())
    found = states(supervisor.export(request, quiet()))
    assert [frame for frame, state in found.items() if state == "black"] == [1001]
    assert supervisor.losses == losses


def test_a_movie_goes_on_at_the_next_key_frame(supervisor: Supervisor, tmp_path: Path) -> None:
    pictures = [draw_plate(step) for step in range(12) for _ in range(2)]
    # Key frames are 1, 9 and 17; frames between them refer to those before and behind.
    movie = write_movie(
        tmp_path / "crash-13.mp4", "libx264", pictures=pictures, options={"g": "8", "keyint_min": "8", "bf": "2"}
    )
    request = MatteRequest(
        source=str(movie), out=str(tmp_path / "out"), model="colours", on_error=OnError.BLACK, contact_sheet=False
    )
    found = states(supervisor.export(request, quiet()))
    black = [frame for frame, state in found.items() if state == "black"]
    # Frames before the fatal one may need it, too: the decoder gives nothing back before it has seen some more.
    assert black[0] in range(9, 14)
    assert black == list(range(black[0], 17))


def test_a_movie_that_cannot_be_opened_is_named_and_left_alone(supervisor: Supervisor, tmp_path: Path) -> None:
    movie = write_movie(tmp_path / "unopenable.mp4", "libx264", count=3)
    losses = supervisor.losses
    for _ in range(2):
        with pytest.raises(SourceUnreadableError, match=rf"^{movie} cannot be decoded: .*abort"):
            supervisor.check(MatteRequest(source=str(movie), out=str(tmp_path / "out"), model="colours"))
    assert supervisor.losses == losses + 2


def test_plates_are_answered_meanwhile_and_one_that_crashes_says_so(
    supervisor: Supervisor, plates: Path, tmp_path: Path
) -> None:
    spoil(plates, 1009, "hang")
    other = spoil(plates, 1002, "abort")
    with ThreadPoolExecutor(1) as pool:
        export = pool.submit(supervisor.export, asked(plates, tmp_path / "out", frames="1005-1012"), quiet())
        answers = 0
        while not export.done():
            reply, _ = supervisor.segment(Segment(source=str(plates / "shot.1011.png"), model="colours"), [])
            assert reply.size_wh == (96, 64)
            answers += 1
            time.sleep(0.05)
        assert states(export.result())[1009] == "held"
    assert answers > 1
    with pytest.raises(SourceUnreadableError, match=rf"{other} cannot be decoded.*abort"):
        supervisor.segment(Segment(source=str(plates / "shot.####.png"), frame=1002, model="colours"), [])


def test_what_is_slow_but_within_its_limit_is_left_alone(
    supervisor: Supervisor, plates: Path, tmp_path: Path
) -> None:
    losses = supervisor.losses
    for frame in (1002, 1003, 1004):
        spoil(plates, frame, "slow 0.5")
    assert set(states(supervisor.export(asked(plates, tmp_path / "out"), quiet())).values()) == {"good"}
    assert supervisor.losses == losses


def test_a_job_can_be_cancelled_while_a_frame_hangs(supervisor: Supervisor, plates: Path, tmp_path: Path) -> None:
    spoil(plates, 1001, "hang")
    cancelled = threading.Event()
    threading.Timer(0.5, cancelled.set).start()
    with pytest.raises(JobCancelledError):
        supervisor.export(asked(plates, tmp_path / "out"), Progress(cancelled, lambda *_: None))
    supervisor.check(asked(plates, tmp_path / "out", frames="1002-1004"))
