"""A composite whose parts are known: a warm figure with wavy edges before a bluish wall, in scene-linear light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

Picture = npt.NDArray[np.float32]
"""Scene-linear, shape ``(H, W, 3)``, or coverage, shape ``(H, W)``."""

SIZE_WH = (120, 96)


@dataclass(frozen=True)
class Composite:
    """What a camera sees, and what it is made of."""

    plate: Picture
    foreground: Picture
    background: Picture
    alpha: Picture

    @property
    def band(self) -> npt.NDArray[np.bool_]:
        """Where both parts are seen."""
        partly: npt.NDArray[np.bool_] = (self.alpha > 0) & (self.alpha < 1)
        return partly

    def error(self, color: Picture) -> float:
        """Root mean square of what a composite over anything new would be wrong by in the band."""
        wrong = self.alpha[..., None] * (color - self.foreground)
        return float(np.sqrt(np.mean(wrong[self.band] ** 2)))


def composite(edge_px: float, exposure: float = 1.0) -> Composite:
    """A figure whose edge takes so many pixels from covered to not."""
    width, height = SIZE_WH
    y, x = np.mgrid[:height, :width]
    around = np.arctan2(y - 48, x - 60)
    inward = 30 + 6 * np.sin(7 * around) - np.hypot(x - 60, y - 48)
    alpha = np.clip(0.5 + inward / edge_px, 0, 1).astype(np.float16).astype(np.float32)
    rng = np.random.default_rng(4)
    foreground = exposure * _texture(rng, (0.7, 0.3, 0.12), 0.2)
    background = exposure * _texture(rng, (0.08, 0.4, 1.6), 0.3)
    cover = alpha[..., None]
    return Composite(cover * foreground + (1 - cover) * background, foreground, background, alpha)


def _texture(rng: np.random.Generator, color: tuple[float, float, float], contrast: float) -> Picture:
    noise = gaussian_filter(rng.normal(size=(SIZE_WH[1], SIZE_WH[0], 3)), (5, 5, 0))
    return np.asarray(np.maximum(color * (1 + contrast * noise / noise.std()), 0.01), np.float32)
