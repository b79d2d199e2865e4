"""Jobs: queue, states, progress, cancel."""

from __future__ import annotations

import errno
import hashlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import torch

from bridge.errors import (
    BadRequestError,
    DeviceMemoryError,
    InternalError,
    JobCancelledError,
    JobUnknownError,
    MattebridgeError,
    OutOfSpaceError,
    OutputError,
)
from bridge.messages import JobInfo, JobState
from bridge.request import MatteRequest

log = logging.getLogger(__name__)

REMEMBERED = 200
"""How many ended jobs are kept for `jobs`; the oldest go first."""

_EVENT_EVERY_S = 0.1

Publish = Callable[[JobInfo], None]


class Progress:
    """What a running job tells about itself, and where it hears that it was cancelled.

    Stages have weights that say how long a frame of each takes compared with the others; with them the time
    left is estimated for the whole job from the rate so far.
    """

    def __init__(
        self, cancelled: threading.Event, report: Callable[[str, int, int, float, float | None], None]
    ) -> None:
        self._cancelled = cancelled
        self._report = report
        self._stage = ""
        self._total = 0
        self._already = 0
        self._began = time.monotonic()
        self._reported = 0.0
        self._later_s_per_frame = 0.0

    def begin(self, stage: str, total: int, *, already: int = 0, later: float = 0.0) -> None:
        """Start a stage.

        Args:
            stage: What it does, in words.
            total: Its frames.
            already: How many of them were done before, and do not count for the rate.
            later: What a frame still costs in later stages, as a multiple of its cost in this one.
        """
        self._stage, self._total, self._already, self._later_s_per_frame = stage, total, already, later
        self._began = time.monotonic()
        self._reported = 0.0
        self.at(already)

    def at(self, done: int) -> None:
        """Tell how many frames of the stage are done.

        Raises:
            JobCancelledError: somebody cancelled the job.
        """
        self.check()
        now = time.monotonic()
        if done < self._total and now - self._reported < _EVENT_EVERY_S:
            return
        self._reported = now
        fresh = done - self._already
        seconds = now - self._began
        fps = fresh / seconds if fresh > 0 and seconds > 0 else 0.0
        left_s = ((self._total - done) + self._total * self._later_s_per_frame) / fps if fps else None
        self._report(self._stage, done, self._total, fps, left_s)

    def check(self) -> None:
        """Raise JobCancelledError if the job was cancelled."""
        if self._cancelled.is_set():
            raise JobCancelledError("the job was cancelled; finished frames are kept")


Work = Callable[[MatteRequest, Progress], Path]
"""Carries a request out and returns the manifest's path."""


def job_id(request: MatteRequest) -> str:
    """The id of a request: equal requests have equal ids. 12 hex digits."""
    return hashlib.sha256(msgspec.json.encode(request, order="deterministic")).hexdigest()[:12]


class _Job:
    def __init__(self, request: MatteRequest, notices: tuple[str, ...]) -> None:
        self.request = request
        self.cancelled = threading.Event()
        self.info = JobInfo(
            job=job_id(request), state=JobState.QUEUED, source=request.source, out=request.out, notices=notices
        )


