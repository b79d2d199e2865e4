"""Rows of buildings: walls of brick or plaster, windows, roofs, doors, aerials."""

from __future__ import annotations

import numpy as np
import skia

from worker.training.scenes import brush
from worker.training.scenes.materials import bricks, rough
from worker.training.scenes.noise import Color, mix, random_hsv, scaled
from worker.training.scenes.sprite import Box


def _house(canvas: skia.Canvas, rng: np.random.Generator, box: Box, haze: Color, fade: float) -> None:
    """One building that fills `box`, its roof included; `fade` mixes it into the haze."""
    x0, y0, x1, y1 = box
    width, height = x1 - x0, y1 - y0
    tone = mix(random_hsv(rng, (0.0, 0.18), (0.05, 0.5), (0.35, 0.95)), haze, fade)
    if rng.random() < 0.2:
        tone = mix(random_hsv(rng, saturation=(0.05, 0.4), value=(0.4, 0.9)), haze, fade)
    wall = bricks(rng, tone) if rng.random() < 0.35 else rough(rng, tone, 0.05)
    gable = height < 1.3 * width and rng.random() < 0.6
    eaves = y0 + (min(0.3 * height, 0.4 * width) if gable else 0.0)
    if gable:
        roof = mix(random_hsv(rng, (0.0, 0.1), (0.1, 0.7), (0.2, 0.6)), haze, fade)
        over = 0.04 * width
        ridge = [(x0 - over, eaves), (x0 + 0.15 * width, y0), (x1 - 0.15 * width, y0), (x1 + over, eaves)]
        if rng.random() < 0.5:
            ridge = [(x0 - over, eaves), ((x0 + x1) / 2, y0), (x1 + over, eaves)]
        if rng.random() < 0.5:
            cx = x0 + rng.uniform(0.2, 0.7) * width
            canvas.drawRect(brush.box(cx, y0 - 0.03, cx + 0.08 * width, eaves), brush.fill(scaled(tone, 0.7)))
        canvas.drawPath(brush.polygon(ridge), rough(rng, roof, 0.12, 0.5).paint(0.06))
    canvas.drawRect(brush.box(x0, eaves, x1, y1), wall.paint(rng.uniform(0.06, 0.14)))
    if not gable:
        canvas.drawRect(brush.box(x0 - 0.005, y0 - 0.008, x1 + 0.005, y0 + 0.01), brush.fill(scaled(tone, 0.75)))
        if rng.random() < 0.4:
            ax = x0 + rng.uniform(0.2, 0.8) * width
            canvas.drawLine(ax, y0, ax, y0 - rng.uniform(0.03, 0.09), brush.line(scaled(tone, 0.4), 0.003))
    _windows(canvas, rng, (x0, eaves, x1, y1), tone, haze, fade)
    dark = ((0.0, 0.0, 0.0), 0.28)
    light = ((1.0, 1.0, 1.0), 0.08)
    stops = [dark, light] if rng.random() < 0.5 else [light, dark]
    canvas.drawRect(brush.box(x0, eaves, x1, y1), brush.gradient((x0, 0), (x1, 0), stops))


def _windows(
    canvas: skia.Canvas, rng: np.random.Generator, wall: Box, tone: Color, haze: Color, fade: float
) -> None:
    x0, y0, x1, y1 = wall
    pitch = rng.uniform(0.035, 0.075)
    cols, rows = max(1, round((x1 - x0) / pitch)), max(1, round((y1 - y0) / (pitch * rng.uniform(1.1, 1.6))))
    step_x, step_y = (x1 - x0) / cols, (y1 - y0) / rows
    w, h = step_x * rng.uniform(0.4, 0.75), step_y * rng.uniform(0.4, 0.7)
    glass = mix(random_hsv(rng, (0.5, 0.65), (0.1, 0.5), (0.12, 0.5)), haze, fade * 0.8)
    lit = mix((1.0, 0.85, 0.5), haze, fade)
    share = rng.uniform(0.0, 0.3)
    frame = brush.line(mix((0.9, 0.9, 0.88), tone, 0.3), 0.1 * w)
    shop = rng.random() < 0.4
    for row in range(rows):
        for col in range(cols):
            cx, cy = x0 + (col + 0.5) * step_x, y0 + (row + 0.5) * step_y
            ground = row == rows - 1
            grow = 1.25 if ground and shop else 1.0
            pane = brush.box(cx - w / 2 * grow, cy - h / 2, cx + w / 2 * grow, cy + h / 2 * grow)
            color = lit if rng.random() < share else scaled(glass, rng.uniform(0.8, 1.3))
            canvas.drawRect(pane, brush.fill(color))
            canvas.drawRect(pane, frame)
    if rng.random() < 0.7:
        dx = x0 + rng.uniform(0.2, 0.7) * (x1 - x0)
        door = brush.box(dx, y1 - step_y * 0.85, dx + w * 0.9, y1)
        canvas.drawRect(door, brush.fill(random_hsv(rng, saturation=(0.2, 0.8), value=(0.15, 0.6))))


def draw_buildings(canvas: skia.Canvas, rng: np.random.Generator, box: Box, haze: Color, density: float) -> None:
    """A row of buildings standing on the bottom of `box`, with gaps; sometimes a hazy row behind.

    Args:
        canvas: In picture heights.
        rng: Decides everything.
        box: Left, highest roof, right, base.
        haze: The colour distance fades to.
        density: Share of the row that is built on, 0 to 1.
    """
    x0, y0, x1, y1 = box
    tall = y1 - y0
    rows = [(0.55, 1.0), (0.0, 0.75)] if rng.random() < 0.35 else [(rng.uniform(0.0, 0.2), 1.0)]
    for fade, top in rows:
        x = x0
        while x < x1:
            width = rng.uniform(0.14, 0.55) * (0.7 if fade > 0.3 else 1.0)
            height = tall * top * rng.uniform(0.35, 1.0)
            if rng.random() < density:
                _house(canvas, rng, (x, y1 - height, x + width, y1), haze, fade)
            x += width * rng.choice([1.0, 1.0, 1.15])
