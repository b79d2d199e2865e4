"""Trees and bushes with irregular, leafy crowns.

Plant units: the plant is 1 high, its foot at (0, 0), y up is negative.
"""

from __future__ import annotations

import numpy as np
import skia

from worker.training.scenes import brush
from worker.training.scenes.materials import blotched, rough
from worker.training.scenes.noise import Color, random_hsv, scaled
from worker.training.scenes.sprite import Box

PLANT_BOX: Box = (-0.62, -1.12, 0.62, 0.04)
"""What a plant may cover, in plant units."""


def _leaves(
    canvas: skia.Canvas,
    rng: np.random.Generator,
    centre: tuple[float, float],
    radius: float,
    tone: Color,
    mass: skia.Paint,
) -> None:
    """A clump: an irregular blob painted with `mass`, leaves scattered over it and past its edge."""
    cx, cy = centre
    angles = np.sort(rng.uniform(0, 2 * np.pi, 14))
    reach = radius * rng.uniform(0.75, 1.1, 14)
    blob = np.stack([cx + reach * np.cos(angles), cy + reach * 0.9 * np.sin(angles)], 1)
    canvas.drawPath(brush.smooth(blob.tolist()), mass)
    for factor in (0.6, 0.85, 1.1, 1.35):
        angle = rng.uniform(0, 2 * np.pi, 22)
        away = radius * np.sqrt(rng.uniform(0.1, 1.45, 22))
        path = skia.Path()
        for a, d in zip(angle, away, strict=True):
            x, y = cx + d * np.cos(a), cy + d * np.sin(a) - 0.02 * factor
            size = rng.uniform(0.008, 0.02)
            path.addOval(brush.oval(x, y, size, size * rng.uniform(0.45, 1.0)))
        canvas.drawPath(path, brush.fill(scaled(tone, factor), 0.9))


def draw_broadleaf(canvas: skia.Canvas, rng: np.random.Generator) -> None:
    """A trunk with branches under a crown of clumps."""
    tone = random_hsv(rng, (0.16, 0.38), (0.35, 0.85), (0.25, 0.7))
    if rng.random() < 0.12:
        tone = random_hsv(rng, (0.02, 0.14), (0.5, 0.9), (0.5, 0.9))
    bark = rough(rng, random_hsv(rng, (0.04, 0.1), (0.1, 0.5), (0.15, 0.5)), 0.2, 0.5).paint(0.1)
    crown = rng.uniform(-0.68, -0.5)
    thick = rng.uniform(0.03, 0.06)
    lean = rng.normal(0, 0.03)
    trunk = [(-thick, 0), (thick, 0), (lean + thick * 0.6, crown), (lean - thick * 0.6, crown)]
    canvas.drawPath(brush.polygon(trunk), bark)
    mass = blotched(rng, scaled(tone, 0.6), tone, 0.7).paint(0.3)
    wide = rng.uniform(0.22, 0.34)
    clumps = int(rng.integers(6, 12))
    for _ in range(clumps):
        angle, away = rng.uniform(0, 2 * np.pi), wide * rng.uniform(0.2, 1.0)
        x, y = lean + away * float(np.cos(angle)), crown - 0.08 + away * 0.75 * float(np.sin(angle))
        canvas.drawLine(lean, crown + 0.1, x, y, brush.as_line(bark, thick * 0.4))
        _leaves(canvas, rng, (x, y), rng.uniform(0.12, 0.19), scaled(tone, rng.uniform(0.8, 1.15)), mass)


def draw_conifer(canvas: skia.Canvas, rng: np.random.Generator) -> None:
    """Tiers of drooping needles round a straight trunk."""
    tone = random_hsv(rng, (0.25, 0.45), (0.3, 0.8), (0.15, 0.45))
    canvas.drawRect(brush.box(-0.02, -0.3, 0.02, 0), brush.fill((0.3, 0.22, 0.16)))
    wide = rng.uniform(0.16, 0.3)
    tiers = int(rng.integers(7, 12))
    for i in range(tiers):
        share = i / tiers
        y = -0.12 - 0.85 * share
        half = wide * (1.02 - share)
        path = skia.Path()
        for x in np.linspace(-half, half, 23):
            tip_x, tip_y = x * rng.uniform(0.9, 1.25), y + rng.uniform(-0.01, 0.05)
            path.addPoly(
                [skia.Point(0, y - 0.16), skia.Point(tip_x - 0.014, tip_y), skia.Point(tip_x + 0.014, tip_y)], True
            )
        canvas.drawPath(path, brush.fill(scaled(tone, rng.uniform(0.75, 1.25))))
    brush.shade(canvas, (-wide, 0), (wide, 0), [((0, 0, 0), 0.25), ((1, 1, 0.8), 0.12)])


def draw_bush(canvas: skia.Canvas, rng: np.random.Generator) -> None:
    """Clumps close to the ground, wider than high."""
    tone = random_hsv(rng, (0.16, 0.4), (0.35, 0.8), (0.2, 0.6))
    mass = blotched(rng, scaled(tone, 0.6), tone, 0.7).paint(0.3)
    for _ in range(int(rng.integers(6, 11))):
        centre = (rng.uniform(-0.38, 0.38), rng.uniform(-0.75, -0.15))
        _leaves(canvas, rng, centre, rng.uniform(0.16, 0.26), scaled(tone, rng.uniform(0.8, 1.2)), mass)


def draw_plant(canvas: skia.Canvas, rng: np.random.Generator, bush: bool) -> None:
    """A bush, a broadleaf tree or a conifer."""
    if bush:
        draw_bush(canvas, rng)
    elif rng.random() < 0.65:
        draw_broadleaf(canvas, rng)
    else:
        draw_conifer(canvas, rng)
    brush.shade(canvas, (0, -1), (0, 0), [((1, 1, 0.9), 0.12), ((0, 0, 0.05), 0.35)])