class JobBook:
    """All jobs of a worker. One runs at a time, since there is one device; the others wait in their order.

    Methods may be called from any thread. `publish` is called from the thread that runs jobs, and from whoever
    cancels a waiting job, and must only hand the news on.
    """

    def __init__(self, work: Work, publish: Publish) -> None:
        self._work = work
        self._publish = publish
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job] = {}
        self._waiting: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="mattebridge-jobs", daemon=True)
        self._thread.start()

    def submit(self, request: MatteRequest, notices: tuple[str, ...] = ()) -> JobInfo:
        """Queue a request. One that equals a job which has not ended joins that job.

        Args:
            request: What to do.
            notices: What whoever asks for the job, or watches it, should know.
        """
        job = _Job(request, notices)
        with self._lock:
            known = self._jobs.get(job.info.job)
            if known is not None and not known.info.state.is_final:
                return known.info
            # Taken out first, so that a job that is run again counts as the newest.
            self._jobs.pop(job.info.job, None)
            self._jobs[job.info.job] = job
            self._forget_old()
        self._waiting.put(job)
        return job.info

    def get(self, job: str) -> JobInfo:
        """A job as it stands; JobUnknownError where there is none of that id."""
        return self._find(job).info

    def all(self) -> tuple[JobInfo, ...]:
        """Every job that is remembered, newest last."""
        with self._lock:
            return tuple(job.info for job in self._jobs.values())

    def busy(self) -> bool:
        """Whether a job waits or runs."""
        return any(not info.state.is_final for info in self.all())

    def cancel(self, job: str) -> JobInfo:
        """Ask a job to stop; one that still waits is cancelled at once, one that has ended stays as it is."""
        found = self._find(job)
        found.cancelled.set()
        with self._lock:
            waits = found.info.state is JobState.QUEUED
        if waits:
            self._update(found, state=JobState.CANCELLED)
        return found.info

    def close(self, timeout_s: float = 10.0) -> None:
        """Cancel everything and wait for the running job to stop."""
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            job.cancelled.set()
        self._waiting.put(None)
        self._thread.join(timeout_s)

    def _find(self, job: str) -> _Job:
        with self._lock:
            found = self._jobs.get(job)
        if found is None:
            raise JobUnknownError(f"this worker knows no job {job!r}; `mattebridge jobs` lists the ones it knows")
        return found

    def _forget_old(self) -> None:
        ended = [key for key, job in self._jobs.items() if job.info.state.is_final]
        for key in ended[: max(0, len(ended) - REMEMBERED)]:
            del self._jobs[key]

    def _update(self, job: _Job, **changes: object) -> None:
        with self._lock:
            if job.info.state.is_final:
                return
            job.info = msgspec.structs.replace(job.info, **changes)
            info = job.info
        self._publish(info)

    def _run(self) -> None:
        while (job := self._waiting.get()) is not None:
            if job.cancelled.is_set():
                self._update(job, state=JobState.CANCELLED)
                continue
            self._run_one(job)

    def _run_one(self, job: _Job) -> None:
        log.info("job %s begins: %s", job.info.job, job.request.source)
        self._update(job, state=JobState.RUNNING, stage="opening")

        def report(stage: str, done: int, total: int, fps: float, left_s: float | None) -> None:
            self._update(job, stage=stage, done=done, total=total, fps=fps, left_s=left_s)

        try:
            manifest = self._work(job.request, Progress(job.cancelled, report))
        except JobCancelledError:
            self._update(job, state=JobState.CANCELLED, left_s=None)
        except Exception as err:
            known = as_known_error(err)
            if isinstance(known, InternalError):
                log.exception("job %s failed", job.info.job)
            self._update(job, state=JobState.FAILED, left_s=None, error_code=known.code, error=str(known))
        else:
            self._update(job, state=JobState.DONE, left_s=0.0, manifest=str(manifest))
        log.info("job %s is %s %s", job.info.job, job.info.state.value, job.info.error or "")


def as_known_error(err: Exception) -> MattebridgeError:
    """The error a user should see for any exception: named by cause where the cause is known."""
    if isinstance(err, MattebridgeError):
        return err
    if isinstance(err, torch.OutOfMemoryError):
        return DeviceMemoryError(f"the device has too little memory: {err}")
    if isinstance(err, OSError) and err.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutOfSpaceError(f"no space left for {err.filename}; free some and run the same command again")
    if isinstance(err, PermissionError):
        return OutputError(f"no permission to touch {err.filename}")
    if isinstance(err, MemoryError):
        return BadRequestError("the picture needs more memory than this machine has")
    return InternalError(f"{type(err).__name__}: {err} (the worker's log has the details)")
