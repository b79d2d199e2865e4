"""Where the pixels of a file's lines differ from their neighbours to the left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worker.exr.patch import Patch
from worker.mattes.geometry import Box

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LineShape:
    """What all lines of a file have in common: the pixels of its channels, one channel after the other."""

    channels: int
    width: int
    """Pixels of a channel."""
    step: int
    """Half of a pixel's bytes: 1 of a half float, 2 of a float."""

    @property
    def pixels(self) -> int:
        """Pixels of a line."""
        return self.channels * self.width

    @property
    def bytes(self) -> int:
        """Bytes of a line."""
        return 2 * self.step * self.pixels


@dataclass(frozen=True)
class Changes:
    """The pixels of some lines that may differ from the one before; each line's first is always among them."""

    place: Whole
    """Their numbers, rising or equal: lines one after the other."""
    bytes: npt.NDArray[np.uint8]
    """Their bytes, shape ``(n, 2 * step)``; the same where numbers are equal."""


def changes(channels: Sequence[Patch], band: Box, shape: LineShape) -> Changes:
    """Find the changes of a band of lines.

    Args:
        channels: The file's, in its order.
        band: The lines: a part of the data window, as wide as it.
        shape: That of the lines. Those of the band must have fewer than 2**32 pixels.
    """
    dtype = np.uint16 if shape.step == 1 else np.uint32
    left, top, right, bottom = band
    lines = np.arange(bottom - top) * shape.pixels
    # Each channel begins where another ends.
    begins = np.zeros((bottom - top, shape.channels), dtype)
    places, values = [(lines[:, None] + np.arange(shape.channels) * shape.width).ravel()], [begins.ravel()]
    for number, channel in enumerate(channels):
        first, last = (0, 0) if channel.box is None else (max(top, channel.box[1]), min(bottom, channel.box[3]))
        if channel.box is None or first >= last:
            continue
        x0, y0, x1, _ = channel.box
        part = np.ascontiguousarray(channel.pixels[first - y0 : last - y0]).view(dtype)
        flat, width = part.reshape(-1), x1 - x0
        starts = lines[first - top : last - top] + (number * shape.width + x0 - left)
        at = np.flatnonzero(flat[1:] != flat[:-1]) + 1
        places.append(at + at // width * (shape.pixels - width) + starts[0])
        values.append(flat[at])
        if x0 == left:
            begins[first - top : last - top, number] = part[:, 0]
        else:
            places.append(starts)
            values.append(part[:, 0])
        if x1 < right:
            places.append(starts + width)
            values.append(np.zeros(last - first, dtype))
    bits = np.uint64(8 * np.dtype(dtype).itemsize)
    # Sorted as one number, the place before the pixel: that is quicker than to sort indices. Each channel's are
    # sorted already, and the stable way to sort finds that out.
    both = (np.concatenate(places).astype(np.uint64) << bits) | np.concatenate(values)
    both.sort(kind="stable")
    return Changes((both >> bits).astype(np.int64), both.astype(dtype).view(np.uint8).reshape(len(both), -1))


def steps(values: Whole, end: int) -> Whole:
    """How far it is from each value to the next, and from the last to `end`."""
    out = np.empty_like(values)
    np.subtract(values[1:], values[:-1], out=out[:-1])
    out[-1:] = end - values[-1:]
    return out
