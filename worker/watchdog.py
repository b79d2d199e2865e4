"""Ends an inference process that hangs: one that is long at a single frame, or shows no sign of life at all."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil

from worker.shared_record import Record

_POLL_S = 1.0
_TELL_S = 0.5
"""How long a process has to write into its log where it hangs."""

_SLOWEST_BYTES_PER_S = 1_000_000
"""A disk or network that is slower than this counts as gone."""

_EXCUSED = frozenset("DTt")
"""States of a thread in Linux that are no fault of the process: it waits for a disk, or was stopped."""


@dataclass(frozen=True)
class Limits:
    """How long an inference process may be silent before it is ended."""

    frame_s: float = 60.0
    """For the decoding of a frame without any step, in seconds; a second more for every megabyte of its file."""
    silent_s: float = 600.0
    """Without a sign of life from any stage while there is work, in seconds. To load a large model, or to compile
    one, is one step."""


@dataclass
class Quiet:
    """How long each of several things has stood still, by a clock that does not run while nobody looks."""

    limits: Limits
    _beats: int = -1
    _silent_s: float = 0.0
    _steps: dict[int, int] = field(default_factory=dict)
    _frame_s: dict[int, float] = field(default_factory=dict)

    def look(self, record: Record, passed_s: float, *, at_work: bool) -> str | None:
        """Look at a process's signs.

        Args:
            record: What it shares.
            passed_s: Seconds since the last look.
            at_work: Whether it has anything to do.

        Returns:
            What is wrong with it, for people: ``hung for 60 seconds``; None where nothing is.
        """
        beats, steps = record.beats, record.steps()
        self._silent_s = self._silent_s + passed_s if at_work and beats == self._beats else 0.0
        self._frame_s = {
            slot: self._frame_s.get(slot, 0.0) + passed_s if self._steps.get(slot) == step else 0.0
            for slot, step in steps.items()
        }
        self._beats, self._steps = beats, steps
        for slot, seconds in self._frame_s.items():
            if seconds > self.limits.frame_s:
                frame = record.under_way(slot)
                size = 0 if frame is None else frame.size_bytes
                if frame is not None and seconds > self.limits.frame_s + size / _SLOWEST_BYTES_PER_S:
                    return f"hung for {seconds:.0f} seconds over a frame"
        if self._silent_s > self.limits.silent_s:
            return f"showed no sign of life for {self._silent_s:.0f} seconds"
        return None


def watch(
    process: BaseProcess,
    record: Record,
    limits: Limits,
    at_work: Callable[[], bool],
    hung: Callable[[str], None],
) -> None:
    """Watch a process until it ends, and end it where it hangs.

    Args:
        process: The inference process.
        record: What it shares.
        limits: How long it may be silent.
        at_work: Whether it has anything to do.
        hung: Called with what is wrong with it, for people, before it is ended.
    """
    quiet = Quiet(limits)
    poll_s = min(_POLL_S, limits.frame_s / 4, limits.silent_s / 4)
    # A look counts as one step however long ago the last one was: a machine that slept, or one so busy that not
    # even this thread had its turn, must not look like a process that hangs.
    while not _ended(process, poll_s):
        words = quiet.look(record, poll_s, at_work=at_work())
        if words is not None and not _excused(process.pid):
            hung(words)
            _end(process)
            return


def _ended(process: BaseProcess, within_s: float) -> bool:
    # Not `join`: it is another thread that buries the process.
    return bool(wait([process.sentinel], within_s))


def _excused(pid: int | None) -> bool:
    """Whether a thread of the process, or of one that writes for it, waits for a disk or was stopped."""
    family = [pid]
    with contextlib.suppress(psutil.Error):
        family += [child.pid for child in psutil.Process(pid).children(recursive=True)]
    for member in family:
        for status in Path(f"/proc/{member}/task").glob("*/stat"):
            with contextlib.suppress(OSError, IndexError):
                if status.read_text(errors="replace").rpartition(") ")[2][0] in _EXCUSED:
                    return True
    return False


def _end(process: BaseProcess) -> None:
    """Have the process write into its log where its threads are, and kill it."""
    tell = getattr(signal, "SIGUSR1", None)
    if tell is not None and process.pid is not None:
        with contextlib.suppress(OSError):
            os.kill(process.pid, tell)
        threading.Event().wait(_TELL_S)
    process.kill()
