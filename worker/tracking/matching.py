"""Which segment is which track: scores of pairs, gates, and the best assignment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from worker.tracking.appearance import likeness
from worker.tracking.grid import soft_iou
from worker.tracking.live import LiveTrack
from worker.tracking.scene import Floats, Scene
from worker.tracking.settings import DUPLICATE_IOU, DUPLICATE_IOU_ACROSS

_UNKNOWN_LIKENESS = 0.8
"""Stands for the likeness where a frame has no thumbnail."""

_FOLLOW_SCORE = 0.35
_FOLLOW_LIKENESS = 0.5
_FOLLOW_OVERLAP = 0.1
_RENAME_OVERLAP = 0.3
"""A thing may get a category that it never had only where its mask goes on this well."""

_FIND_SCORE = 0.5
_FIND_LIKENESS = 0.75
_FIND_AREAS = (0.05, 3.0)
"""A thing found again shows between these shares of its usual area: little of it where it comes out from behind
something."""


def follow_scores(
    track: LiveTrack, scene: Scene, frame: int, fps: float, camera: Floats, cut: bool
) -> npt.NDArray[np.float64]:
    """How well each thing of a frame goes on from a track seen a moment ago.

    Returns:
        Shape ``(N,)``: 0 where it cannot be the same, otherwise in (0, 1].
    """
    overlap = soft_iou(scene.planes, track.expected_plane(frame, fps, camera))
    distance = _distance(scene, track.expected_centroid(frame, fps, camera))
    size = np.sqrt(track.area)
    look = _likeness(track, scene)
    elapsed_s = (frame - track.last_frame) / fps
    reach = size * (1.0 + 12.0 * elapsed_s) * (1.0 if track.frame_count > 1 else 2.0)
    ratio = scene.areas / track.area
    known = np.array([category in track.votes for category in scene.categories], bool)
    score = 0.5 * overlap + 0.2 * np.exp(-np.square(distance / size)) + 0.3 * look
    near = (overlap >= _FOLLOW_OVERLAP) | ((distance <= reach) & (ratio > 1 / 3) & (ratio < 3))
    named = known | (overlap >= _RENAME_OVERLAP)
    alike = look >= (_FIND_LIKENESS if cut else _FOLLOW_LIKENESS)
    return np.where(near & named & alike, np.maximum(score - np.where(known, 0.0, 0.15), 0.0), 0.0)


def find_scores(track: LiveTrack, scene: Scene, frame: int, fps: float, camera: Floats) -> npt.NDArray[np.float64]:
    """How well each thing of a frame could be a track that was lost.

    Returns:
        Shape ``(N,)``: 0 where it cannot be the same, otherwise in (0, 1].
    """
    whole = track.expected_whole(frame, fps, camera).reshape(1, -1)
    inside = np.minimum(scene.planes, whole).sum(axis=1) / np.minimum(scene.areas, max(float(whole.sum()), 1e-6))
    distance = _distance(scene, track.expected_position(frame, fps, camera))
    elapsed = frame - track.last_frame
    drift = 1.5 * np.sqrt(track.area) * elapsed / fps
    reach = np.sqrt(track.area) + drift + 0.5 * float(np.hypot(*track.velocity)) * elapsed
    look = _likeness(track, scene)
    ratio = scene.areas / track.area
    place = np.clip(np.maximum(1.0 - distance / reach, inside * np.exp(-elapsed / fps)), 0.0, 1.0)
    known = np.array([category in track.votes for category in scene.categories], bool)
    allowed = known & (place > 0) & (look >= _FIND_LIKENESS) & (ratio > _FIND_AREAS[0]) & (ratio < _FIND_AREAS[1])
    return np.where(allowed, 0.6 * look + 0.4 * place, 0.0)


def follow(
    tracks: Sequence[LiveTrack], scene: Scene, frame: int, fps: float, camera: Floats, cut: bool
) -> list[tuple[int, int]]:
    """Pairs of the positions of a track and of a thing that goes on from it, each at most once."""
    scores = [follow_scores(track, scene, frame, fps, camera, cut) for track in tracks]
    return _assigned(scores, _FOLLOW_SCORE)


def find(
    tracks: Sequence[LiveTrack],
    scene: Scene,
    frame: int,
    fps: float,
    camera: Floats,
    sought: npt.NDArray[np.bool_],
) -> list[tuple[int, int]]:
    """Pairs of the positions of a lost track and of a thing that it was found to be, each at most once.

    Args:
        sought: Whether a thing may be a track's. Shape ``(len(tracks), N)``.
    """
    scores = [find_scores(track, scene, frame, fps, camera) for track in tracks]
    return _assigned([np.where(mask, score, 0.0) for mask, score in zip(sought, scores, strict=True)], _FIND_SCORE)


def duplicates(scene: Scene) -> dict[int, int]:
    """Things found twice in one frame: the position of each weaker copy, with that of the strongest."""
    order = sorted(range(len(scene)), key=lambda i: -scene.scores[i])
    w, h = scene.wh
    out: dict[int, int] = {}
    kept: list[int] = []
    for i in order:
        if kept:
            overlap = soft_iou(scene.planes[kept], scene.planes[i].reshape(h, w))
            for j, iou in zip(kept, overlap, strict=True):
                same = scene.categories[i] == scene.categories[j]
                if iou >= (DUPLICATE_IOU if same else DUPLICATE_IOU_ACROSS):
                    out[i] = j
                    break
        if i not in out:
            kept.append(i)
    return out


def _assigned(scores: Sequence[npt.NDArray[np.float64]], least: float) -> list[tuple[int, int]]:
    """The assignment with the highest sum of what scores have above `least`; pairs below it are left out.

    Counting from `least` keeps one good pair from being given up for two poor ones.
    """
    if not scores:
        return []
    gain = np.maximum(np.stack(scores) - least, 0.0)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if gain[r, c] > 0]


def _distance(scene: Scene, place: Floats) -> npt.NDArray[np.float64]:
    return np.asarray(np.hypot(*(scene.centroids - place).T), np.float64)


def _likeness(track: LiveTrack, scene: Scene) -> npt.NDArray[np.float64]:
    if track.look is None or scene.looks is None:
        return np.full(len(scene), _UNKNOWN_LIKENESS)
    return likeness(scene.looks, track.look).astype(np.float64)
