"""How far a job is: Nuke's progress window with its Cancel, or lines in a terminal."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Optional

from bridge.errors import JobCancelledError, MattebridgeError
from bridge.job import Job
from bridge.messages import JobInfo
from host_adapters.nuke.host import api, has_gui

_LOOK_S = 0.2
"""How often the Cancel button is looked at."""


class Shown:
    """The progress of one job, for a ``with`` block; the window goes when the block ends."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._task: Optional[Any] = None
        self._said = ""

    def __enter__(self) -> Shown:
        # In a terminal session Nuke has no progress windows.
        if has_gui():
            self._task = api().ProgressTask(f"Mattebridge {self._name}")
        return self

    def __exit__(self, *_: object) -> None:
        # The window stays for as long as the object lives.
        self._task = None

    def say(self, text: str) -> None:
        """Say what is being done."""
        if self._task is not None:
            self._task.setMessage(text)
        elif text != self._said:
            api().tprint(f"Mattebridge, {self._name}: {text}")
        self._said = text
        self.stop_if_cancelled()

    def stop_if_cancelled(self) -> None:
        """JobCancelledError where the user pressed Cancel."""
        if self._task is not None and self._task.isCancelled():
            raise JobCancelledError("cancelled")

    def news(self, info: JobInfo) -> None:
        """Show news of the job."""
        if self._task is None:
            if info.stage and info.stage != self._said:
                self.say(info.stage)
            return
        left = "" if info.left_s is None else f", {_clock(info.left_s)} left"
        self._task.setMessage(f"{info.stage or info.state.value} {info.done}/{info.total}{left}")
        self._task.setProgress(int(100 * info.done / info.total) if info.total else 0)

    @contextmanager
    def cancelling(self, job: Job) -> Iterator[None]:
        """While the block waits for the job, the Cancel button stops it on the worker."""
        over = threading.Event()
        task = self._task

        def watch() -> None:
            while not over.wait(_LOOK_S):
                if task is not None and task.isCancelled():
                    try:
                        job.cancel()
                    except MattebridgeError:
                        # A worker that is gone has stopped; whoever waits for the job is told so.
                        return
                    return

        watcher = threading.Thread(target=watch, name="mattebridge cancel", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
