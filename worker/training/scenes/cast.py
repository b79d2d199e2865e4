"""The cast of a scene: who is in it, how large, where from and where to."""

from __future__ import annotations

import numpy as np

from worker.training.scenes.dog import random_dog
from worker.training.scenes.figure import Figure
from worker.training.scenes.layers import Actor
from worker.training.scenes.layout import Layout
from worker.training.scenes.person import random_person
from worker.training.scenes.vehicle import random_vehicle

PERSON_M = 1.72
_HEIGHTS = {"person": (0.13, 0.72), "car": (0.13, 0.42), "bus": (0.24, 0.5), "dog": (0.13, 0.42)}
"""Smallest and largest height by category, in picture heights."""


def random_actor(
    rng: np.random.Generator, figure: Figure, layout: Layout, x: float, drop: float, size_m: float, middle_s: float
) -> Actor:
    """Put a figure on the ground at `drop`, kept within its category's range of heights."""
    deep = 1.0 - layout.horizon
    per_drop = layout.person_scale / deep * size_m / PERSON_M
    low, high = _HEIGHTS[figure.category]
    if figure.category == "person" or figure.category == "dog":
        drop = float(np.clip(drop, low / per_drop, high / per_drop))
    height = float(np.clip(drop * per_drop, low, high))
    across = figure.heading == "across"
    pace = figure.random_speed(rng) * height / size_m
    faces = int(rng.choice([-1, 1]))
    growth = rng.normal(0, 0.02) if across else pace / height * rng.uniform(0.05, 0.15)
    if figure.heading == "farther":
        growth = -growth
    return Actor(
        figure=figure,
        x=x,
        speed=faces * pace * (1.0 if across else rng.uniform(0.0, 0.1)),
        drop=drop,
        growth=growth,
        height_per_drop=height / drop,
        faces=faces,
        gait_hz=(1.0 if across else 1.3) * pace / (height * figure.stride_length),
        phase=rng.random(),
        middle_s=middle_s,
        horizon=layout.horizon,
        shade=rng.uniform(0.2, 0.6),
    )


def random_cast(rng: np.random.Generator, layout: Layout, width: float, middle_s: float) -> list[Actor]:
    """Persons, dogs and, where there is a road, cars and buses; farthest first."""
    deep = 1.0 - layout.horizon
    cast: list[Actor] = []

    def spot(count: int, index: int) -> float:
        share = (index + rng.uniform(0.1, 0.9)) / count - 0.5
        return float(width * 1.1 * share)

    order = rng.permutation(12)
    persons = int(rng.choice([0, 1, 2, 2, 3, 3, 4, 5]))
    dogs = int(rng.choice([0, 0, 1, 1, 2]))
    for i in range(persons):
        size = PERSON_M * (rng.uniform(0.62, 0.85) if rng.random() < 0.15 else rng.uniform(0.92, 1.1))
        drop = deep * float(np.exp(rng.uniform(np.log(0.2), np.log(1.2))))
        cast.append(random_actor(rng, random_person(rng), layout, spot(12, int(order[i])), drop, size, middle_s))
    for i in range(dogs):
        drop = deep * float(np.exp(rng.uniform(np.log(0.45), np.log(1.15))))
        x = spot(12, int(order[persons + i]))
        cast.append(random_actor(rng, random_dog(rng), layout, x, drop, rng.uniform(0.6, 0.95), middle_s))
    for low, high in layout.lanes:
        cars = int(rng.choice([0, 1, 1, 2, 2, 3]))
        buses = int(rng.random() < 0.4)
        for i in range(cars + buses):
            vehicle = random_vehicle(rng, bus=i >= cars)
            size = rng.uniform(2.8, 3.3) if i >= cars else rng.uniform(1.4, 1.75)
            x = width * 1.25 * ((i + rng.random()) / (cars + buses) - 0.5)
            drop = low + (high - low) * (i + rng.random()) / (cars + buses)
            cast.append(random_actor(rng, vehicle, layout, float(x), float(drop), size, middle_s))
    if layout.way is not None:
        vanish, middle, wide = layout.way
        for _ in range(int(rng.choice([0, 1, 1, 2]))):
            drop = deep * rng.uniform(0.25, 0.9)
            share = drop / deep
            bus = bool(rng.random() < 0.3)
            x = vanish + (middle - vanish) * share + rng.uniform(-0.5, 0.5) * wide * share
            size = rng.uniform(2.8, 3.3) if bus else rng.uniform(1.4, 1.75)
            cast.append(random_actor(rng, random_vehicle(rng, bus), layout, float(x), drop, size, middle_s))
    return sorted(cast, key=lambda actor: actor.drop)
