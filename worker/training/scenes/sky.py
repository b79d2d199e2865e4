"""Skies: a gradient by time of day, with clouds and a sun."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import skia

from worker.training.scenes import brush
from worker.training.scenes.noise import Color, fractal_noise, hsv, mix
from worker.training.scenes.sprite import Box, Sprite

_CLOUD_PX = 256


@dataclass(frozen=True)
class Sky:
    """What lies behind everything; it covers every pixel."""

    top: Color
    bottom: Color
    horizon: float
    """Where the gradient ends, in picture heights."""
    clouds: Sprite
    drift: float
    """Speed of the clouds, picture heights a second."""
    sun: tuple[float, float, float] | None
    """Centre and radius of the sun's disc."""

    def draw(self, canvas: skia.Canvas, time_s: float) -> None:
        """Cover the canvas."""
        canvas.drawPaint(brush.gradient((0, 0), (0, self.horizon), [(self.top, 1.0), (self.bottom, 1.0)]))
        if self.sun is not None:
            x, y, r = self.sun
            for radius, alpha in ((r * 3, 0.12), (r * 1.7, 0.2), (r, 0.9)):
                canvas.drawCircle(x, y, radius, brush.fill((1.0, 0.96, 0.84), alpha))
        canvas.save()
        canvas.translate(self.drift * time_s, 0)
        self.clouds.draw(canvas)
        canvas.restore()


def _clouds(rng: np.random.Generator, light: Color, dark: Color, cover: float, box: Box) -> Sprite:
    """Fractal clouds; `cover` shifts how much sky they hide."""
    noise = fractal_noise(rng, (_CLOUD_PX, _CLOUD_PX * 2), rng.uniform(1.25, 1.7))
    depth = np.linspace(-0.5, 0.5, _CLOUD_PX)[:, None]
    alpha = np.clip((noise + cover - 1.0 + 0.4 * depth) * rng.uniform(0.5, 1.6), 0, 1)
    lit = np.clip(0.5 - 0.6 * (np.roll(noise, 6, 0) - noise), 0, 1)[..., None]
    rgb = np.asarray(dark) * (1 - lit) + np.asarray(light) * lit
    rgba = np.empty((*noise.shape, 4), np.uint8)
    rgba[..., :3] = rgb * alpha[..., None] * 255.0
    rgba[..., 3] = alpha * 255.0
    return Sprite(skia.Image.fromarray(rgba, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType), box)


def random_sky(rng: np.random.Generator, width: float, horizon: float) -> Sky:
    """A sky of a random time of day and weather, for a stage `width` picture heights wide."""
    mood = rng.choice(["day", "day", "day", "overcast", "dusk", "dawn"])
    light: Color = (1.0, 1.0, 1.0)
    dark: Color = (0.6, 0.65, 0.72)
    if mood == "day":
        top, bottom = (
            hsv(rng.uniform(0.54, 0.62), rng.uniform(0.45, 0.85), rng.uniform(0.6, 0.95)),
            (0.86, 0.93, 0.98),
        )
    elif mood == "overcast":
        grey = rng.uniform(0.5, 0.85)
        top, bottom = (grey * 0.92, grey * 0.96, grey), (grey * 1.1, grey * 1.12, grey * 1.13)
        light, dark = (grey * 1.1,) * 3, (grey * 0.7,) * 3
    elif mood == "dusk":
        top = hsv(rng.uniform(0.6, 0.75), 0.6, rng.uniform(0.25, 0.5))
        bottom = hsv(rng.uniform(0.02, 0.1), 0.65, 0.98)
        light, dark = (1.0, 0.75, 0.55), (0.45, 0.35, 0.5)
    else:
        top, bottom = hsv(rng.uniform(0.55, 0.62), 0.35, 0.85), hsv(rng.uniform(0.05, 0.14), 0.3, 1.0)
        light, dark = (1.0, 0.92, 0.85), (0.7, 0.65, 0.72)
    bottom = mix(bottom, top, rng.uniform(0.0, 0.4))
    half = width * 0.9 + 0.6
    box = (-half, -0.6, half, max(horizon, 0.4) + 0.25)
    return Sky(
        top=top,
        bottom=bottom,
        horizon=max(horizon, 0.3),
        clouds=_clouds(rng, light, dark, rng.uniform(-0.3, 1.0), box),
        drift=rng.uniform(-0.03, 0.03),
        sun=(rng.uniform(-width / 2, width / 2), rng.uniform(0.03, 0.25), rng.uniform(0.02, 0.04))
        if rng.random() < 0.25
        else None,
    )
