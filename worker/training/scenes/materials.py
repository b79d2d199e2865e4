"""Textures: square tiles that repeat, made with numpy and used as skia shaders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import skia

from worker.training.scenes.noise import Color, fractal_noise, mix, random_hsv, scaled

TILE_PX = 128
_SAMPLING = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)


@dataclass(frozen=True)
class Material:
    """An opaque texture tile."""

    image: skia.Image
    """`TILE_PX` square; opposite edges meet."""

    def paint(self, size: float, origin: tuple[float, float] = (0.0, 0.0)) -> skia.Paint:
        """A paint that repeats the tile every `size` canvas units, from `origin` on."""
        matrix = skia.Matrix.Scale(size / TILE_PX, size / TILE_PX)
        matrix.postTranslate(*origin)
        return self.paint_with(matrix)

    def paint_with(self, matrix: skia.Matrix) -> skia.Paint:
        """A paint whose tile coordinates (pixels of the tile) go through `matrix` to canvas units."""
        repeat = skia.TileMode.kRepeat
        return skia.Paint(AntiAlias=True, Shader=self.image.makeShader(repeat, repeat, _SAMPLING, matrix))


def from_rgb(rgb: npt.NDArray[np.floating]) -> Material:
    """A material from sRGB values in [0, 1] (clipped). Shape ``(TILE_PX, TILE_PX, 3)``."""
    rgba = np.full((*rgb.shape[:2], 4), 255, np.uint8)
    rgba[..., :3] = np.clip(rgb, 0.0, 1.0) * 255.0 + 0.5
    return Material(skia.Image.fromarray(rgba, skia.kRGBA_8888_ColorType, skia.kOpaque_AlphaType))


def _grid() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    axis = (np.arange(TILE_PX) + 0.5) / TILE_PX
    return axis[:, None], axis[None, :]


def _roughened(
    rng: np.random.Generator, rgb: npt.NDArray[np.floating], amount: float, exponent: float
) -> Material:
    noise = fractal_noise(rng, (TILE_PX, TILE_PX), exponent)[..., None]
    return from_rgb(rgb * (1.0 + amount * noise))


def plain(color: Color) -> Material:
    """One colour."""
    return from_rgb(np.broadcast_to(np.asarray(color), (TILE_PX, TILE_PX, 3)))


def rough(rng: np.random.Generator, color: Color, amount: float = 0.08, exponent: float = 1.0) -> Material:
    """One colour with fractal lightness noise of standard deviation `amount`."""
    return _roughened(rng, np.broadcast_to(np.asarray(color), (TILE_PX, TILE_PX, 3)), amount, exponent)


def blotched(rng: np.random.Generator, a: Color, b: Color, exponent: float = 1.4) -> Material:
    """Two colours in soft irregular patches."""
    share = 1.0 / (1.0 + np.exp(-2.5 * fractal_noise(rng, (TILE_PX, TILE_PX), exponent)))[..., None]
    return _roughened(rng, np.asarray(a) * (1 - share) + np.asarray(b) * share, 0.05, 0.4)


def grassy(rng: np.random.Generator, color: Color) -> Material:
    """Blades: noise drawn out along y, over patches of lighter and darker growth."""
    fine = np.repeat(fractal_noise(rng, (TILE_PX // 4, TILE_PX), 0.2), 4, axis=0)
    patches = fractal_noise(rng, (TILE_PX, TILE_PX), 1.3)
    tint = np.asarray(mix(color, (0.75, 0.7, 0.3), 0.45))
    share = np.clip(0.3 + 0.25 * patches, 0, 1)[..., None]
    rgb = (np.asarray(color) * (1 - share) + tint * share) * (1 + 0.14 * fine + 0.06 * patches)[..., None]
    return from_rgb(rgb)


def rippled(rng: np.random.Generator, color: Color) -> Material:
    """Water: waves drawn out along x with brighter crests."""
    long = np.repeat(fractal_noise(rng, (TILE_PX, TILE_PX // 8), 0.8), 8, axis=1)
    waves = (long + np.roll(long, 4, axis=1)) / 2
    crest = np.clip(waves - 0.9, 0, None)[..., None]
    return from_rgb(np.asarray(color) * (1 + 0.16 * waves)[..., None] + 0.3 * crest)


def bricks(rng: np.random.Generator, color: Color) -> Material:
    """Courses of bricks with mortar between."""
    y, x = _grid()
    rows, cols = 12, 6
    row = np.floor(y * rows)
    u = (x * cols + 0.5 * (row % 2)) % 1.0
    v = (y * rows) % 1.0
    mortar = ((u < 0.07) | (v < 0.13))[..., None]
    shades = rng.uniform(0.8, 1.15, (rows, cols))
    column = np.floor(x * cols + 0.5 * (row % 2)).astype(int) % cols
    body = np.asarray(color) * shades[row.astype(int), column][..., None]
    rgb = np.where(mortar, np.asarray(scaled(mix(color, (0.7, 0.7, 0.68), 0.6), 1.1)), body)
    return _roughened(rng, rgb, 0.04, 0.6)


def cloth(rng: np.random.Generator) -> Material:
    """Clothing: plain, striped, checked, dotted or blotched, in one or two random colours."""
    base = random_hsv(rng, saturation=(0.0, 0.9), value=(0.08, 0.95))
    other = random_hsv(rng, saturation=(0.0, 0.9), value=(0.1, 0.95))
    y, x = _grid()
    kind = rng.choice(["plain", "plain", "plain", "stripes", "checks", "dots", "blotches"])
    count = int(rng.integers(2, 6))
    if kind == "blotches":
        return blotched(rng, base, other, 1.0)
    if kind == "stripes":
        axis = (y + 0 * x) if rng.random() < 0.6 else (x + 0 * y)
        share = ((axis * count) % 1.0 < rng.uniform(0.2, 0.6)).astype(float)
    elif kind == "checks":
        share = 0.5 * ((x * count) % 1.0 < 0.5) + 0.5 * ((y * count) % 1.0 < 0.5)
    elif kind == "dots":
        away = np.hypot((x * count) % 1.0 - 0.5, (y * count) % 1.0 - 0.5)
        share = np.where(away < rng.uniform(0.15, 0.35), 1.0, 0.0)
    else:
        share = np.zeros((TILE_PX, TILE_PX))
    rgb = np.asarray(base) * (1 - share[..., None]) + np.asarray(other) * share[..., None]
    return _roughened(rng, rgb, 0.06, 1.0)
