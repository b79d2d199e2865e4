"""Pixels of any colour space to plates: the OCIO display transform, exact or from a table."""

from __future__ import annotations

import secrets
import tempfile
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import OpenImageIO as oiio

from bridge.errors import BadRequestError
from worker.media.color import Coding, ColorOrigin, InputColor, show_exactly
from worker.models.base import Plate

_POINTS = 65
"""Points a side of the table."""

_TOE = 0.01
"""Scene-linear light around which the spacing of the table's points turns from even to logarithmic."""

_DARKEST, _BRIGHTEST = -0.1, 100.0
"""Scene-linear light the table covers: noise below black, nine stops above grey."""

_PIXELS_AT_ONCE = 4 << 20
"""A large plate is shown band by band: on the way a pixel takes ten times the memory of its plate."""

_TABLE_CONFIG = "ocio://cg-config-v1.0.0_aces-v1.3_ocio-v2.1"
"""Applying a table needs a configuration, though nothing of it; the smallest costs least."""


def to_plate(pixels: npt.NDArray[np.float32], color: InputColor) -> Plate:
    """Show pixels on an sRGB screen.

    The display transform of ACES takes most of a second for an HD frame, so it is sampled once per colour space
    and read from a table with tetrahedral interpolation, five times as fast. Half of all values come out the
    same, 99 of 100 within 1 of 255; more than that only next to white.

    Args:
        pixels: Shape ``(H, W, 3)``, in `color`'s space; NaN counts as 0, infinities as the brightest value.
        color: Where the pixels come from.

    Returns:
        Shape ``(H, W, 3)``, 0 to 255, rounded.

    Raises:
        BadRequestError: the configuration cannot show the space.
    """
    plate = np.empty(pixels.shape, np.uint8)
    rows = max(1, _PIXELS_AT_ONCE // max(1, pixels.shape[1]))
    for top in range(0, pixels.shape[0], rows):
        plate[top : top + rows] = _shown(pixels[top : top + rows], color)
    return plate


def _shown(pixels: npt.NDArray[np.float32], color: InputColor) -> Plate:
    if color.untouched:
        shown = np.nan_to_num(pixels, nan=0.0, posinf=1.0, neginf=0.0)
    elif color.coding is Coding.UNKNOWN:
        shown = show_exactly(_finite(pixels), color.config, color.display, color.space)
    else:
        shown = _table(replace(color, origin=ColorOrigin.RULE)).show(pixels)
    return (np.clip(shown, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)


@dataclass(frozen=True)
class _Table:
    path: str
    """The lattice as a Resolve ``.cube`` file; OCIO reads tables from files only."""
    places: npt.NDArray[np.float32]
    """Where each half-float value lies between the first point (0) and the last (1). Shape: ``(65536,)``."""

    def show(self, pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        with np.errstate(over="ignore"):
            bits = pixels.astype(np.float16).view(np.uint16)
        result = oiio.ImageBufAlgo.ociofiletransform(
            oiio.ImageBuf(np.take(self.places, bits)), self.path, unpremult=False, colorconfig=_TABLE_CONFIG
        )
        if result.has_error:
            raise BadRequestError(f"the display table {self.path} cannot be read: {result.geterror()}")
        return np.asarray(result.get_pixels(oiio.FLOAT), np.float32)


@lru_cache(maxsize=8)
def _table(color: InputColor) -> _Table:
    """Sample the display transform of a colour space; whoever chose it, the table is the same."""
    values = np.arange(2**16, dtype=np.uint16).view(np.float16).astype(np.float32)
    evenly = np.linspace(0, 1, _POINTS)
    if color.coding is Coding.LINEAR:
        low, high = _compressed(_DARKEST), _compressed(_BRIGHTEST)
        points = _expanded(low + evenly * (high - low))
        places = (_compressed(np.clip(_finite(values), _DARKEST, _BRIGHTEST)) - low) / (high - low)
    else:
        points, places = evenly, np.clip(_finite(values), 0, 1)
    # Red runs fastest in a cube file.
    blue, green, red = np.meshgrid(points, points, points, indexing="ij")
    lattice = np.stack([red, green, blue], axis=-1).reshape(_POINTS**2, _POINTS, 3).astype(np.float32)
    shown = show_exactly(lattice, color.config, color.display, color.space)
    path = Path(_folder().name) / f"{secrets.token_hex(8)}.cube"
    path.write_text(f"LUT_3D_SIZE {_POINTS}\n" + "%.6f %.6f %.6f\n" * _POINTS**3 % tuple(shown.ravel().tolist()))
    return _Table(str(path), places.astype(np.float32))


@lru_cache(maxsize=1)
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Where this process keeps its tables; it goes with the process."""
    return tempfile.TemporaryDirectory(prefix="mattebridge-display-", ignore_cleanup_errors=True)


def _finite(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    largest = float(np.finfo(np.float16).max)
    return np.nan_to_num(values, nan=0.0, posinf=largest, neginf=-largest)


def _compressed(light: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """From light to a scale that is even near 0 and logarithmic far from it."""
    linear = np.asarray(light, np.float64)
    return np.asarray(np.sign(linear) * np.log2(1 + np.abs(linear) / _TOE))


def _expanded(compressed: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The inverse of `_compressed`."""
    return np.asarray(np.sign(compressed) * _TOE * (2 ** np.abs(compressed) - 1))
