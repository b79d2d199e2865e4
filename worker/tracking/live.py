"""A thing that is followed: where it is going, what it looks like, what it was called."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worker.tracking.grid import Plane, shifted
from worker.tracking.index import Track
from worker.tracking.scene import Floats, Scene

_VELOCITY_RATE = 0.4
_LOOK_RATE = 0.1
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

    def moved_to(self, centroid: Floats) -> Plane:
        """The mask with its centroid elsewhere. `centroid` is in the cells of the frame to come."""
        dx, dy = centroid - (self.centroid + self.camera)
        return shifted(self.plane, float(dx), float(dy))


class LiveTrack:
    """The compact state of one followed thing.

    Places are in scene coordinates: cells of the working grid less the camera's translation since the first frame,
    so that a pan moves nothing. The position is where the whole thing's centroid is; while something hides part of
    it, the position follows the edges that are its own.
    """

    def __init__(self, track_id: int, frame: int, scene: Scene, index: int, camera: Floats) -> None:
        self.id = track_id
        self.first_frame = self.last_frame = frame
        self.frame_count = 1
        self.votes = Votes()
        self.votes.add(scene.categories[index], scene.scores[index])
        self.area = float(scene.areas[index])
        self.velocity: Floats = np.zeros(2, np.float32)
        self.look: Floats | None = None
        self._last = self._whole = _sight(scene, index, camera)
        self._position = self._last.centroid
        self._learn_look(scene, index)

    def observe(self, frame: int, scene: Scene, index: int, camera: Floats) -> None:
        """Take in the segment found to be this thing in a later frame.

        Args:
            frame: Its number.
            scene: The frame.
            index: Which of its things.
            camera: The camera's translation since the first frame.
        """
        elapsed = frame - self.last_frame
        before, now = self._last, _sight(scene, index, camera)
        whole = now.area >= _WHOLE * self.area
        step = _step(before, now, self.velocity * elapsed)
        rate = 1.0 if self.frame_count == 1 else _VELOCITY_RATE
        self.velocity = np.asarray(self.velocity + rate * (step / elapsed - self.velocity), np.float32)
        self._position = now.centroid if whole else self._position + step
        self.area += (_GROW_RATE if now.area > self.area else _SHRINK_RATE) * (now.area - self.area)
        self._last = now
        self.last_frame = frame
        self.frame_count += 1
        self.votes.add(scene.categories[index], scene.scores[index])
        if whole:
            self._whole = now
            self._learn_look(scene, index)

    def resume(self, young: LiveTrack) -> None:
        """Go on as `young`, a track begun after this one was lost that turned out to be this thing."""
        self.last_frame = young.last_frame
        self.frame_count += young.frame_count
        self.votes.add_all(young.votes)
        self.velocity = young.velocity
        self._last = young._last
        self._position = young._position

    def ahead(self, frame: int, fps: float) -> Floats:
        """How far it will have gone by `frame`, in scene coordinates; its speed fades with time."""
        fade = _SLOWDOWN_S * fps
        return np.asarray(
            self.velocity * np.float32(-fade * np.expm1((self.last_frame - frame) / fade)), np.float32
        )

    def expected_centroid(self, frame: int, fps: float, camera: Floats) -> Floats:
        """Where the centroid of what was last seen of it should be, in cells."""
        return np.asarray(self._last.centroid + self.ahead(frame, fps) + camera, np.float32)

    def expected_plane(self, frame: int, fps: float, camera: Floats) -> Plane:
        """The mask that it had when it was last seen, moved to where it should be in `frame`."""
        return self._last.moved_to(self.expected_centroid(frame, fps, camera))

    def expected_position(self, frame: int, fps: float, camera: Floats) -> Floats:
        """Where the centroid of the whole thing should be, in cells."""
        return np.asarray(self._position + self.ahead(frame, fps) + camera, np.float32)

    def expected_whole(self, frame: int, fps: float, camera: Floats) -> Plane:
        """The mask that it had when it was last wholly visible, moved to where it should be in `frame`."""
        return self._whole.moved_to(self.expected_position(frame, fps, camera))

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

    def _learn_look(self, scene: Scene, index: int) -> None:
        if scene.looks is None:
            return
        new = scene.looks[index]
        self.look = new.copy() if self.look is None else self.look + np.float32(_LOOK_RATE) * (new - self.look)


def _sight(scene: Scene, index: int, camera: Floats) -> _Sight:
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
