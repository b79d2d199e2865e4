"""A thing that is followed: where it is going, what it looks like, what it was called."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worker.tracking.appearance import Histogram
from worker.tracking.grid import Plane, shifted
from worker.tracking.index import Track
from worker.tracking.scene import Floats, Moment, Scene

_VELOCITY_RATE = 0.4
_LOOK_RATE = 0.05
_GROW_RATE, _SHRINK_RATE = 0.5, 0.03
"""Shares of the new value in the running averages. A full size is learnt fast and forgotten slowly, because
what shrinks suddenly is being hidden."""

_STEADY_AREA = 0.05
"""A thing whose area changes by less than this share from one sight to the next is not being hidden."""

_SLOWDOWN_S = 2.0
"""The time in which the speed of a thing out of sight is expected to fade."""

_WHOLE = 0.7
"""The share of its usual area above which a thing counts as wholly visible."""


class Votes:
    """What a thing was called in its frames: the sum of scores per category."""

    def __init__(self) -> None:
        self._scores: dict[str, float] = {}

    def add(self, category: str, score: float) -> None:
        """Count one segment; a score of 0 still counts as a sighting."""
        self._scores[category] = self._scores.get(category, 0.0) + max(score, 1e-6)

    def add_all(self, other: Votes) -> None:
        """Count everything that another thing was called."""
        for category, score in other._scores.items():
            self.add(category, score)

    def __contains__(self, category: str) -> bool:
        return category in self._scores

    @property
    def winner(self) -> str:
        """The category with the highest sum; of equals, the one that came first."""
        return max(self._scores, key=lambda category: self._scores[category])


@dataclass(frozen=True)
class _Sight:
    """What was seen of a thing in one frame."""

    plane: Plane
    """Its mask, in the cells of that frame."""
    centroid: Floats
    """Scene coordinates x, y."""
    edges: Floats
    """Scene coordinates left, top, right, bottom."""
    free: npt.NDArray[np.bool_]
    """Whether each edge is the thing's own (see `Scene`)."""
    area: float
    camera: Floats
    """The camera's translation in that frame: scene coordinates plus it are the frame's own."""

    def edges_around(self, centroid: Floats) -> Floats:
        """Its edges with its centroid elsewhere, both in the cells of another frame."""
        return np.asarray(self.edges + np.tile(centroid - self.centroid, 2), np.float32)

    def plane_around(self, centroid: Floats) -> Plane:
        """Its mask with its centroid elsewhere, both in the cells of another frame."""
        dx, dy = centroid - (self.centroid + self.camera)
        return shifted(self.plane, float(dx), float(dy))


