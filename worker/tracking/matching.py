"""Which thing is which track: the best assignment, one to one, and things found twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from worker.tracking.grid import shared_areas
from worker.tracking.live import LiveTrack
from worker.tracking.scene import Moment, Scene
from worker.tracking.scoring import Scores, find_scores, follow_scores, leap_scores, lies_inside

_FOLLOW_SCORE = 0.27
_FIND_SCORE = 0.5
"""Pairs that score less are not the same."""

_DUPLICATE_IOU = 0.7
"""Two segments of one category and one frame that overlap more are one thing found twice."""
_DUPLICATE_IOU_ACROSS = 0.85
"""The same for two things of different categories, such as a car also found as a bus."""


def follow(tracks: Sequence[LiveTrack], moment: Moment, sought: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Pairs of the positions of a track and of a thing that goes on from it, each at most once.

    Args:
        tracks: Those seen a moment ago.
        moment: The frame.
        sought: Whether a thing has no track yet. Shape ``(N,)``.
    """
    return _assigned([np.where(sought, follow_scores(track, moment), 0.0) for track in tracks], _FOLLOW_SCORE)


def leap(tracks: Sequence[LiveTrack], moment: Moment, sought: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Pairs of the positions of a track and of a thing that it may have leapt to, each at most once.

    Args:
        tracks: Those seen a moment ago for which nothing better was found.
        moment: The frame.
        sought: Whether a thing has no track yet. Shape ``(N,)``.
    """
    return _assigned([np.where(sought, leap_scores(track, moment), 0.0) for track in tracks], 0.0)


def find(
    tracks: Sequence[LiveTrack], moment: Moment, before: npt.NDArray[np.bool_], beside: npt.NDArray[np.bool_]
) -> list[tuple[int, int]]:
    """Pairs of the positions of a lost track and of a thing that it was found to be, each at most once.

    Args:
        tracks: Those that no thing was found to go on from.
        moment: The frame.
        before: Whether a thing may be a track that was lost before. Shape ``(len(tracks), N)``.
        beside: Whether it may be one that was seen beside it for a while. The same shape.
    """
    scores = []
    for track, lost, twin in zip(tracks, before, beside, strict=True):
        allowed = lost | (twin & lies_inside(track, moment)) if twin.any() else lost
        scores.append(np.where(allowed, find_scores(track, moment), 0.0))
    return _assigned(scores, _FIND_SCORE)


def duplicates(scene: Scene) -> dict[int, int]:
    """Things found twice in one frame: the position of each weaker copy, with that of the strongest."""
    out: dict[int, int] = {}
    kept: list[int] = []
    for i in sorted(range(len(scene)), key=lambda i: -scene.scores[i]):
        original = _original(scene, i, kept)
        if original is None:
            kept.append(i)
        else:
            out[i] = original
    return out


def _original(scene: Scene, copy: int, others: Sequence[int]) -> int | None:
    """The first of the other things that `copy` is a second segment of."""
    area = scene.areas[copy]
    for other in others:
        same = scene.categories[copy] == scene.categories[other]
        least = _DUPLICATE_IOU if same else _DUPLICATE_IOU_ACROSS
        smaller, larger = sorted((area, scene.areas[other]))
        # No two areas overlap by more than their ratio; most pairs end here.
        if smaller >= least * larger:
            shared = float(shared_areas(scene.planes[other : other + 1], scene.planes[copy])[0])
            if shared >= least * (smaller + larger - shared):
                return other
    return None


def _assigned(scores: Sequence[Scores], least: float) -> list[tuple[int, int]]:
    """The assignment with the highest sum of what scores have above `least`; pairs below it are left out.

    Counting from `least` keeps one good pair from being given up for two poor ones.
    """
    if not scores:
        return []
    gain = np.maximum(np.stack(scores) - least, 0.0)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if gain[r, c] > 0]
