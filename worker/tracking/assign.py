"""Ids for a whole frame range: flicker dropped, ids counted from 1 without holes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from worker.segments import UNTRACKED, FramePrediction
from worker.tracking.index import TrackIndex
from worker.tracking.tracker import Tracker


def assign(predictions: Iterable[tuple[int, FramePrediction]], fps: float | None = None) -> TrackIndex:
    """Track a frame range.

    Args:
        predictions: Frame numbers, rising, with what was found in each. Read once, one at a time.
        fps: Frames per second of the source; 24 where unknown.

    Returns:
        The confirmed tracks, with ids in the order in which they appear, and those ids for every frame.

    Raises:
        ValueError: `fps` is not above 0, or the frame numbers do not rise.
    """
    tracker = Tracker(fps)
    found = {frame: tracker.update(frame, prediction) for frame, prediction in predictions}
    table = tracker.finish()
    confirmed = sorted((t for t in table.tracks if t.confirmed), key=lambda t: (t.first_frame, t.id))
    settled = {track.id: number for number, track in enumerate(confirmed, start=1)}
    for young, first in table.found_again.items():
        settled[young] = settled.get(first, UNTRACKED)
    return TrackIndex(
        frames={frame: tuple(settled.get(i, UNTRACKED) for i in ids) for frame, ids in found.items()},
        tracks=tuple(replace(track, id=settled[track.id]) for track in confirmed),
    )
