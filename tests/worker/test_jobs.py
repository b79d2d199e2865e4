"""Jobs wait their turn, tell how far they are, and end in one final state."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from bridge.errors import FrameUnreadableError, JobUnknownError, WorkerStoppingError
from bridge.messages import JobInfo, JobState
from bridge.request import MatteRequest
from worker.faults import as_known_error
from worker.job_files import JobFiles, KeptJob
from worker.jobs import JobBook, job_id
from worker.progress import Progress


def request(name: str = "a") -> MatteRequest:
    return MatteRequest(source=f"/{name}.mov", out="/out")


class Recorder:
    """Collects what a book publishes."""

    def __init__(self) -> None:
        self.news: list[JobInfo] = []
        self._arrived = threading.Condition()

    def __call__(self, info: JobInfo) -> None:
        with self._arrived:
            self.news.append(info)
            self._arrived.notify_all()

    def wait(self, condition: Callable[[JobInfo], bool]) -> JobInfo:
        with self._arrived:
            assert self._arrived.wait_for(lambda: any(map(condition, self.news)), timeout=10)
            return next(info for info in self.news if condition(info))


def final(info: JobInfo) -> bool:
    return info.state.is_final


def test_equal_requests_have_equal_ids() -> None:
    assert job_id(request()) == job_id(request())
    assert job_id(request("a")) != job_id(request("b"))


def test_a_job_runs_and_tells_its_progress() -> None:
    def work(_: MatteRequest, progress: Progress) -> Path:
        progress.begin("working", 3)
        for done in (1, 2, 3):
            time.sleep(0.02)
            progress.at(done)
        return Path("/out/a.mattes.json")

    news = Recorder()
    book = JobBook(work, news)
    job = book.submit(request()).job
    info = news.wait(final)
    assert (info.job, info.state, info.manifest) == (job, JobState.DONE, "/out/a.mattes.json")
    last = [i for i in news.news if i.stage == "working"][-1]
    assert (last.done, last.total) == (3, 3)
    assert 0 < last.fps < 100
    book.close()


def test_time_left_counts_the_stages_to_come() -> None:
    told: list[tuple[float, float | None]] = []
    progress = Progress(threading.Event(), lambda _, __, ___, fps, left: told.append((fps, left)))
    progress.begin("first", 10, later=1.0)
    time.sleep(0.12)
    progress.at(5)
    fps, left = told[-1]
    # Five frames are left here, and ten that cost as much each in later stages.
    assert left == pytest.approx(15 / fps)


def test_frames_done_before_do_not_count_for_the_rate() -> None:
    told: list[float] = []
    progress = Progress(threading.Event(), lambda _, __, ___, fps, ____: told.append(fps))
    progress.begin("resumed", 1000, already=990)
    time.sleep(0.12)
    progress.at(991)
    assert told[-1] < 10


def test_a_request_that_equals_a_running_job_joins_it() -> None:
    release = threading.Event()
    runs = []

    def work(_: MatteRequest, __: Progress) -> Path:
        runs.append(1)
        release.wait(10)
        return Path("m")

    news = Recorder()
    book = JobBook(work, news)
    first = book.submit(request())
    news.wait(lambda info: info.state is JobState.RUNNING)
    second = book.submit(request())
    assert (first.job, second.state) == (second.job, JobState.RUNNING)
    release.set()
    news.wait(final)
    assert len(runs) == 1
    book.close()


def test_the_same_request_can_run_again_after_its_end() -> None:
    news = Recorder()
    book = JobBook(lambda _, __: Path("m"), news)
    book.submit(request())
    news.wait(final)
    news.news.clear()
    assert book.submit(request()).state is JobState.QUEUED
    news.wait(final)
    assert len(book.all()) == 1
    book.close()


def test_a_running_job_stops_at_its_next_frame() -> None:
    begun = threading.Event()

    def work(_: MatteRequest, progress: Progress) -> Path:
        progress.begin("working", 10**9)
        begun.set()
        while True:
            time.sleep(0.005)
            progress.check()

    news = Recorder()
    book = JobBook(work, news)
    job = book.submit(request()).job
    assert begun.wait(10)
    book.cancel(job)
    assert news.wait(final).state is JobState.CANCELLED
    book.close()


def test_a_waiting_job_is_cancelled_at_once_and_never_runs() -> None:
    release = threading.Event()
    ran = []

    def work(asked: MatteRequest, _: Progress) -> Path:
        ran.append(asked.source)
        release.wait(10)
        return Path("m")

    news = Recorder()
    book = JobBook(work, news)
    book.submit(request("first"))
    waiting = book.submit(request("second")).job
    assert book.cancel(waiting).state is JobState.CANCELLED
    release.set()
    book.submit(request("third"))
    news.wait(lambda info: info.source == "/third.mov" and final(info))
    assert ran == ["/first.mov", "/third.mov"]
    book.close()


def test_an_error_ends_its_job_and_not_the_worker() -> None:
    def work(asked: MatteRequest, _: Progress) -> Path:
        if asked.source == "/bad.mov":
            raise FrameUnreadableError("frame 7 is damaged")
        return Path("m")

    news = Recorder()
    book = JobBook(work, news)
    book.submit(request("bad"))
    book.submit(request("good"))
    bad = news.wait(lambda info: info.source == "/bad.mov" and final(info))
    assert (bad.state, bad.error_code, bad.error) == (JobState.FAILED, "frame_unreadable", "frame 7 is damaged")
    assert news.wait(lambda info: info.source == "/good.mov" and final(info)).state is JobState.DONE
    book.close()


def kept(folder: Path) -> list[str]:
    return [job.request.source for job in JobFiles(folder).load()]


def test_a_closed_book_keeps_its_jobs_for_the_next(tmp_path: Path) -> None:
    def work(_: MatteRequest, progress: Progress) -> Path:
        while True:
            time.sleep(0.005)
            progress.check()

    news = Recorder()
    book = JobBook(work, news, JobFiles(tmp_path))
    for name in ("first", "second", "third"):
        book.submit(request(name))
    news.wait(lambda info: info.state is JobState.RUNNING)
    book.cancel(job_id(request("second")))
    book.close()
    with pytest.raises(WorkerStoppingError):
        book.submit(request("fourth"))
    assert kept(tmp_path) == ["/first.mov", "/third.mov"]

    ran: list[str] = []

    def quick(asked: MatteRequest, _: Progress) -> Path:
        ran.append(asked.source)
        return Path("m")

    news = Recorder()
    book = JobBook(quick, news, JobFiles(tmp_path))
    news.wait(lambda info: info.source == "/third.mov" and final(info))
    book.close()
    assert ran == ["/first.mov", "/third.mov"]
    assert kept(tmp_path) == []


def test_a_job_that_ends_the_worker_is_not_begun_for_ever(tmp_path: Path) -> None:
    files = JobFiles(tmp_path)
    files.keep(KeptJob(job=job_id(request()), order=1.0, request=request(), begun=3))
    book = JobBook(lambda _, __: Path("m"), Recorder(), files)
    info = book.get(job_id(request()))
    assert (info.state, info.error_code) == (JobState.FAILED, "inference_lost")
    book.close()
    assert kept(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b"{", b'{"format":9}', b"[]"], ids=["empty", "cut", "future", "other"])
def test_a_damaged_file_of_a_job_is_dropped(tmp_path: Path, content: bytes) -> None:
    files = JobFiles(tmp_path)
    files.keep(KeptJob(job=job_id(request()), order=1.0, request=request()))
    (tmp_path / "0123456789ab.json").write_bytes(content)
    assert kept(tmp_path) == ["/a.mov"]
    assert len(list(tmp_path.iterdir())) == 1


def test_an_unknown_job_is_an_error() -> None:
    book = JobBook(lambda _, __: Path("m"), Recorder())
    for act in (book.get, book.cancel):
        with pytest.raises(JobUnknownError, match="'nope'"):
            act("nope")
    book.close()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/out/x.exr"), "out_of_space"),
        (PermissionError(errno.EACCES, "Permission denied", "/out/x.exr"), "output"),
        (torch.OutOfMemoryError("CUDA out of memory"), "device_memory"),
        (ZeroDivisionError("division by zero"), "internal"),
    ],
    ids=["disk full", "no permission", "no device memory", "a fault of ours"],
)
def test_exceptions_get_the_name_of_their_cause(error: Exception, code: str) -> None:
    assert as_known_error(error).code == code
