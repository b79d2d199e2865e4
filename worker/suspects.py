"""Which frame it was that ended an inference process: the one that was being decoded at two ends in a row."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from worker.shared_record import Avoided, Underway

_AVOIDED_S = 3600.0
"""How long a frame is not tried again."""


@dataclass(frozen=True)
class Verdict:
    """What an end says of the calls that the process had."""

    guilty: frozenset[int] = frozenset()
    """Calls a frame of which is avoided from now on."""
    doubted: frozenset[int] = frozenset()
    """Calls a frame of which was being decoded, for the first time in a row."""


class Suspects:
    """The frames under way at the last end, and all that were found guilty so far."""

    def __init__(self) -> None:
        self.avoided: tuple[Avoided, ...] = ()
        """What no process shall decode again."""
        self._places: frozenset[tuple[str, int | None, str]] = frozenset()

    @property
    def any(self) -> bool:
        """Whether the next process must decode one frame at a time, so that its end leaves no doubt."""
        return bool(self._places)

    def judge(self, under_way: Sequence[Underway], did: str) -> Verdict:
        """Take a process's end into account.

        Args:
            under_way: The frames that it was decoding.
            did: What it did, for people: ``crashed inside a library (segmentation fault)``.
        """
        guilty = [frame for frame in under_way if frame.place in self._places]
        if guilty:
            self._places = frozenset()
            until = time.time() + _AVOIDED_S
            self.avoided += tuple(Avoided(it.file, it.frame, it.stamp, did, until) for it in guilty)
            return Verdict(guilty=frozenset(frame.call for frame in guilty))
        self._places = frozenset(frame.place for frame in under_way)
        return Verdict(doubted=frozenset(frame.call for frame in under_way))
