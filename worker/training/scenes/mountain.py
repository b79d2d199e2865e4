"""Mountains: ridges of fractal height, hazy with distance, sometimes with snow."""

from __future__ import annotations

import numpy as np
import skia

from worker.training.scenes import brush
from worker.training.scenes.materials import blotched
from worker.training.scenes.noise import Color, mix, random_hsv


def _ridge(rng: np.random.Generator, x0: float, x1: float, roughness: float) -> list[tuple[float, float]]:
    """Heights along a range by midpoint displacement, in [0, 1]. Returns 257 ``(x, height)`` points."""
    heights = rng.uniform(0.2, 1.0, 5)
    spread = 0.3
    while heights.size < 257:
        middle = (heights[1:] + heights[:-1]) / 2 + rng.normal(0, spread, heights.size - 1)
        heights = np.insert(heights, np.arange(1, heights.size), middle)
        spread *= roughness
    heights = (heights - heights.min()) / np.ptp(heights)
    return list(zip(np.linspace(x0, x1, 257).tolist(), heights.tolist(), strict=True))


def draw_mountains(
    canvas: skia.Canvas,
    rng: np.random.Generator,
    box: tuple[float, float, float, float],
    haze: Color,
) -> None:
    """Draw one to three ridges that fill `box` from its bottom up; farther ones fade into `haze`."""
    x0, y0, x1, y1 = box
    count = int(rng.integers(1, 4))
    rock = random_hsv(rng, (0.05, 0.7), (0.1, 0.45), (0.25, 0.6))
    forest = random_hsv(rng, (0.22, 0.42), (0.2, 0.6), (0.15, 0.45))
    snow = rng.random() < 0.4
    for i in range(count):
        near = (i + 1) / count
        top = y0 + (y1 - y0) * (0.55 * (near - 1 / count))
        ridge = _ridge(rng, x0, x1, rng.uniform(0.45, 0.6))
        outline = [(x, y1 - 0.1 * (y1 - top) - 0.9 * (y1 - top) * h) for x, h in ridge]
        path = brush.polygon([(x0, y1), *outline, (x1, y1)])
        tint = mix(haze, mix(rock, forest, near * rng.random()), 0.35 + 0.55 * near)
        canvas.drawPath(path, blotched(rng, tint, mix(tint, forest, 0.4), 0.9).paint(rng.uniform(0.15, 0.5)))
        canvas.save()
        canvas.clipPath(path, doAntiAlias=True)
        if snow and i == 0:
            cap = y1 - 0.72 * (y1 - top)
            line = [(x, cap + 0.05 * np.sin(40 * x + 9 * h) * (y1 - top)) for x, h in ridge]
            canvas.drawPath(brush.polygon([(x0, y0 - 1), *line, (x1, y0 - 1)]), brush.fill((0.95, 0.96, 1.0), 0.9))
        canvas.drawPaint(brush.gradient((0, top), (0, y1), [(haze, 0.0), (haze, 0.5)]))
        canvas.restore()
