"""How an inference process ended, and what that means to the calls it had."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from bridge.errors import DeviceMemoryError, InferenceLostError, MattebridgeError
from worker.engine_link import Progressed
from worker.progress import Progress

_LOSSES = 5
"""How often an export is taken up again, as long as it gets on in between."""

MOST_FRAMES = 20
"""How many frames may end the process before a call is given up: then it is not the frames."""


@dataclass(frozen=True)
class Lost:
    """What a call hears whose process has ended."""

    words: str
    blameless: bool = False
    """Another call did it."""
    over_frame: bool = False
    """A frame of this call did it for the second time, and is not decoded again."""
    doubted: bool = False
    """A frame of this call may have done it; the next process will tell."""


class LostError(Exception):
    """A call was lost; whoever made it decides whether to make it once more."""

    def __init__(self, lost: Lost) -> None:
        super().__init__(lost.words)
        self.lost = lost


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


class Attempts:
    """Decides how often an export is taken up again, and how."""

    def __init__(self) -> None:
        self.careful = False
        """Whether the next attempt takes as little memory as can be, and one step after the other."""
        self._short = False
        self._losses = 0
        self._frames = 0

    def another(self, err: DeviceMemoryError | LostError, *, got_on: bool) -> bool:
        """Whether to make another attempt.

        Args:
            err: How the last one ended.
            got_on: Whether it did something that the one before it had not.
        """
        if isinstance(err, LostError) and err.lost.over_frame:
            # The next process knows the frame as one that cannot be read: what ended this one is gone.
            self._frames += 1
            self._losses = 0
            self.careful = self._short
            return self._frames <= MOST_FRAMES
        self._losses += 1
        again = self._losses <= _LOSSES and (got_on or not self.careful)
        self._short = self._short or isinstance(err, DeviceMemoryError)
        self.careful = True
        return again


def known(err: DeviceMemoryError | LostError) -> MattebridgeError:
    """The error for whoever asked, once a call is given up."""
    if not isinstance(err, LostError):
        return err
    if err.lost.over_frame:
        return InferenceLostError(f"{err.lost.words}; more than {MOST_FRAMES} frames did that")
    return InferenceLostError(err.lost.words)


@dataclass(frozen=True)
class End:
    """How a process ended, for people."""

    did: str
    """Goes on from "the process": ``crashed inside a library (segmentation fault)``."""
    hint: str
    from_outside: bool = False
    """Whether somebody ended it, and nothing that it was doing."""

    @property
    def words(self) -> str:
        """All that is known."""
        return f"the inference process {self.did}; finished frames are kept, {self.hint}"


def end_of(exit_code: int | None, hung: str | None = None) -> End:
    """How a process ended.

    Args:
        exit_code: As `multiprocessing.Process` has it: negative for a signal.
        hung: What the watchdog found, where it was the watchdog that ended it.
    """
    where = "the worker's log says where"
    if hung is not None:
        return End(f"{hung} and was ended", where)
    if exit_code == -signal.SIGSEGV:
        return End("crashed inside a library (segmentation fault)", where)
    if exit_code == -signal.SIGABRT:
        return End("crashed inside a library (abort)", where)
    if exit_code == -getattr(signal, "SIGKILL", 9):
        return End(
            "was killed from outside, most likely because memory is short",
            "close other programs or ask for fewer layers",
            from_outside=True,
        )
    if exit_code == -signal.SIGTERM:
        return End("was ended from outside", "the worker's log says more", from_outside=True)
    if exit_code is not None and exit_code < 0:
        return End(f"was ended by signal {-exit_code}", "the worker's log says more")
    return End(f"ended by itself (exit code {exit_code})", "the worker's log says why")
