"""The layers of a stage: what they draw, where, and how they move."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import skia

from worker.training.scenes.camera import Parallax
from worker.training.scenes.figure import Figure
from worker.training.scenes.sprite import Box, Sprite


@dataclass(frozen=True)
class Shadow:
    """A soft contact shadow: an ellipse in picture heights."""

    x: float
    y: float
    rx: float
    ry: float
    strength: float
    """How much light it takes away in its middle, 0 to 1."""


@dataclass(frozen=True)
class Part:
    """A part of a layer that is a segment of its own."""

    track: int
    """The segment that its coverage counts for instead."""
    draw: Callable[[skia.Canvas, float], None]
    """Draws the layer with the part in white and all else in black."""


@dataclass(frozen=True)
class Layer:
    """One sheet of the stage, in stage units."""

    track: int
    """The segment its coverage counts for."""
    box: Callable[[float], Box | None]
    """The box outside which nothing is drawn, at a time in seconds; None where it is everywhere."""
    draw: Callable[[skia.Canvas, float], None]
    parallax: Callable[[float], Parallax]
    blur: float = 0.0
    """Standard deviation of a defocus blur, in picture heights."""
    shadow: Callable[[float], Shadow] | None = None
    liveliness: float = 1.0
    """How much faster its parts move than its box; decides the samples of motion blur."""
    part: Part | None = None


@dataclass(frozen=True)
class Actor:
    """A figure and its way across the stage. Its drop is how far below the horizon it stands."""

    figure: Figure
    x: float
    """Where it is at `middle_s`."""
    speed: float
    """Sideways, picture heights a second; its sign is where the figure faces."""
    drop: float
    growth: float
    """How fast it comes nearer: its drop grows by ``exp(growth * seconds)``."""
    height_per_drop: float
    faces: int
    """+1 to the right, -1 to the left."""
    gait_hz: float
    """Gait cycles a second."""
    phase: float
    middle_s: float
    horizon: float
    shade: float
    """Strength of its contact shadow."""
    turns_s: float = math.inf
    """When it turns round, to go back the way it came."""

    def place(self, time_s: float) -> tuple[float, float, float]:
        """``x, foot y, height`` at a time."""
        since = min(time_s, 2 * self.turns_s - time_s) - self.middle_s
        drop = self.drop * float(np.exp(self.growth * since))
        return self.x + self.speed * since, self.horizon + drop, drop * self.height_per_drop

    def box(self, time_s: float) -> Box:
        """The box it is drawn in at a time."""
        x, y, height = self.place(time_s)
        x0, y0, x1, y1 = self.figure.reach
        left, right = (x0, x1) if self._faces(time_s) > 0 else (-x1, -x0)
        return x + left * height, y + y0 * height, x + right * height, y + y1 * height

    def draw(self, canvas: skia.Canvas, time_s: float) -> None:
        """Draw it at a time."""
        x, y, height = self.place(time_s)
        canvas.save()
        canvas.translate(x, y)
        canvas.scale(height * self._faces(time_s), height)
        self.figure.draw(canvas, self.phase + self.gait_hz * (time_s - self.middle_s))
        canvas.restore()

    def shadow(self, time_s: float) -> Shadow:
        """Its contact shadow at a time."""
        x, y, height = self.place(time_s)
        x0, _, x1, _ = self.figure.reach
        wide = 0.42 * (x1 - x0) * height
        return Shadow(x, y, wide, 0.09 * height + 0.12 * wide, self.shade)

    def _faces(self, time_s: float) -> int:
        return self.faces if time_s <= self.turns_s else -self.faces


def sprite_layer(track: int, sprite: Sprite, parallax: Parallax, sway: Callable[[float], float] | None) -> Layer:
    """Scenery as a layer; `sway` skews it sideways about its foot, a tangent by time."""
    x0, y0, x1, y1 = sprite.box
    margin = 0.03 * (y1 - y0) if sway is not None else 0.0

    def draw(canvas: skia.Canvas, time_s: float) -> None:
        canvas.save()
        if sway is not None:
            canvas.translate(0, y1)
            canvas.skew(sway(time_s), 0)
            canvas.translate(0, -y1)
        sprite.draw(canvas)
        canvas.restore()

    return Layer(track, lambda _: (x0 - margin, y0, x1 + margin, y1), draw, lambda _: parallax)
