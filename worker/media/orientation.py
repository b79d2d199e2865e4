"""Pictures turned upright: orientation tags of stills and rotation of movies."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

_Value = TypeVar("_Value", bound=np.generic)


def upright(pixels: npt.NDArray[_Value], orientation: int) -> npt.NDArray[_Value]:
    """Undo an orientation tag, 1 to 8 (TIFF 6.0, field 274; the same in Exif); others change nothing.

    Args:
        pixels: Shape ``(H, W, 3)`` of any dtype, as stored.
        orientation: The tag's value; 5 to 8 swap height and width.
    """
    if swaps_sides(orientation):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def turned(pixels: npt.NDArray[_Value], quarter_turns: int) -> npt.NDArray[_Value]:
    """Turn counter-clockwise; shape ``(H, W, 3)``."""
    return np.ascontiguousarray(np.rot90(pixels, quarter_turns))


def swaps_sides(orientation: int) -> bool:
    """Whether an orientation tag swaps width and height."""
    return 5 <= orientation <= 8
