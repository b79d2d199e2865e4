"""The ground: grass, road and water in perspective, one picture per category."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import skia

from worker.training.scenes import brush
from worker.training.scenes.materials import TILE_PX, Material, grassy, rippled, rough
from worker.training.scenes.noise import Color, hsv, mix, random_hsv, scaled

Cover = Literal["grass-merged", "road", "water-other"]
FAR = 0.004
"""The ground is drawn from this far below the horizon, in picture heights."""


@dataclass(frozen=True)
class Strip:
    """A part of the ground with one cover: a band across the picture or a way to the horizon."""

    cover: Cover
    top: float
    bottom: float
    """Upper and lower edge, in picture heights from the picture's top."""
    way: tuple[float, float, float] | None = None
    """For a way to the horizon: where it vanishes (x), its middle and half width at the picture's bottom."""


def perspective(horizon: float, tile: float) -> skia.Matrix:
    """Tile pixels to the picture, for ground seen from a camera height of 1 metre by `horizon`.

    A tile covers ``tile`` camera heights; ground at distance Z lies 1 / Z below the horizon.
    """
    scale = TILE_PX / tile
    source, target = [], []
    for x, drop in ((-2.0, 1.0), (2.0, 1.0), (2.0, 0.05), (-2.0, 0.05)):
        source.append(skia.Point(x / drop * scale, scale / drop))
        target.append(skia.Point(x, horizon + drop))
    matrix = skia.Matrix()
    matrix.setPolyToPoly(source, target)
    return matrix


def _material(rng: np.random.Generator, cover: Cover, sky: Color) -> tuple[Material, Color]:
    if cover == "grass-merged":
        tone = random_hsv(rng, (0.17, 0.36), (0.35, 0.8), (0.3, 0.75))
        return grassy(rng, tone), tone
    if cover == "road":
        grey = rng.uniform(0.25, 0.68)
        tone = mix((grey, grey, grey), random_hsv(rng, (0.05, 0.65), (0.1, 0.4), (0.4, 0.6)), rng.uniform(0, 0.3))
        return rough(rng, tone, 0.07, 0.5), tone
    tone = mix(hsv(rng.uniform(0.45, 0.62), rng.uniform(0.3, 0.75), rng.uniform(0.35, 0.75)), sky, 0.3)
    return rippled(rng, tone), tone


def _outline(strip: Strip, half: float, horizon: float, rng: np.random.Generator) -> list[tuple[float, float]]:
    if strip.way is not None:
        vanish, middle, wide = strip.way
        top = max(strip.top, horizon + FAR)
        rise = (top - horizon) / (1.0 - horizon)
        low = (strip.bottom - horizon) / (1.0 - horizon)
        near, far = vanish + (middle - vanish) * low, vanish + (middle - vanish) * rise
        return [
            (far - wide * rise, top),
            (far + wide * rise, top),
            (near + wide * low, strip.bottom),
            (near - wide * low, strip.bottom),
        ]
    if strip.cover == "road":
        return [(-half, strip.top), (half, strip.top), (half, strip.bottom), (-half, strip.bottom)]
    wobble = 0.06 * (strip.top - horizon)
    xs = np.linspace(-half, half, 41)
    steps = np.cumsum(rng.normal(0, wobble * 0.4, 41))
    edge = strip.top + np.clip(steps - steps.mean(), -wobble, wobble)
    return [*zip(xs.tolist(), edge.tolist(), strict=True), (half, strip.bottom), (-half, strip.bottom)]


def draw_strip(
    canvas: skia.Canvas, rng: np.random.Generator, strip: Strip, half: float, horizon: float, sky: Color
) -> None:
    """Draw one strip with its texture, its markings or blades, and shading by distance.

    Args:
        canvas: In picture heights, x = 0 in the picture's middle.
        rng: Decides the looks.
        strip: What to draw.
        half: How far the ground reaches left and right.
        horizon: The horizon's y.
        sky: The sky's colour at the horizon, for haze and reflections.
    """
    material, tone = _material(rng, strip.cover, sky)
    outline = _outline(strip, half, horizon, rng)
    path = brush.polygon(outline)
    canvas.drawPath(path, material.paint_with(perspective(horizon, rng.uniform(0.5, 1.1))))
    if strip.cover == "grass-merged":
        _blades(canvas, rng, outline, tone, horizon)
    elif strip.cover == "road":
        _markings(canvas, rng, strip, half, horizon, tone)
    else:
        brush.shade(canvas, (0, strip.top), (0, strip.bottom), [(sky, 0.6), (sky, 0.05), ((0, 0, 0), 0.15)])
    brush.shade(canvas, (0, strip.top), (0, 1.1), [(sky, 0.25), (sky, 0.0), ((0, 0, 0), 0.12)])


def _blades(
    canvas: skia.Canvas, rng: np.random.Generator, outline: list[tuple[float, float]], tone: Color, horizon: float
) -> None:
    """Blades of grass that stand over the far edge, and tufts inside."""
    edge = np.asarray(outline[:-2])
    x = rng.uniform(edge[:, 0].min(), edge[:, 0].max(), 700)
    y = np.interp(x, edge[:, 0], edge[:, 1])
    inside = rng.random(700) < 0.4
    y = np.where(inside, y + (1.2 - y) * rng.random(700) ** 1.5, y + 0.003)
    height = 0.07 * (y - horizon + 0.02) * rng.uniform(0.5, 1.4, 700)
    lean = rng.normal(0, 0.4, 700) * height
    for factor, part in ((0.7, slice(0, 350)), (1.2, slice(350, 700))):
        roots = np.stack([x, y], 1)[part].tolist()
        tips = np.stack([x + lean, y - height], 1)[part].tolist()
        brush.strands(canvas, roots, tips, 0.1, brush.line(scaled(tone, factor), 0.0025, 0.85))


def _markings(
    canvas: skia.Canvas, rng: np.random.Generator, strip: Strip, half: float, horizon: float, tone: Color
) -> None:
    """Kerbs and lane marks, narrowing with distance."""
    mark = brush.fill(mix((0.95, 0.95, 0.9), tone, rng.uniform(0.0, 0.4)))
    kerb = brush.fill(scaled(mix(tone, (0.8, 0.8, 0.78), 0.5), 1.1))
    if strip.way is not None:
        vanish, middle, wide = strip.way
        drop = 1.0
        while drop > 0.06 and rng.random() < 0.98:
            part = []
            for d, w in ((drop, 0.03), (drop * 0.8, 0.03)):
                y = horizon + d * (1.0 - horizon)
                centre = vanish + (middle - vanish) * d
                part.append((centre, y, wide * w * d))
            (xa, ya, wa), (xb, yb, wb) = part
            canvas.drawPath(brush.polygon([(xa - wa, ya), (xa + wa, ya), (xb + wb, yb), (xb - wb, yb)]), mark)
            drop *= 0.62
        return
    deep = strip.bottom - strip.top
    for y, thick in ((strip.top, 0.03), (strip.bottom - 0.06 * deep, 0.06)):
        canvas.drawRect(brush.box(-half, y, half, y + thick * deep), kerb)
    if rng.random() < 0.8:
        y = strip.top + 0.42 * deep
        dash = deep * rng.uniform(0.5, 1.2)
        for x in np.arange(-half, half, dash * 1.8):
            slant = 0.04 * deep * np.sign(x)
            canvas.drawPath(
                brush.polygon(
                    [(x, y), (x + dash, y), (x + dash + slant, y + 0.05 * deep), (x + slant, y + 0.05 * deep)]
                ),
                mark,
            )