class LiveTrack:
    """The compact state of one followed thing.

    Places are in scene coordinates: cells of the working grid less the camera's translation since the first frame,
    so that a pan moves nothing. The position is where the whole thing's centroid is; while something hides part of
    it, the position follows the edges that are its own.
    """

    def __init__(self, track_id: int, moment: Moment, index: int) -> None:
        scene = moment.scene
        self.id = track_id
        self.first_frame = self.last_frame = moment.frame
        self.frame_count = 1
        self.votes = Votes()
        self.votes.add(scene.categories[index], scene.scores[index])
        self.area = float(scene.areas[index])
        self.velocity: Floats = np.zeros(2, np.float32)
        """In cells a frame."""
        self.look: Histogram | None = None
        self._last = self._whole = _sight(moment, index)
        self._position = self._last.centroid
        self._learn_look(scene, index)

    def observe(self, moment: Moment, index: int) -> None:
        """Take in the thing at `index` of a later frame, found to be this one."""
        scene = moment.scene
        elapsed = moment.frame - self.last_frame
        before, now = self._last, _sight(moment, index)
        whole = bool(self.whole(now.area))
        step = _step(before, now, self.velocity * elapsed)
        rate = 1.0 if self.frame_count == 1 else _VELOCITY_RATE
        self.velocity = np.asarray(self.velocity + rate * (step / elapsed - self.velocity), np.float32)
        self._position = now.centroid if whole else self._position + step
        self.area += (_GROW_RATE if now.area > self.area else _SHRINK_RATE) * (now.area - self.area)
        self._last = now
        self.last_frame = moment.frame
        self.frame_count += 1
        self.votes.add(scene.categories[index], scene.scores[index])
        if whole:
            self._whole = now
            self._learn_look(scene, index)

    def resume(self, young: LiveTrack) -> None:
        """Go on as `young`, a track begun about when this one was lost that turned out to be this thing."""
        both = max(0, self.last_frame - young.first_frame + 1)
        self.frame_count += max(0, young.frame_count - both)
        self.last_frame = young.last_frame
        self.votes.add_all(young.votes)
        self.velocity = young.velocity
        self._last = young._last
        self._position = young._position

    def whole(self, areas: Floats | float) -> npt.NDArray[np.bool_]:
        """Which of some areas are those of the whole thing, of which nothing hides much."""
        return np.asarray(areas >= np.float32(_WHOLE * self.area), bool)

    def expected_centroid(self, moment: Moment) -> Floats:
        """Where the centroid of what was last seen of it should be, in cells."""
        return np.asarray(self._last.centroid + self._ahead(moment) + moment.camera, np.float32)

    def expected_edges(self, moment: Moment) -> Floats:
        """Where the edges of what was last seen of it should be, in cells: left, top, right, bottom."""
        return self._last.edges_around(self.expected_centroid(moment))

    def expected_plane(self, moment: Moment) -> Plane:
        """The mask that it had when it was last seen, moved to where it should be."""
        return self._last.plane_around(self.expected_centroid(moment))

    def expected_position(self, moment: Moment) -> Floats:
        """Where the centroid of the whole thing should be, in cells."""
        return np.asarray(self._position + self._ahead(moment) + moment.camera, np.float32)

    def expected_whole_edges(self, moment: Moment) -> Floats:
        """Where the edges of the whole thing should be, in cells: left, top, right, bottom."""
        return self._whole.edges_around(self.expected_position(moment))

    def expected_whole(self, moment: Moment) -> Plane:
        """The mask that it had when it was last wholly visible, moved to where it should be."""
        return self._whole.plane_around(self.expected_position(moment))

    def summary(self) -> Track:
        """What there is to say of it so far, not confirmed yet."""
        return Track(
            id=self.id,
            category=self.votes.winner,
            is_thing=True,
            first_frame=self.first_frame,
            last_frame=self.last_frame,
            frame_count=self.frame_count,
            confirmed=False,
        )

    def _ahead(self, moment: Moment) -> Floats:
        """How far it should have gone since it was last seen, in scene coordinates; its speed fades with time."""
        fade = _SLOWDOWN_S * moment.fps
        return np.asarray(
            self.velocity * np.float32(-fade * np.expm1((self.last_frame - moment.frame) / fade)), np.float32
        )

    def _learn_look(self, scene: Scene, index: int) -> None:
        if scene.looks is None:
            return
        new = scene.looks[index]
        self.look = new.copy() if self.look is None else self.look + np.float32(_LOOK_RATE) * (new - self.look)


def _sight(moment: Moment, index: int) -> _Sight:
    scene, camera = moment.scene, moment.camera
    w, h = scene.wh
    return _Sight(
        plane=scene.planes[index].reshape(h, w).copy(),
        centroid=scene.centroids[index] - camera,
        edges=scene.edges[index] - np.tile(camera, 2),
        free=scene.free[index],
        area=float(scene.areas[index]),
        camera=camera,
    )


def _step(before: _Sight, now: _Sight, expected: Floats) -> Floats:
    """How far a thing went between two sights, each axis by what can be trusted of it.

    The centroid of a thing that slides behind another drags behind, and so does the edge that the other cuts off.
    With both edges its own the step is the median of theirs and the centroid's; with one, that edge's; with none,
    the centroid's if the area is steady, and otherwise what was expected.
    """
    centroid = now.centroid - before.centroid
    edges = (now.edges - before.edges).reshape(2, 2)
    free = (now.free & before.free).reshape(2, 2)
    steady = abs(now.area - before.area) <= _STEADY_AREA * before.area
    blind = centroid if steady else expected
    one = np.where(free[0], edges[0], np.where(free[1], edges[1], blind))
    return np.asarray(np.where(free.all(axis=0), np.median([centroid, *edges], axis=0), one), np.float32)
