"""A textured disc that moves over a textured ground, with its exact mattes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from worker.evaluation.matte_metrics import Matte
from worker.models.base import Plate

SIZE_WH = (128, 104)
RADIUS_PX = 26.0


@dataclass(frozen=True)
class Scene:
    """Motions are in pixels a frame, right and down."""

    disc: tuple[float, float] = (0.0, 0.0)
    ground: tuple[float, float] = (0.0, 0.0)

    def matte(self, frame: int, grown_px: float = 0.0, soft_px: float = 1.0) -> Matte:
        """The disc's coverage; `grown_px` moves its edge outwards, `soft_px` is how wide the edge is."""
        width, height = SIZE_WH
        y, x = np.mgrid[:height, :width]
        distance = np.hypot(x - 54 - self.disc[0] * frame, y - 48 - self.disc[1] * frame)
        return np.asarray(np.clip((RADIUS_PX + grown_px - distance) / soft_px + 0.5, 0, 1), np.float32)

    def plate(self, frame: int) -> Plate:
        """The picture, in greys."""
        alpha = self.matte(frame)
        disc = 165 + 20 * _moved(_texture(2, 1.5), self.disc, frame)
        ground = 100 + 20 * _moved(_texture(1, 2.0), self.ground, frame)
        grey = np.clip(alpha * disc + (1 - alpha) * ground, 0, 255).round().astype(np.uint8)
        return np.repeat(grey[..., None], 3, 2)


@lru_cache
def _texture(seed: int, sigma: float) -> npt.NDArray[np.float64]:
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal((300, 300)), sigma)
    return np.asarray(noise / noise.std())


def _moved(texture: npt.NDArray[np.float64], motion: tuple[float, float], frame: int) -> npt.NDArray[np.float64]:
    y, x = np.mgrid[: SIZE_WH[1], : SIZE_WH[0]]
    return np.asarray(
        ndimage.map_coordinates(texture, [y + 90 - motion[1] * frame, x + 90 - motion[0] * frame], order=3)
    )
