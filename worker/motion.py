"""How the content of a picture moved from one frame to the next.

A motion is the displacement ``v``, in pixels to the right and down, with ``second(x + v(x)) = first(x)``: where in
the second picture each pixel of the first is found.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage
from torch.nn import functional as F

Plane = npt.NDArray[np.float32]
"""One value a pixel. Shape ``(h, w)``."""

Motion = npt.NDArray[np.float32]
"""x and y, in pixels. Shape ``(2, h, w)``."""

Average = Callable[[Plane], Plane]
"""The mean of a plane over each pixel's window; shape ``(1, 1)`` where all have the same."""

_COARSEST_PX = 24
"""No halving makes the shorter side of a picture less than this: a window must still see something."""

_BOX_PX = 7
"""Two box filters of this side make the window over which a motion is taken as constant, at every size. One alone
turns some frequencies over, and the steps would diverge in them."""

_STEPS = 3
"""Gauss-Newton steps at every size; more change little."""

_FARTHEST_STEP_PX = 1.0
"""A size corrects the smaller one by about a pixel; more in one step is a window without a solution."""

FLAT = 1e-4
"""A mean squared gradient that says little, 2.5 of 255 a pixel: below it the motion of the smaller size stays."""


def dense_motion(first: Plane, second: Plane) -> Motion:
    """The motion of every pixel from one picture to another.

    Lucas and Kanade, "An Iterative Image Registration Technique with an Application to Stereo Vision", IJCAI 1981,
    from coarse to fine as in Bouguet, "Pyramidal Implementation of the Lucas Kanade Feature Tracker", 2000.

    Args:
        first: Luma in [0, 1].
        second: The other picture's, of the same shape.
    """
    return estimated_motion(first, second, _windowed, FLAT)


def carried(plane: Plane, motion: Motion, mode: str = "bilinear") -> Plane:
    """The values a motion points to, ``plane(x + motion(x))``; beyond its rim the plane goes on as at the rim.

    Args:
        plane: Any values.
        motion: Of the plane's size.
        mode: ``bilinear``, or ``bicubic``, which keeps edges sharper but may overshoot.
    """
    h, w = plane.shape
    x = np.arange(w, dtype=np.float32) + motion[0]
    y = np.arange(h, dtype=np.float32)[:, None] + motion[1]
    grid = torch.from_numpy(np.stack([(2 * x + 1) / w - 1, (2 * y + 1) / h - 1], -1))[None]
    values = torch.from_numpy(np.ascontiguousarray(plane))[None, None]
    taken = F.grid_sample(values, grid, mode=mode, padding_mode="border", align_corners=False)
    return np.asarray(taken[0, 0].numpy(), np.float32)


def slopes(plane: Plane) -> tuple[Plane, Plane]:
    """The change a pixel to the right, and a pixel down: half the difference of the two neighbours.

    Beyond its rim the plane goes on as at the rim, so that a plane of a single row or column has slopes too.
    """
    across, down = (ndimage.correlate1d(plane, (-0.5, 0.0, 0.5), axis, mode="nearest") for axis in (1, 0))
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def estimated_motion(first: Plane, second: Plane, average: Average, flat: float) -> Motion:
    """The motion that is constant over what `average` averages over.

    Args:
        first: Luma in [0, 1], or any other plane.
        second: Of the same shape.
        average: The mean of a plane over the pixels that share a motion.
        flat: What is added to mean squared gradients: those well below it say nothing.
    """
    motion = np.zeros((2, 1, 1), np.float32)
    for a, b in reversed(_halvings(first, second)):
        motion = _resized(motion, a.shape)
        for _ in range(_STEPS):
            motion += _step(a, b, motion, average, flat)
    return motion


def _halvings(first: Plane, second: Plane) -> list[tuple[Plane, Plane]]:
    """The pictures, then both at half the size, and so on."""
    sizes = [(first, second)]
    while min(sizes[-1][0].shape) >= 2 * _COARSEST_PX:
        a, b = sizes[-1]
        sizes.append((_halved(a), _halved(b)))
    return sizes


def _halved(plane: Plane) -> Plane:
    values = torch.from_numpy(np.ascontiguousarray(plane))[None]
    return np.asarray(F.avg_pool2d(values, 2, ceil_mode=True)[0].numpy(), np.float32)


def _resized(motion: Motion, shape: tuple[int, ...]) -> Motion:
    """A motion of half the size, or none yet, on a picture of this shape."""
    larger = F.interpolate(torch.from_numpy(motion)[None], shape, mode="bilinear", align_corners=False)
    return np.asarray(2 * larger[0].numpy(), np.float32)


def _step(first: Plane, second: Plane, motion: Motion, average: Average, flat: float) -> Motion:
    """The correction of a motion that makes the pictures meet, were they linear in the window."""
    moved = carried(second, motion)
    change = moved - first
    across, down = slopes(0.5 * (moved + first))
    xx, xy, yy = average(across * across) + flat, average(across * down), average(down * down) + flat
    xt, yt = average(across * change), average(down * change)
    step = np.stack([xy * yt - yy * xt, xy * xt - xx * yt]) / (xx * yy - xy * xy)
    return np.asarray(np.clip(step, -_FARTHEST_STEP_PX, _FARTHEST_STEP_PX), np.float32)


def _windowed(plane: Plane) -> Plane:
    once = ndimage.uniform_filter(plane, _BOX_PX, mode="nearest")
    return np.asarray(ndimage.uniform_filter(once, _BOX_PX, mode="nearest"), np.float32)


def from_inside(motion: Motion) -> npt.NDArray[np.bool_]:
    """The pixels whose motion stays within the picture."""
    h, w = motion.shape[1:]
    x, y = np.arange(w) + motion[0], np.arange(h)[:, None] + motion[1]
    return np.asarray((x >= 0) & (x <= w - 1) & (y >= 0) & (y <= h - 1))
