"""The camera: pan, tilt, zoom and shake over time, and what they do to layers at different depths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import skia


@dataclass(frozen=True)
class Wave:
    """A sum of three sines: a smooth drift around zero."""

    amplitudes: tuple[float, float, float]
    rates_hz: tuple[float, float, float]
    phases: tuple[float, float, float]

    def at(self, time_s: float) -> float:
        """The value at a time."""
        terms = zip(self.amplitudes, self.rates_hz, self.phases, strict=True)
        return sum(a * float(np.sin(2 * np.pi * f * time_s + p)) for a, f, p in terms)


def random_wave(rng: np.random.Generator, amplitude: float, rate_hz: float) -> Wave:
    """A drift of about `amplitude`, its slowest part at about `rate_hz`."""
    rates = rate_hz * np.array([1.0, 2.3, 4.7]) * rng.uniform(0.7, 1.3, 3)
    amplitudes = amplitude * np.array([1.0, 0.35, 0.12])
    phases = rng.uniform(0, 2 * np.pi, 3)
    return Wave(tuple(amplitudes.tolist()), tuple(rates.tolist()), tuple(phases.tolist()))


@dataclass(frozen=True)
class Parallax:
    """How strongly a layer follows the camera's pan: ``base + slope * (y - horizon)`` at height y."""

    base: float
    slope: float
    horizon: float

    def at(self, y: float) -> float:
        """The share of the pan that a point at height `y` moves by."""
        return self.base + self.slope * (y - self.horizon)


@dataclass(frozen=True)
class Pose:
    """Where the camera looks at one moment, in picture heights."""

    pan: float
    tilt: float
    zoom: float
    roll_deg: float


@dataclass(frozen=True)
class Camera:
    """A hand-held or panning camera."""

    pan: Wave
    pan_speed: float
    """A steady pan on top, picture heights a second."""
    tilt: Wave
    zoom: Wave
    roll: Wave
    middle_s: float
    """The time at which the steady pan passes zero."""

    def at(self, time_s: float) -> Pose:
        """The pose at a time."""
        return Pose(
            self.pan.at(time_s) + self.pan_speed * (time_s - self.middle_s),
            self.tilt.at(time_s),
            float(np.exp(self.zoom.at(time_s))),
            self.roll.at(time_s),
        )


def view_matrix(pose: Pose, parallax: Parallax, size_wh: tuple[int, int]) -> skia.Matrix:
    """Stage units (picture heights, x = 0 in the middle, y down from the top) to pixels."""
    width, height = size_wh
    matrix = skia.Matrix()
    shift = pose.pan * parallax.at(0.0)
    matrix.setAll(1, -pose.pan * parallax.slope, -shift, 0, 1, -0.5 - pose.tilt, 0, 0, 1)
    matrix.postRotate(pose.roll_deg)
    matrix.postScale(height * pose.zoom, height * pose.zoom)
    matrix.postTranslate(width / 2, height / 2)
    return matrix


def random_camera(rng: np.random.Generator, duration_s: float) -> Camera:
    """A camera that is still, hand-held or panning."""
    shake = rng.choice([0.0, 0.002, 0.006])
    return Camera(
        pan=random_wave(rng, rng.uniform(0.0, 0.06) + shake, 0.2),
        pan_speed=rng.normal(0, 0.1) if rng.random() < 0.4 else 0.0,
        tilt=random_wave(rng, rng.uniform(0.0, 0.012) + shake, 0.3),
        zoom=random_wave(rng, rng.uniform(0.0, 0.05), 0.12),
        roll=random_wave(rng, 60 * shake, 0.5),
        middle_s=duration_s / 2,
    )
