"""What each frame of an export gets: its own mattes, a neighbour's, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.request import OnError


@dataclass(frozen=True)
class PlannedFrame:
    """One frame to be written."""

    number: int
    shows: int | None
    """The frame whose mattes it gets: itself, a neighbour where it is held, None where it is black."""
    reason: str | None = None
    """Why it could not be read; None where it could."""

    @property
    def state(self) -> str:
        """``good``, ``held`` or ``black``, as in the manifest."""
        if self.reason is None:
            return "good"
        return "black" if self.shows is None else "held"


def plan_frames(frames: Sequence[int], bad: dict[int, str], on_error: OnError) -> list[PlannedFrame]:
    """What each frame gets: a held one its nearest earlier good neighbour's mattes, or the next one's."""
    good = [frame for frame in frames if frame not in bad]
    planned = []
    last: int | None = good[0] if good and on_error is OnError.HOLD else None
    for frame in frames:
        if frame not in bad:
            planned.append(PlannedFrame(frame, frame))
            if on_error is OnError.HOLD:
                last = frame
        else:
            planned.append(PlannedFrame(frame, last, bad[frame]))
    return planned
