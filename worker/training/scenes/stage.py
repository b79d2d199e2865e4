"""A whole scene: scenery and cast as layers, back to front, and the camera that looks at it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import skia

from worker.embedded.labels import STUFF_NAMES
from worker.training.scenes.building import draw_buildings
from worker.training.scenes.camera import Camera, Parallax, random_camera, random_wave
from worker.training.scenes.cast import random_cast
from worker.training.scenes.grade import Grade, random_grade
from worker.training.scenes.ground import draw_strip
from worker.training.scenes.layers import Actor, Layer, Part, sprite_layer
from worker.training.scenes.layout import Layout, random_layout
from worker.training.scenes.mountain import draw_mountains
from worker.training.scenes.person import Person
from worker.training.scenes.sky import Sky, random_sky
from worker.training.scenes.sprite import Box, Sprite, paint_sprite
from worker.training.scenes.staging import staged_cast
from worker.training.scenes.tree import PLANT_BOX, draw_plant

HAIR = "hair"
"""The category of persons' hair, where it is told apart: stuff, one segment a frame."""
SPARE = 1.12
"""Resolution of scenery against the picture's, so that a zoom in stays sharp."""


@dataclass(frozen=True)
class Stage:
    """A scene ready to be drawn."""

    layers: tuple[Layer, ...]
    """Back to front; the first covers every pixel."""
    tracks: dict[int, str]
    """The category of each track id."""
    camera: Camera
    grade: Grade


