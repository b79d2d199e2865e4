"""Tileable noise and random colours."""

from __future__ import annotations

import colorsys

import numpy as np
import numpy.typing as npt

Color = tuple[float, float, float]
"""An sRGB-encoded colour, each part in [0, 1]."""


def fractal_noise(
    rng: np.random.Generator, shape_hw: tuple[int, int], exponent: float = 1.0
) -> npt.NDArray[np.float32]:
    """Noise whose amplitude falls with frequency as ``f ** -exponent``; its opposite edges meet.

    Returns:
        Shape ``shape_hw``, mean 0, standard deviation 1.
    """
    h, w = shape_hw
    spectrum = np.fft.rfft2(rng.standard_normal((h, w)))
    fy = np.fft.fftfreq(h)[:, None] * h
    fx = np.fft.rfftfreq(w)[None, :] * w
    radius = np.hypot(fx, fy)
    radius[0, 0] = np.inf
    noise = np.fft.irfft2(spectrum / radius**exponent, s=(h, w))
    return np.asarray(noise / noise.std(), np.float32)


def hsv(hue: float, saturation: float, value: float) -> Color:
    """A colour from hue (any real, 1 is a full turn), saturation and value in [0, 1]."""
    return colorsys.hsv_to_rgb(hue % 1.0, float(np.clip(saturation, 0.0, 1.0)), float(np.clip(value, 0.0, 1.0)))


def random_hsv(
    rng: np.random.Generator,
    hue: tuple[float, float] = (0.0, 1.0),
    saturation: tuple[float, float] = (0.1, 0.8),
    value: tuple[float, float] = (0.15, 0.95),
) -> Color:
    """A colour drawn evenly from ranges of hue, saturation and value."""
    return hsv(rng.uniform(*hue), rng.uniform(*saturation), rng.uniform(*value))


def mix(a: Color, b: Color, amount: float) -> Color:
    """The colour `amount` of the way from `a` to `b`."""
    return (
        a[0] + (b[0] - a[0]) * amount,
        a[1] + (b[1] - a[1]) * amount,
        a[2] + (b[2] - a[2]) * amount,
    )


def scaled(color: Color, factor: float) -> Color:
    """A lighter or darker colour, clipped to [0, 1]."""
    return (min(color[0] * factor, 1.0), min(color[1] * factor, 1.0), min(color[2] * factor, 1.0))
