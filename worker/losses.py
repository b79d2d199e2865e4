"""How an inference process ended, and what that means to the calls it had."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from worker.engine_link import Progressed
from worker.progress import Progress


@dataclass(frozen=True)
class Lost:
    """What a call hears whose process has ended."""

    words: str
    blameless: bool = False
    """Another call did it."""


class Told:
    """What an export has told in one process."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.stopping = False
        self.got_on = False
        """Whether a frame was done here."""
        self._at: tuple[str, int] | None = None

    def relay(self, news: Progressed) -> None:
        at = (news.stage, news.done)
        if self._at is not None and at[0] == self._at[0] and at[1] > self._at[1]:
            self.got_on = True
        self._at = at
        self.progress.relay(news.stage, news.done, news.total, news.fps, news.left_s)


def end_words(exit_code: int | None) -> str:
    """How a process ended, for people."""
    if exit_code == -signal.SIGSEGV:
        return (
            "crashed inside a library (segmentation fault); finished frames are kept, the worker's log says where"
        )
    if exit_code == -getattr(signal, "SIGKILL", 9):
        return (
            "was killed from outside, most likely because memory is short; finished frames are kept, close other "
            "programs or ask for fewer layers"
        )
    if exit_code is not None and exit_code < 0:
        return f"was ended by signal {-exit_code}; finished frames are kept, the worker's log says more"
    return f"ended by itself (exit code {exit_code}); finished frames are kept, the worker's log says why"