class _Builder:
    """Gathers the layers of one scene; `rng` decides everything, in a fixed order."""

    def __init__(self, rng: np.random.Generator, size_wh: tuple[int, int], duration_s: float, hair: bool) -> None:
        self.rng = rng
        self.hair = hair
        self.width = size_wh[0] / size_wh[1]
        self.px = size_wh[1] * SPARE
        self.half = self.width * 0.9 + 0.7
        self.middle_s = duration_s / 2
        self.layout: Layout = random_layout(rng, self.width)
        self.sky: Sky = random_sky(rng, self.width, self.layout.horizon)
        self.focus = rng.uniform(0.3, 1.0) * (1 - self.layout.horizon)
        self.defocus = rng.uniform(0.002, 0.007) if rng.random() < 0.35 else 0.0
        self.tracks: dict[int, str] = {i + 1: name for i, name in enumerate(STUFF_NAMES)}
        self.wind = rng.uniform(0.0, 0.02)

    def stuff(self, name: str) -> int:
        """The track id of a stuff category."""
        return STUFF_NAMES.index(name) + 1

    def blur(self, drop: float) -> float:
        """The defocus at a depth, in picture heights."""
        return min(self.defocus * abs(self.focus / max(drop, 0.02) - 1.0), 0.008) if self.defocus else 0.0

    def parallax(self, drop: float) -> Parallax:
        """The parallax of what stands upright at a depth."""
        return Parallax(0.25 + 0.75 * drop / (1 - self.layout.horizon), 0.0, 0.0)

    def background(self) -> list[Layer]:
        """Sky, mountains and ground."""
        rng, horizon = self.rng, self.layout.horizon
        far = Parallax(0.05, 0.0, 0.0)
        sky = self.sky
        layers = [Layer(self.stuff("sky-other-merged"), lambda _: None, sky.draw, lambda _: far)]
        if rng.random() < 0.45:
            box = (-self.half, horizon - rng.uniform(0.08, 0.28), self.half, horizon + 0.03)
            sprite = paint_sprite(
                box, self.px, lambda canvas: draw_mountains(canvas, rng, box, sky.bottom), self.blur(0.02)
            )
            layers.append(sprite_layer(self.stuff("mountain-merged"), sprite, Parallax(0.12, 0.0, 0.0), None))
        ground = Parallax(0.25, 0.75 / (1 - horizon), horizon)
        for strip in self.layout.strips:
            box = (-self.half, strip.top - 0.03, self.half, min(strip.bottom, 1.3))
            sprite = paint_sprite(
                box,
                self.px,
                partial(draw_strip, rng=rng, strip=strip, half=self.half, horizon=horizon, sky=sky.bottom),
                self.blur((strip.top + min(strip.bottom, 1.0)) / 2 - horizon) * 0.5,
            )
            layers.append(sprite_layer(self.stuff(strip.cover), sprite, ground, None))
        return layers

    def standing(self) -> list[tuple[float, Layer]]:
        """Buildings, trees and bushes, each with its drop."""
        rng, horizon = self.rng, self.layout.horizon
        deep = 1 - horizon
        first = min((s.top for s in self.layout.strips if s.cover != "water-other"), default=horizon)
        base = max(first - horizon, 0.0) + deep * rng.uniform(0.01, 0.05)
        found: list[tuple[float, Layer]] = []
        if rng.random() < 0.6:
            box = (-self.half, horizon - rng.uniform(0.12, 0.45), self.half, horizon + base)
            density = rng.uniform(0.45, 1.0)
            sprite = paint_sprite(
                box,
                self.px,
                lambda canvas: draw_buildings(canvas, rng, box, self.sky.bottom, density),
                self.blur(base),
            )
            layer = sprite_layer(self.stuff("building-other-merged"), sprite, self.parallax(base), None)
            found.append((base, layer))
        if rng.random() < 0.55:
            found.append(self._tree_line(base * 1.01 + 0.005))
        for _ in range(int(rng.choice([0, 1, 1, 2, 3]))):
            drop = float(rng.uniform(base, 1.1 * deep))
            if not any(low - 0.02 < drop < high + 0.02 for low, high in self.layout.lanes):
                found.append(self._plant(drop))
        return found

    def _tree_line(self, drop: float) -> tuple[float, Layer]:
        rng = self.rng
        y1 = self.layout.horizon + drop
        high = rng.uniform(0.1, 0.32)
        spots = np.arange(-self.half, self.half, high * rng.uniform(0.4, 1.3))

        grove = [self._grown(high) for _ in range(4)]

        def painter(canvas: skia.Canvas) -> None:
            for x in spots + rng.uniform(-0.3, 0.3, spots.size) * high:
                size = high * rng.uniform(0.5, 0.95)
                canvas.save()
                canvas.translate(float(x), y1)
                canvas.scale(size * rng.choice([-1, 1]), size)
                grove[int(rng.integers(4))].draw(canvas)
                canvas.restore()

        box = (-self.half, y1 - 1.1 * high, self.half, y1)
        sprite = paint_sprite(box, self.px, painter, self.blur(drop))
        return drop, sprite_layer(self.stuff("tree-merged"), sprite, self.parallax(drop), None)

    def _grown(self, height: float) -> Sprite:
        """A plant of its own, in plant units, sharp enough to be drawn `height` high."""
        bush = bool(self.rng.random() < 0.25)
        return paint_sprite(PLANT_BOX, self.px * height, lambda canvas: draw_plant(canvas, self.rng, bush))

    def _plant(self, drop: float) -> tuple[float, Layer]:
        """A tree or bush at a depth; large ones frame the picture rather than hide its middle."""
        rng = self.rng
        scale = self.layout.person_scale / (1 - self.layout.horizon) * drop / 1.72
        bush = bool(rng.random() < 0.35)
        size = scale * (rng.uniform(0.6, 1.4) if bush else rng.uniform(2.5, 6.0))
        size = float(np.clip(size, 0.12, 1.3))
        x = rng.uniform(0.3 if size > 0.5 else 0.0, 0.65) * self.width * rng.choice([-1, 1])
        y = self.layout.horizon + drop
        px0, py0, px1, py1 = PLANT_BOX
        box: Box = (x + px0 * size, y + py0 * size, x + px1 * size, y + py1 * size)

        def painter(canvas: skia.Canvas) -> None:
            canvas.translate(x, y)
            canvas.scale(size, size)
            draw_plant(canvas, rng, bush)

        sprite = paint_sprite(box, self.px, painter, self.blur(drop))
        wave = random_wave(rng, self.wind, rng.uniform(0.3, 0.7))
        return drop, sprite_layer(self.stuff("tree-merged"), sprite, self.parallax(drop), wave.at)

    def actors(self, staged_for: Camera | None) -> list[tuple[float, Layer]]:
        """The cast, each with its drop and a new track id; walkers are staged where a camera is given."""
        cast = random_cast(self.rng, self.layout, self.width, self.middle_s)
        if staged_for is not None:
            cast = [actor for actor in cast if actor.figure.category in ("car", "bus")]
            cast += staged_cast(self.rng, self.layout, self.width, self.middle_s, staged_for, self.parallax)
        found = []
        # Behind the cast, so that their ids are the same with and without it.
        hair_track = len(self.tracks) + len(cast) + 1
        for actor in cast:
            track = len(self.tracks) + 1
            self.tracks[track] = actor.figure.category
            found.append((actor.drop, self._actor_layer(track, actor, hair_track)))
        if self.hair:
            self.tracks[hair_track] = HAIR
        return found

    def _actor_layer(self, track: int, actor: Actor, hair_track: int) -> Layer:
        horizon = self.layout.horizon
        part = None
        if self.hair and isinstance(actor.figure, Person):
            part = Part(hair_track, replace(actor, figure=actor.figure.hair_alone()).draw)
        return Layer(
            track,
            actor.box,
            actor.draw,
            lambda time_s: self.parallax(actor.place(time_s)[1] - horizon),
            self.blur(actor.drop),
            actor.shadow,
            liveliness=1.6,
            part=part,
        )


def random_stage(
    rng: np.random.Generator,
    size_wh: tuple[int, int],
    duration_s: float,
    *,
    hair: bool = False,
    staged: bool = False,
) -> Stage:
    """Compose a scene for a picture size and a clip's length.

    With `hair`, that of persons is a segment; see `staging` for what `staged` adds.
    """
    builder = _Builder(rng, size_wh, duration_s, hair)
    camera = random_camera(rng, duration_s) if staged else None
    background = builder.background()
    standing = sorted([*builder.standing(), *builder.actors(camera)], key=lambda item: item[0])
    return Stage(
        layers=(*background, *(layer for _, layer in standing)),
        tracks=builder.tracks,
        camera=camera or random_camera(rng, duration_s),
        grade=random_grade(rng, size_wh, duration_s),
    )
