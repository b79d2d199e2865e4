"""The motion that mattes are judged along: where the pixels of a frame were in the frame before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worker.models.base import Plate
from worker.motion import Motion, Plane, carried, dense_motion, estimated_motion, from_inside

_NOTHING = 1e-9
"""Keeps a window without any gradient from a division by zero."""

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32) / 255
"""The weights of Rec. 709, from 8 bits to [0, 1]."""


@dataclass(frozen=True)
class Followed:
    """Where the pixels of a frame were in the frame before it."""

    back: Motion
    """From the frame to the one before."""
    trusted: npt.NDArray[np.bool_]
    """The pixels that were in sight before. Shape ``(h, w)``."""


def follow_plates(before: Plate, after: Plate) -> Followed:
    """The motion of every pixel by the pictures, both of shape ``(h, w, 3)``.

    A pixel is trusted where the motions back and forth cancel: Sundaram et al., "Dense Point Trajectories by
    GPU-accelerated Large Displacement Optical Flow", ECCV 2010, equation 5. Elsewhere something came into sight,
    or nothing there could be followed.
    """
    first, second = np.asarray(after @ _LUMA, np.float32), np.asarray(before @ _LUMA, np.float32)
    back, forth = dense_motion(first, second), dense_motion(second, first)
    returned = np.stack([carried(plane, back) for plane in forth])
    gap = ((back + returned) ** 2).sum(0)
    lengths = (back**2).sum(0) + (returned**2).sum(0)
    return Followed(back, from_inside(back) & (gap < 0.01 * lengths + 0.5))


def follow_mattes(before: Plane, after: Plane) -> Followed:
    """One shift for all pixels, by the mattes alone: the one that brings them closest, by least squares.

    More freedom would explain away what is to be measured: an edge that jumps would be an edge that moves.
    """
    back = estimated_motion(after, before, lambda plane: plane.mean(keepdims=True), _NOTHING)
    return Followed(back, from_inside(back))
