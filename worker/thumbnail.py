"""A small copy of the plate kept with its prediction, so that tracking never opens the plate again."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from worker.segments import FramePrediction

THUMBNAIL_WIDTH_PX = 96
"""Thumbnails are at most this wide; their height follows the plate's shape."""

_SAMPLES = 3
"""A thumbnail pixel is the mean of this many samples each way: the mean over all of a large plate's pixels would
cost more than the tracking itself."""


def with_thumbnail(prediction: FramePrediction, plate: npt.NDArray[np.uint8]) -> FramePrediction:
    """The prediction together with a thumbnail of the plate it was made from.

    Args:
        prediction: What a model found in the plate; a thumbnail that it has already is replaced.
        plate: Shape ``(H, W, 3)``, RGB, display-referred sRGB, 0 to 255.

    Raises:
        ValueError: The plate is not an 8-bit RGB picture.
    """
    return dataclasses.replace(prediction, thumbnail=thumbnail_of(plate))


def thumbnail_of(plate: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Shrink a plate to at most `THUMBNAIL_WIDTH_PX`; a smaller plate keeps its size.

    Args:
        plate: Shape ``(H, W, 3)``, RGB, display-referred sRGB, 0 to 255.

    Returns:
        Shape ``(h, w, 3)``, in the plate's colours.

    Raises:
        ValueError: The plate is not an 8-bit RGB picture.
    """
    if plate.dtype != np.uint8 or plate.ndim != 3 or plate.shape[2] != 3 or plate.size == 0:
        raise ValueError(
            f"plate must be uint8 with shape (H, W, 3), but is {plate.dtype} with shape {plate.shape}"
        )
    height, width = plate.shape[:2]
    w, h = fitted_wh((width, height), THUMBNAIL_WIDTH_PX)
    sampled = plate.take(_sampled(height, h), axis=0).take(_sampled(width, w), axis=1)
    blocks = sampled.reshape(h, _SAMPLES, w, _SAMPLES, 3)
    total = np.full((h, w, 3), _SAMPLES**2 // 2, np.uint16)
    for row in range(_SAMPLES):
        for column in range(_SAMPLES):
            total += blocks[:, row, :, column]
    return (total // _SAMPLES**2).astype(np.uint8)


def fitted_wh(wh: tuple[int, int], max_width: int) -> tuple[int, int]:
    """The size, at least 1x1, of a copy at most `max_width` wide and of the same shape."""
    width = min(wh[0], max_width)
    return width, max(1, round(wh[1] * width / wh[0]))


def _sampled(count_in: int, count_out: int) -> npt.NDArray[np.intp]:
    """The indices, evenly spread over ``[0, count_in)``, of the samples of all `count_out` pixels in order."""
    samples = count_out * _SAMPLES
    return ((np.arange(samples) + 0.5) * (count_in / samples)).astype(np.intp)
