"""Keeping ids when more of a source is tracked afresh."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from worker.segments import UNTRACKED
from worker.tracking.index import Track, TrackIndex, spans


def stitch(new: TrackIndex, known: TrackIndex) -> TrackIndex:
    """Join a fresh tracking of a source to one whose ids are in use already.

    Things are matched one to one by the number of segments that both gave ids to in the frames they share, stuff
    by its category. A matched track keeps its known id and its known category, so that its layer keeps its name;
    the others get ids above the highest known one. Known frames keep their ids whatever the new ones say.

    Args:
        new: The fresh tracking, of any frame range.
        known: The earlier one, of the same predictions where the ranges overlap.

    Returns:
        The frames and tracks of both.

    Raises:
        ValueError: A frame has another number of segments in `new` than in `known`: it was predicted anew.
    """
    for frame in sorted(new.frames.keys() & known.frames.keys()):
        if len(new.frames[frame]) != len(known.frames[frame]):
            raise ValueError(
                f"frame {frame} must have {len(known.frames[frame])} segments as when its ids were given, "
                f"but has {len(new.frames[frame])}; track its new prediction without the known ids"
            )
    renamed = _matched(new, known)
    highest = max((track.id for track in known.tracks), default=UNTRACKED)
    for track in new.tracks:
        if track.id not in renamed:
            highest += 1
            renamed[track.id] = highest
    renamed[UNTRACKED] = UNTRACKED

    frames = {frame: tuple(renamed[i] for i in ids) for frame, ids in new.frames.items()}
    frames.update(known.frames)
    described = {renamed[track.id]: replace(track, id=renamed[track.id]) for track in new.tracks}
    described.update({track.id: track for track in known.tracks})
    tracks: list[Track] = []
    for track_id, (first, last, count) in sorted(spans(frames).items()):
        tracks.append(replace(described[track_id], first_frame=first, last_frame=last, frame_count=count))
    return TrackIndex(frames=dict(sorted(frames.items())), tracks=tuple(tracks))


def _matched(new: TrackIndex, known: TrackIndex) -> dict[int, int]:
    """New ids with the known ids that they go on from."""
    stuff = {track.category: track.id for track in known.tracks if not track.is_thing}
    out = {t.id: stuff[t.category] for t in new.tracks if not t.is_thing and t.category in stuff}

    shared = Counter(
        pair
        for frame in new.frames.keys() & known.frames.keys()
        for pair in zip(new.frames[frame], known.frames[frame], strict=True)
    )
    new_things = [track.id for track in new.tracks if track.is_thing]
    known_things = [track.id for track in known.tracks if track.is_thing]
    votes = np.array([[shared[n, k] for k in known_things] for n in new_things], float)
    if votes.size:
        for row, column in zip(*linear_sum_assignment(votes, maximize=True), strict=True):
            if votes[row, column] > 0:
                out[new_things[row]] = known_things[column]
    return out
