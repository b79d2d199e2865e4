"""Which frames a video model has to see for those that are wanted."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cache

from bridge.frames import parse_frames
from worker.media import Source


class Runs:
    """The frames of a source in runs, as `worker.models.base.VideoModel` divides them."""

    def __init__(self, source: Source, length: int) -> None:
        """
        Args:
            source: An open source; all of its frames count, also those that are not selected.
            length: How many frame numbers make a run.
        """
        self._source = source
        self._length = length
        self._frames = parse_frames(source.available)
        self.stamp = cache(self._stamp)
        """Text that changes with the file of a frame or with one that its run has before it."""

    def number(self, frame: int) -> int:
        """The run that a frame belongs to."""
        return frame // self._length

    def needed(self, wanted: Iterable[int]) -> list[int]:
        """All frames that must be seen, in order: those of each run from its first to the last wanted one.

        Wanted frames that are not there are among them.
        """
        last: dict[int, int] = {}
        for frame in wanted:
            last[self.number(frame)] = max(frame, last.get(self.number(frame), frame))
        return sorted({frame for end in last.values() for frame in (*self._before(end), end)} | set(wanted))

    def _stamp(self, frame: int) -> str:
        before = self._before(frame)
        stamps = "|".join(f"{number}:{self._source.frame_stamp(number)}" for number in (*before, frame))
        return hashlib.sha256(stamps.encode()).hexdigest()[:16]

    def _before(self, frame: int) -> Sequence[int]:
        """The frames that there are of a frame's run before it."""
        first = bisect_left(self._frames, self.number(frame) * self._length)
        return self._frames[first : bisect_left(self._frames, frame)]
