"""Where things lie in a scene: the horizon, the strips of ground, the scale of the cast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worker.training.scenes.ground import Strip


@dataclass(frozen=True)
class Layout:
    """The plan of a scene, in picture heights."""

    horizon: float
    person_scale: float
    """Height of a grown person who stands on the picture's lower edge."""
    strips: tuple[Strip, ...]
    """The ground, painted in this order."""
    lanes: tuple[tuple[float, float], ...]
    """Where vehicles drive across: ranges of drop (depth below the horizon)."""
    way: tuple[float, float, float] | None
    """A road to the horizon: where it vanishes, its middle and half width at the lower edge."""


def random_layout(rng: np.random.Generator, width: float) -> Layout:
    """A street, a country road, a plaza, a shore or a meadow, for a stage `width` picture heights wide."""
    horizon = rng.uniform(0.28, 0.58)
    deep = 1.0 - horizon
    scale = deep * rng.uniform(0.85, 1.5)
    kind = rng.choice(["street", "street", "street", "way", "plaza", "shore", "meadow"])
    floor = 1.45
    grass = Strip("grass-merged", horizon, floor)
    strips: list[Strip] = [grass]
    lanes: list[tuple[float, float]] = []
    way = None
    if kind == "street":
        top = horizon + deep * rng.uniform(0.1, 0.3)
        bottom = top + deep * rng.uniform(0.25, 0.6)
        if rng.random() < 0.3:
            strips = [Strip("water-other", horizon, floor), Strip("grass-merged", top - deep * 0.05, floor)]
        strips.append(Strip("road", top, bottom))
        lanes.append((top + 0.3 * (bottom - top) - horizon, bottom - horizon))
    elif kind == "way":
        way = (rng.uniform(-0.3, 0.3) * width, rng.uniform(-0.25, 0.25) * width, rng.uniform(0.25, 0.6))
        if rng.random() < 0.3:
            strips = [Strip("water-other", horizon, floor), Strip("grass-merged", horizon + 0.12 * deep, floor)]
            strips.append(Strip("road", horizon + 0.14 * deep, floor, way))
        else:
            strips.append(Strip("road", horizon, floor, way))
    elif kind == "plaza":
        top = horizon + deep * rng.uniform(0.05, 0.35)
        behind = (grass, Strip("water-other", horizon, floor))[int(rng.choice(2))]
        strips = [behind, Strip("road", top, floor)]
        lanes.append((top + 0.1 * deep - horizon, 0.8 * deep))
    elif kind == "shore":
        top = horizon + deep * rng.uniform(0.25, 0.7)
        strips = [Strip("water-other", horizon, floor), Strip("grass-merged", top, floor)]
    elif rng.random() < 0.4:
        top = horizon + deep * rng.uniform(0.1, 0.3)
        pond = Strip("water-other", top, top + deep * rng.uniform(0.15, 0.3))
        strips = [grass, pond, Strip("grass-merged", pond.bottom, floor)]
    return Layout(horizon, scale, tuple(strips), tuple(lanes), way)
