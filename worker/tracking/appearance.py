"""What a segment looks like: a colour histogram, read from the thumbnail under its mask."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from worker.tracking.camera import luminance

Appearance = npt.NDArray[np.float32]
"""A histogram with `BINS` values that sum to 1: half of it brightness, half of it colour."""

_LUMA_BINS = 8
_CHROMA_BINS = 9
BINS = _LUMA_BINS + _CHROMA_BINS**2


def colour_features(picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The bins that each cell of a picture falls into.

    A value between two bin centres counts for both by its distance, so that noise never tips a cell over.

    Args:
        picture: Shape ``(h, w, 3)``, display-referred RGB in [0, 1].

    Returns:
        Shape ``(h * w, BINS)``; each row sums to 1.
    """
    rgb = picture.reshape(-1, 3)
    luma = luminance(rgb)
    brightness = _soft_bins(luma, _LUMA_BINS)
    # Colour differences of real pictures crowd around 0; the root spreads them over the bins.
    blue_yellow, red_green = (_soft_bins(_spread(rgb[:, i] - luma), _CHROMA_BINS) for i in (2, 0))
    colour = (blue_yellow[:, :, None] * red_green[:, None, :]).reshape(len(rgb), -1)
    return np.concatenate([brightness, colour], axis=1) * np.float32(0.5)


def appearances(features: npt.NDArray[np.float32], planes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The histograms of several masks in one picture.

    Args:
        features: Of the picture, from `colour_features`. Shape ``(h * w, BINS)``.
        planes: The masks. Shape ``(N, h * w)``, in [0, 1].

    Returns:
        Shape ``(N, BINS)``. Cells count by their squared coverage: those at the edge show the background too.
    """
    weights = planes * planes
    total = np.maximum(weights.sum(axis=1, keepdims=True), np.float32(1e-6))
    return np.asarray((weights @ features) / total, np.float32)


def likeness(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The Bhattacharyya coefficient of histograms, in [0, 1]: 1 for equal ones.

    Shapes ``(..., BINS)`` broadcast, and give ``(...)``.
    """
    return np.asarray(np.sqrt(one * other).sum(axis=-1), np.float32)


def _spread(difference: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """From [-1, 1] to [0, 1], with 0 in the middle."""
    root = np.sign(difference) * np.sqrt(np.abs(difference))
    return np.asarray((root + 1) * 0.5, np.float32)


def _soft_bins(values: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.float32]:
    """Linear weights of each value, in [0, 1], in the two bins next to it. Shape ``(N,)`` to ``(N, count)``."""
    distance = np.abs(values[:, None] * (count - 1) - np.arange(count, dtype=np.float32)[None, :])
    return np.asarray(np.maximum(1.0 - distance, 0.0), np.float32)
