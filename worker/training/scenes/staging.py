"""Staged movement: people who cross each other in the middle of the picture, walk out of it and come back.

What is hard for tracking happens now and then in a random cast; here it happens in every clip.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from worker.training.scenes.camera import Camera, Parallax
from worker.training.scenes.cast import PERSON_M, random_actor
from worker.training.scenes.dog import random_dog
from worker.training.scenes.figure import Figure
from worker.training.scenes.layers import Actor
from worker.training.scenes.layout import Layout
from worker.training.scenes.person import random_person

_LEAVES_AT = (0.12, 0.35)
"""When somebody is out of sight, as a share of the clip."""
_AWAY = (0.12, 0.3)
"""How long, as a share of the clip."""


def staged_cast(
    rng: np.random.Generator,
    layout: Layout,
    width: float,
    middle_s: float,
    camera: Camera,
    parallax: Callable[[float], Parallax],
) -> list[Actor]:
    """Two people who cross, one who leaves and comes back, and now and then one who leaves for good.

    In place of the people and dogs of a random cast, which are about as many.

    Args:
        rng: Decides everything.
        layout: Where the ground lies.
        width: The picture's, in its heights.
        middle_s: The middle of the clip.
        camera: Pans and zooms shift where the picture's edges are on the stage.
        parallax: How strongly what stands at a drop follows the pan.
    """
    duration_s = 2 * middle_s
    edge = _Edge(camera, parallax, layout.horizon, width)
    cast = _crossing(rng, layout, width, middle_s, edge)
    for returns in (True, False) if rng.random() < 0.6 else (True,):
        side = int(rng.choice([-1, 1]))
        actor = dataclasses.replace(_walker(rng, layout, middle_s, side), growth=0.0)
        gone_s = float(rng.uniform(*_LEAVES_AT)) * duration_s
        if not returns:
            gone_s *= 2
        behind = -actor.figure.reach[0] * actor.drop * actor.height_per_drop
        # What is farthest behind passes the picture's edge when it is gone.
        at_edge = edge.stage_x(gone_s, side, actor.drop) + side * behind
        actor = dataclasses.replace(actor, x=at_edge - actor.speed * (gone_s - middle_s))
        if returns:
            away_s = float(rng.uniform(*_AWAY)) * duration_s
            actor = dataclasses.replace(actor, turns_s=gone_s + away_s / 2)
        cast.append(actor)
    return cast


@dataclasses.dataclass(frozen=True)
class _Edge:
    camera: Camera
    parallax: Callable[[float], Parallax]
    horizon: float
    width: float

    def stage_x(self, time_s: float, side: int, drop: float) -> float:
        """Where the picture's left (-1) or right (1) edge is on the stage at a time, for what stands at a drop."""
        pose = self.camera.at(time_s)
        return side * self.width / 2 / pose.zoom + pose.pan * self.parallax(drop).at(self.horizon + drop)


def _crossing(rng: np.random.Generator, layout: Layout, width: float, middle_s: float, edge: _Edge) -> list[Actor]:
    """Two who walk towards each other, one a little behind the other, and pass near the middle."""
    meet_s = middle_s * float(rng.uniform(0.7, 1.3))
    first, second = (_walker(rng, layout, middle_s, side) for side in (1, -1))
    near = float(rng.uniform(0.8, 1.2))
    second = dataclasses.replace(second, drop=first.drop * near, height_per_drop=first.height_per_drop)
    middle = edge.stage_x(meet_s, 1, first.drop) - width / 2 + float(rng.uniform(-0.25, 0.25)) * width
    return [
        dataclasses.replace(actor, x=middle - actor.speed * (meet_s - middle_s), growth=0.0)
        for actor in (first, second)
    ]


def _walker(rng: np.random.Generator, layout: Layout, middle_s: float, side: int) -> Actor:
    """A person, or now and then a dog, that walks or runs across to one side."""
    figure: Figure
    if rng.random() < 0.75:
        person = random_person(rng)
        figure = dataclasses.replace(person, view="side", stride=person.stride or 0.5)
        size_m = PERSON_M * rng.uniform(0.85, 1.1)
    else:
        dog = random_dog(rng)
        figure = dataclasses.replace(dog, swing=dog.swing or 0.5)
        size_m = rng.uniform(0.6, 0.95)
    drop = (1 - layout.horizon) * float(rng.uniform(0.45, 1.0))
    actor = random_actor(rng, figure, layout, 0.0, drop, size_m, middle_s)
    hurry = float(rng.uniform(1.0, 1.6))
    return dataclasses.replace(
        actor, speed=side * abs(actor.speed) * hurry, gait_hz=actor.gait_hz * hurry, faces=side
    )
