"""How well the things of a frame fit a track: what may be the same, and how likely it is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from worker.tracking.appearance import likeness
from worker.tracking.grid import Plane, shared_areas
from worker.tracking.live import LiveTrack
from worker.tracking.scene import Floats, Moment, Scene

Scores = npt.NDArray[np.float64]
"""One score a thing: 0 where it cannot be the same, otherwise up to 1. Shape ``(N,)``."""

_UNKNOWN_LIKENESS = 0.8
"""Stands for the likeness where a frame has no thumbnail."""

_FOLLOW_LIKENESS = 0.5
_CUT_LIKENESS = 0.9
"""The likeness that a thing keeps at least from one frame to the next, and over a cut. In real shots a thing keeps
0.97 for a second; different ones reach 0.88."""
_FOLLOW_UNLIKE = 0.8
"""Likenesses up to this say nothing for a pair: few things of a shot are less alike."""
_FOLLOW_OVERLAP = 0.1
_FOLLOW_SIZES = 1.25
_FOLLOW_RATIO = 3.0
"""Where masks do not overlap, centroids are no further apart than so many sizes (roots of the area), and areas
differ by no more than this factor."""

_LEAP_LIKENESS = 0.85
_LEAP_SIZES_PER_S = 12.0
"""A thing that nothing else fits, such as a ball, may be off by its own size and so many sizes a second."""

_RENAME_OVERLAP = 0.3
_RENAME_COST = 0.15
"""A thing may get a category that it never had where its mask goes on this well, and then scores less."""

_FIND_LIKENESS = (0.75, 0.85)
"""The likeness that a thing found again has at least: if little of it shows, mixed with what hides it, and
if it shows wholly."""
_FIND_RATIOS = (0.05, 3.0)
"""A thing found again shows between these shares of its usual area: little of it where it comes out from behind
something."""
_TWIN_INSIDE = 0.3
"""Of a thing found twice the smaller lies in the larger with at least this share."""
_STRAY_SIZES_PER_S = 1.5
_STRAY_SPEED = 0.5
"""The place where a thing is found again may be off by so many sizes a second, and by this share of the way that
it would have gone."""
_SURE_LIKENESS = (0.9, 0.95)
_WHOLE_RATIOS = (0.5, 2.0)
"""What shows wholly and looks so much like it may be off by up to twice as far."""


def follow_scores(track: LiveTrack, moment: Moment) -> Scores:
    """Does a thing go on from a track seen a moment ago? By colours and mask alike, and a little by place.

    Where people cross, their masks say little about who is who, and their colours do.
    """
    scene = moment.scene
    distance = _distances(scene, track.expected_centroid(moment))
    size = np.sqrt(track.area)
    near = (distance <= _FOLLOW_SIZES * size) & _alike_in_size(track, scene)
    over = _touching(scene, track.expected_edges(moment))
    look = _likeness(track, scene)
    alike = look >= (_CUT_LIKENESS if track.last_frame < moment.shot_start else _FOLLOW_LIKENESS)

    possible = np.flatnonzero((near | over) & alike)
    out = np.zeros(len(scene))
    if possible.size:
        plane = track.expected_plane(moment)
        shared = shared_areas(scene.planes[possible], plane)
        overlap = shared / (scene.areas[possible] + plane.sum() - shared)
        known = _known(track, scene)[possible]
        told_apart = np.clip((look[possible] - _FOLLOW_UNLIKE) / (1 - _FOLLOW_UNLIKE), 0.0, 1.0)
        score = 0.4 * overlap + 0.15 * np.exp(-np.square(distance[possible] / size)) + 0.45 * told_apart
        score = np.maximum(score - np.where(known, 0.0, _RENAME_COST), 0.0)
        allowed = (near[possible] | (overlap >= _FOLLOW_OVERLAP)) & (known | (overlap >= _RENAME_OVERLAP))
        out[possible] = np.where(allowed, score, 0.0)
    return out


def leap_scores(track: LiveTrack, moment: Moment) -> Scores:
    """May a thing be a track seen a moment ago that went further than its mask? Half by place, half by colours."""
    scene = moment.scene
    distance = _distances(scene, track.expected_centroid(moment))
    elapsed_s = (moment.frame - track.last_frame) / moment.fps
    reach = np.sqrt(track.area) * (1.0 + _LEAP_SIZES_PER_S * elapsed_s)
    if track.frame_count == 1:
        reach *= 2.0  # its speed is not known yet
    look = _likeness(track, scene)
    least = _CUT_LIKENESS if track.last_frame < moment.shot_start else _LEAP_LIKENESS
    allowed = (distance < reach) & (look >= least) & _alike_in_size(track, scene) & _known(track, scene)
    return np.where(allowed, 0.5 * (1.0 - distance / reach) + 0.5 * look, 0.0)


def find_scores(track: LiveTrack, moment: Moment) -> Scores:
    """Is a thing a track that was lost? Mostly by colours, the rest by where it should have come to."""
    scene = moment.scene
    elapsed_s = (moment.frame - track.last_frame) / moment.fps
    size = np.sqrt(track.area)
    way = float(np.hypot(*track.velocity)) * (moment.frame - track.last_frame)
    reach = size + _STRAY_SIZES_PER_S * size * elapsed_s + _STRAY_SPEED * way
    distance = _distances(scene, track.expected_position(moment))
    over = _touching(scene, track.expected_whole_edges(moment))
    look = _likeness(track, scene)
    ratio = scene.areas / track.area
    whole = (ratio > _WHOLE_RATIOS[0]) & (ratio < _WHOLE_RATIOS[1])
    reach = reach * (1.0 + whole * np.interp(look, _SURE_LIKENESS, (0.0, 1.0)))
    sized = (ratio > _FIND_RATIOS[0]) & (ratio < _FIND_RATIOS[1])
    least = np.interp(ratio, (0.0, 1.0), _FIND_LIKENESS)
    alike = look >= (_CUT_LIKENESS if track.last_frame < moment.shot_start else least)

    possible = np.flatnonzero(_known(track, scene) & ((distance < reach) | over) & alike & sized)
    out = np.zeros(len(scene))
    if possible.size:
        inside = _shares_inside(scene, possible, track.expected_whole(moment)) * np.exp(-elapsed_s)
        place = np.maximum(1.0 - distance[possible] / reach[possible], inside)
        out[possible] = np.where(place > 0, 0.6 * look[possible] + 0.4 * place, 0.0)
    return out


def lies_inside(track: LiveTrack, moment: Moment) -> npt.NDArray[np.bool_]:
    """Which things lie where a track was, as one must that was seen beside it and is the same found twice."""
    scene = moment.scene
    return _shares_inside(scene, np.arange(len(scene)), track.expected_whole(moment)) >= _TWIN_INSIDE


def _shares_inside(scene: Scene, rows: npt.NDArray[np.intp], whole: Plane) -> Scores:
    """How much of some things, or of the mask if it is the smaller, lies in the other. Shape ``(len(rows),)``."""
    smaller = np.minimum(scene.areas[rows], max(float(whole.sum()), 1e-6))
    return np.asarray(shared_areas(scene.planes[rows], whole) / smaller, np.float64)


def _alike_in_size(track: LiveTrack, scene: Scene) -> npt.NDArray[np.bool_]:
    ratio = scene.areas / track.area
    return np.asarray((ratio > 1 / _FOLLOW_RATIO) & (ratio < _FOLLOW_RATIO), bool)


def _touching(scene: Scene, edges: Floats) -> npt.NDArray[np.bool_]:
    """Which things' edges come within two cells of a box, so that masks may overlap. Shape ``(N,)``."""
    gaps = np.maximum(scene.edges[:, :2] - edges[2:], edges[:2] - scene.edges[:, 2:])
    return np.asarray((gaps < 2.0).all(axis=1), bool)


def _distances(scene: Scene, place: Floats) -> Scores:
    return np.asarray(np.hypot(*(scene.centroids - place).T), np.float64)


def _known(track: LiveTrack, scene: Scene) -> npt.NDArray[np.bool_]:
    """Which things have a category that the track had before."""
    return np.array([category in track.votes for category in scene.categories], bool)


def _likeness(track: LiveTrack, scene: Scene) -> Scores:
    if track.look is None or scene.looks is None:
        return np.full(len(scene), _UNKNOWN_LIKENESS)
    return likeness(scene.looks, track.look).astype(np.float64)
