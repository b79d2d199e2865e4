"""What happens between scene and file: light that changes, white balance that drifts, vignette, grain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worker.training.scenes.camera import Wave, random_wave

_PLATE_MARGIN = 64


@dataclass(frozen=True)
class Grade:
    """A clip's look."""

    gain: tuple[float, float, float]
    exposure: Wave
    """Natural logarithm of the exposure, by time."""
    warmth: Wave
    """Shift from blue to red, by time."""
    gamma: float
    saturation: float
    vignette: npt.NDArray[np.float32]
    """Shape ``(h, w, 1)``, the light that is left, in (0, 1]."""
    grain: npt.NDArray[np.float32]
    """Shape ``(h + 64, w + 64, 3)``: a plate of noise, of which each frame takes another part."""
    seed: int

    def apply(self, rgb: npt.NDArray[np.float32], frame: int, time_s: float) -> npt.NDArray[np.uint8]:
        """Grade one frame.

        Args:
            rgb: Shape ``(h, w, 3)``, sRGB-encoded, in [0, 1]; is overwritten.
            frame: The frame's number, which picks the grain.
            time_s: The frame's time.
        """
        grey = rgb.mean(axis=2, keepdims=True)
        rgb -= grey
        rgb *= self.saturation
        rgb += grey
        np.maximum(rgb, 0.0, out=rgb)
        if self.gamma != 1.0:
            np.power(rgb, self.gamma, out=rgb)
        warmth, exposure = self.warmth.at(time_s), float(np.exp(self.exposure.at(time_s)))
        gain = np.asarray(self.gain) * exposure * np.array([1 + warmth, 1.0, 1 - warmth]) * 255.0
        rgb *= self.vignette
        rgb *= gain.astype(np.float32)
        y, x = np.random.default_rng([self.seed, frame]).integers(0, _PLATE_MARGIN, 2)
        rgb += self.grain[y : y + rgb.shape[0], x : x + rgb.shape[1]]
        rgb += 0.5
        return np.clip(rgb, 0, 255, out=rgb).astype(np.uint8)


def _grain(rng: np.random.Generator, size_wh: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Gaussian grain, partly common to the channels, in 8-bit steps."""
    shape = (size_wh[1] + _PLATE_MARGIN, size_wh[0] + _PLATE_MARGIN)
    strength = rng.uniform(0.0, 7.0) * rng.random()
    common = rng.standard_normal((*shape, 1), np.float32)
    own = rng.standard_normal((*shape, 3), np.float32)
    return np.asarray(strength * (0.8 * common + 0.6 * own), np.float32)


def random_grade(rng: np.random.Generator, size_wh: tuple[int, int], duration_s: float) -> Grade:
    """A random look; `duration_s` sets how slowly the light changes."""
    w, h = size_wh
    y = (np.arange(h, dtype=np.float32)[:, None] + 0.5) / h - 0.5
    x = (np.arange(w, dtype=np.float32)[None, :] + 0.5) / w - 0.5
    dark = rng.uniform(0.0, 0.5) * rng.random()
    slow = 0.5 / max(duration_s, 1.0)
    return Grade(
        gain=tuple(np.clip(rng.normal(1.0, 0.06, 3), 0.8, 1.2).tolist()),
        exposure=random_wave(rng, rng.uniform(0.0, 0.12), slow),
        warmth=random_wave(rng, rng.uniform(0.0, 0.05), slow),
        gamma=float(np.exp(rng.normal(0, 0.15))) if rng.random() < 0.6 else 1.0,
        saturation=rng.uniform(0.6, 1.2),
        vignette=(1.0 - dark * 2 * (x * x + y * y))[..., None].astype(np.float32),
        grain=_grain(rng, size_wh),
        seed=int(rng.integers(2**31)),
    )
