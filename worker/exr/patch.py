"""The pixels of a channel where it is not 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worker.mattes import Matte
from worker.mattes.geometry import Box, box_wh, part_of

Plane = npt.NDArray[np.float16 | np.float32]
"""The pixels of one channel, shape ``(h, w)``."""


@dataclass(frozen=True)
class Patch:
    """One channel: pixels in a box, and 0 around it."""

    pixels: Plane
    """Shape ``(y1 - y0, x1 - x0)``; their type is the channel's: half or 32-bit float."""
    box: Box | None
    """``x0, y0, x1, y1`` in plate pixels, half open; None where all is 0, `pixels` then has none."""

    @classmethod
    def of(cls, matte: Matte) -> Patch:
        """A matte's coverage."""
        return cls(matte.coverage, matte.window)

    def on(self, window: Box) -> Plane:
        """The channel on a data window that holds its box. Shape ``(h, w)`` of the window, C-contiguous."""
        if self.box == window:
            # Of an array with gaps between its pixels OpenEXR writes other pixels, without an error.
            return np.ascontiguousarray(self.pixels)
        canvas: Plane = np.zeros(box_wh(window)[::-1], self.pixels.dtype)
        if self.box is not None:
            canvas[part_of(window, self.box)] = self.pixels
        return canvas


def blank(dtype: type[np.float16] | type[np.float32] = np.float16) -> Patch:
    """A channel that is 0 everywhere."""
    return Patch(np.zeros((0, 0), dtype), None)
