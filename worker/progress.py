"""What a running job tells about itself, and where it hears that it was cancelled."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from bridge.errors import JobCancelledError
from worker import signs

_EVENT_EVERY_S = 0.1

Report = Callable[[str, int, int, float, "float | None"], None]
"""Takes the stage, its frames done, its frames in all, frames per second, and the seconds left or None."""


class Progress:
    """What a running job tells about itself, and where it hears that it was cancelled.

    Stages have weights that say how long a frame of each takes compared with the others; with them the time
    left is estimated for the whole job from the rate so far.
    """

    def __init__(self, cancelled: threading.Event, report: Report) -> None:
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
        """Raise JobCancelledError if the job was cancelled; a sign of life otherwise."""
        if self._cancelled.is_set():
            raise JobCancelledError("the job was cancelled; finished frames are kept")
        signs.beat()

    @property
    def cancelled(self) -> threading.Event:
        """Set when the job is to stop."""
        return self._cancelled

    def relay(self, stage: str, done: int, total: int, fps: float, left_s: float | None) -> None:
        """Hand on what a job that runs elsewhere has told."""
        self._report(stage, done, total, fps, left_s)
