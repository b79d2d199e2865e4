"""Errors of a matte against the true one: SAD, MSE, Grad, Conn and dtSSD.

Mattes are coverage in [0, 1], shape ``(h, w)``, float32. Every function takes a `region`, the pixels that count,
shape ``(h, w)``; None is the whole picture. All raise ValueError where shapes differ. The first four are those of
Rhemann et al., "A Perceptually Motivated Online Benchmark for Image Matting", CVPR 2009, with the constants of
Xu et al., "Deep Image Matting", CVPR 2017, whose evaluation others repeat.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Matte = npt.NDArray[np.float32]
"""Coverage in [0, 1]. Shape ``(h, w)``."""

Region = npt.NDArray[np.bool_]
"""The pixels that count. Shape ``(h, w)``."""

_GRADIENT_SIGMA_PX = 1.4
_KERNEL_FLOOR = 0.01
"""The kernel of the gradient ends where the Gaussian density falls below this."""

_CONNECTED_STEPS = 10
_CONNECTED_SLACK = np.float32(0.15)
"""How far a pixel may lie above the level it is connected at before that counts."""


def unknown_region(trimap: Matte) -> Region:
    """The pixels a trimap leaves open: neither background (to 0.1) nor foreground (from 0.9).

    The bounds are PyMatting's; with them it does not matter which grey a trimap uses.
    """
    return (trimap > 0.1) & (trimap < 0.9)


def sad(predicted: Matte, truth: Matte, region: Region | None = None) -> float:
    """Sum of absolute differences, in thousands of fully wrong pixels."""
    return _total(np.abs(_difference(predicted, truth)), region) / 1000


def mse(predicted: Matte, truth: Matte, region: Region | None = None) -> float:
    """Mean squared difference over the region, in [0, 1]; NaN where the region is empty."""
    return _mean(_difference(predicted, truth) ** 2, region)


def gradient_error(predicted: Matte, truth: Matte, region: Region | None = None) -> float:
    """Sum of squared differences of the gradients' magnitudes, in thousands: how alike the edges are.

    Gradients are those of a Gaussian of sigma 1.4 whose kernels have Euclidean norm 1, so that a step from 0 to 1
    has a magnitude near 2. Mattes are taken as they are; some evaluations stretch each to 0..1 first.
    """
    return _total(_difference(_gradient(predicted), _gradient(truth)) ** 2, region) / 1000


def connectivity_error(predicted: Matte, truth: Matte, region: Region | None = None) -> float:
    """Sum of differences in connectedness, in thousands of pixels: islands and holes.

    For t in 0.1, 0.2, ..., 1 the largest 4-connected component of the pixels where both mattes reach t is what
    the object is made of at t; a pixel is connected up to the last t before it drops out. What a matte has above
    that, where it is 0.15 or more, is taken from the pixel's connectedness of 1.
    """
    level = _connected_level(np.minimum(predicted, truth)) if predicted.shape == truth.shape else 0.0
    return _total(np.abs(_difference(_excess(predicted - level), _excess(truth - level))), region) / 1000


def dtssd(
    predicted: Matte,
    truth: Matte,
    predicted_before: Matte,
    truth_before: Matte,
    region: Region | None = None,
) -> float:
    """Root of the mean squared difference of the changes since the frame before; NaN where the region is empty.

    Erofeev et al., "Perceptually Motivated Benchmark for Video Matting", BMVC 2015, in matte units: 0 where the
    prediction changes as the truth does.
    """
    changes = _difference(predicted, predicted_before), _difference(truth, truth_before)
    return math.sqrt(_mean(_difference(*changes) ** 2, region))


def _difference(a: Matte, b: Matte) -> Matte:
    if a.shape != b.shape:
        raise ValueError(f"expected mattes of one shape, but got {a.shape} and {b.shape}")
    return a - b


def _total(values: Matte, region: Region | None) -> float:
    return float(values.sum(dtype=np.float64) if region is None else values.sum(dtype=np.float64, where=region))


def _mean(values: Matte, region: Region | None) -> float:
    count = values.size if region is None else int(region.sum())
    return _total(values, region) / count if count else math.nan


def _gradient(matte: Matte) -> Matte:
    """The magnitude of the gradient, with the rim repeated outwards."""
    sigma = _GRADIENT_SIGMA_PX
    reach = math.ceil(sigma * math.sqrt(-2 * math.log(math.sqrt(2 * math.pi) * sigma * _KERNEL_FLOOR)))
    x = np.arange(-reach, reach + 1)
    smooth = np.exp(-(x**2) / (2 * sigma**2))
    slope = x * smooth
    smooth, slope = smooth / np.linalg.norm(smooth), slope / np.linalg.norm(slope)
    down, across = (
        ndimage.correlate1d(
            ndimage.correlate1d(matte, slope, axis, mode="nearest"), smooth, 1 - axis, mode="nearest"
        )
        for axis in (0, 1)
    )
    return np.asarray(np.hypot(down, across), np.float32)


def _connected_level(common: Matte) -> Matte:
    """The highest t up to which each pixel belongs to the largest component of ``common >= t``."""
    level = np.zeros_like(common)
    connected = np.ones(common.shape, np.bool_)
    for step in range(1, _CONNECTED_STEPS + 1):
        # In single precision, as mattes are: 153 of 255 reaches 0.6.
        t = np.float32(step / _CONNECTED_STEPS)
        labels, count = ndimage.label(common >= t)
        if count == 0:
            break
        sizes = np.bincount(labels.ravel())
        connected &= labels == 1 + sizes[1:].argmax()
        level[connected] = t
    return level


def _excess(above: Matte) -> Matte:
    return np.where(above >= _CONNECTED_SLACK, above, np.float32(0))
