"""Jobs: queue, states, cancel, and what of them outlives the worker."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from bridge.errors import (
    BusyError,
    InferenceLostError,
    InternalError,
    JobCancelledError,
    JobUnknownError,
    MattebridgeError,
    WorkerStoppingError,
)
from bridge.messages import JobInfo, JobState
from bridge.request import MatteRequest
from worker.fair_queue import FairQueue
from worker.faults import as_known_error
from worker.job_files import JobFiles, KeptJob
from worker.progress import Progress

log = logging.getLogger(__name__)

REMEMBERED = 200
"""How many ended jobs are kept for `jobs`; the oldest go first."""

MOST_WAITING = 1000
MOST_WAITING_OF_ONE = 100
"""How many jobs may wait, in all and of one client."""

BEGINNINGS = 3
"""A job during which the whole worker ended so many times is not begun again by itself."""

Publish = Callable[[JobInfo], None]

Work = Callable[[MatteRequest, Progress], Path]
"""Carries a request out and returns the manifest's path."""


def job_id(request: MatteRequest) -> str:
    """The id of a request: equal requests have equal ids. 12 hex digits."""
    return hashlib.sha256(msgspec.json.encode(request, order="deterministic")).hexdigest()[:12]


class _Job:
    def __init__(self, kept: KeptJob) -> None:
        request = kept.request
        self.kept = kept
        self.cancelled = threading.Event()
        self.info = JobInfo(
            job=kept.job,
            state=JobState.QUEUED,
            source=request.source,
            out=request.out,
            notices=kept.notices,
        )


class JobBook:
    """All jobs of a worker. One runs at a time, since there is one device; the others wait in their order.

    Methods may be called from any thread. `publish` is called from the thread that runs jobs, and from whoever
    cancels a waiting job, and must only hand the news on.
    """

    def __init__(self, work: Work, publish: Publish, files: JobFiles | None = None) -> None:
        """Take up the jobs that an earlier worker left.

        Args:
            work: Carries one job out.
            publish: Told of every change.
            files: Where jobs that have not ended are kept; None to forget them with the worker.
        """
        self._work = work
        self._publish = publish
        self._files = files
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job] = {}
        self._waiting: FairQueue[_Job] = FairQueue("jobs", MOST_WAITING, MOST_WAITING_OF_ONE)
        self._stopping = False
        for kept in files.load() if files else ():
            self._take_up(kept)
        self._thread = threading.Thread(target=self._run, name="mattebridge-jobs", daemon=True)
        self._thread.start()

    def submit(self, request: MatteRequest, notices: tuple[str, ...] = (), owner: str = "") -> JobInfo:
        """Queue a request. One that equals a job which has not ended joins that job.

        Args:
            request: What to do.
            notices: What whoever asks for the job, or watches it, should know.
            owner: Who asks: owners take turns.

        Raises:
            WorkerStoppingError: the worker is about to end.
            BusyError: too many jobs wait.
        """
        job = _Job(KeptJob(job=job_id(request), order=time.time(), request=request, notices=notices))
        with self._lock:
            if self._stopping:
                raise WorkerStoppingError("the worker is about to end; submit the request to its next start")
            known = self._jobs.get(job.info.job)
            if known is not None and not known.info.state.is_final:
                return known.info
            if self._files:
                self._files.keep(job.kept)
            try:
                # Whoever runs it takes the lock before he looks at it: by then it is in the book.
                self._waiting.put(job, owner)
            except BusyError:
                if self._files:
                    self._files.drop(job.kept.job)
                raise
            # Taken out first, so that a job that is run again counts as the newest.
            self._jobs.pop(job.info.job, None)
            self._jobs[job.info.job] = job
            self._forget_old()
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

    def close(self, timeout_s: float = 25.0) -> None:
        """Stop the running job after the frames under way, and run no other; with files, all are kept there.

        May be called again.
        """
        with self._lock:
            self._stopping = True
            jobs = [job for job in self._jobs.values() if job.info.state is JobState.RUNNING]
        for job in jobs:
            job.cancelled.set()
        self._waiting.close()
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

    def _take_up(self, kept: KeptJob) -> None:
        job = _Job(kept)
        self._jobs[kept.job] = job
        if kept.begun >= BEGINNINGS:
            error = InferenceLostError(
                f"the worker ended {kept.begun} times while it was at this job; submit it again to try once more"
            )
            self._update(job, state=JobState.FAILED, error_code=error.code, error=str(error))
        else:
            log.info("job %s is taken up again: %s", kept.job, kept.request.source)
            # Whoever asked for it is unknown to this worker; each has an owner of its own, so that order counts.
            self._waiting.put(job, f"kept {kept.job}", forced=True)

    def _update(self, job: _Job, **changes: object) -> None:
        with self._lock:
            if job.info.state.is_final:
                return
            job.info = msgspec.structs.replace(job.info, **changes)
            info = job.info
            if info.state.is_final and self._files:
                self._files.drop(info.job)
        self._publish(info)

    def _run(self) -> None:
        while (job := self._waiting.get()) is not None:
            if self._stopping:
                break
            if job.cancelled.is_set():
                self._update(job, state=JobState.CANCELLED)
                continue
            self._run_one(job)

    def _run_one(self, job: _Job) -> None:
        log.info("job %s begins: %s", job.info.job, job.kept.request.source, extra={"job": job.info.job})
        self._update(job, state=JobState.RUNNING, stage="opening")

        def report(stage: str, done: int, total: int, fps: float, left_s: float | None) -> None:
            self._update(job, stage=stage, done=done, total=total, fps=fps, left_s=left_s)

        try:
            self._keep(job, begun=job.kept.begun + 1)
            manifest = self._work(job.kept.request, Progress(job.cancelled, report))
        except JobCancelledError:
            if self._stopping:
                self._lay_down(job)
            else:
                self._update(job, state=JobState.CANCELLED, left_s=None)
        except Exception as err:  # noqa: BLE001 - whatever it is, it ends the job and not the worker
            self._fail(job, as_known_error(err), err)
        else:
            self._update(job, state=JobState.DONE, left_s=0.0, manifest=str(manifest))
        about = {"job": job.info.job, "code": job.info.error_code}
        log.info("job %s is %s %s", job.info.job, job.info.state.value, job.info.error or "", extra=about)

    def _fail(self, job: _Job, known: MattebridgeError, err: Exception) -> None:
        if isinstance(known, InternalError):
            log.error("job %s failed", job.info.job, exc_info=err, extra={"job": job.info.job})
        self._update(job, state=JobState.FAILED, left_s=None, error_code=known.code, error=str(known))

    def _lay_down(self, job: _Job) -> None:
        """The worker ends: the job waits for its next start where there are files, else it is over."""
        if self._files is None:
            self._update(job, state=JobState.CANCELLED, left_s=None)
            return
        self._keep(job, begun=0)
        self._update(job, state=JobState.QUEUED, stage="waiting for the worker's next start", left_s=None)

    def _keep(self, job: _Job, *, begun: int) -> None:
        job.kept = msgspec.structs.replace(job.kept, begun=begun)
        if self._files:
            self._files.keep(job.kept)
