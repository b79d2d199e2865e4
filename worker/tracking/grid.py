"""The working grid of tracking: small enough to compare masks in microseconds, the same for every frame."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from worker.segments import Segment
from worker.thumbnail import THUMBNAIL_WIDTH_PX, fitted_wh

Plane = npt.NDArray[np.float32]
"""One value in [0, 1] a cell of the working grid. Shape ``(h, w)``."""


def working_wh(grid_wh: tuple[int, int]) -> tuple[int, int]:
    """The working grid of a mask grid: of its shape, and as wide as a thumbnail where the mask grid is wider."""
    return fitted_wh(grid_wh, THUMBNAIL_WIDTH_PX)


def reduced_mask(segment: Segment, grid_wh: tuple[int, int], wh: tuple[int, int]) -> Plane:
    """The segment's coverage of each cell of a working grid.

    Args:
        segment: A segment of a frame whose mask grid is `grid_wh`.
        grid_wh: Width and height of the mask grid.
        wh: Width and height of the working grid.
    """
    x0, y0, x1, y1 = segment.box
    mask = segment.mask.astype(np.float32)
    mask *= np.float32(1 / 255)
    rows, columns = _cells(y0, y1, grid_wh[1], wh[1]), _cells(x0, x1, grid_wh[0], wh[0])
    plane = np.zeros((wh[1], wh[0]), np.float32)
    down = area_weights(grid_wh[1], wh[1])[rows, y0:y1]
    across = area_weights(grid_wh[0], wh[0])[columns, x0:x1]
    plane[rows, columns] = down @ mask @ across.T
    return plane


def reduced_picture(thumbnail: npt.NDArray[np.uint8], wh: tuple[int, int]) -> npt.NDArray[np.float32]:
    """A thumbnail on the working grid. Shape ``(h, w, 3)``, RGB in [0, 1]."""
    height, width = thumbnail.shape[:2]
    picture = thumbnail.astype(np.float32) * np.float32(1 / 255)
    if (width, height) == wh:
        return picture
    rows = np.tensordot(area_weights(height, wh[1]), picture, axes=(1, 0))
    return np.asarray(area_weights(width, wh[0]) @ rows, np.float32)


def _cells(start: int, stop: int, count_in: int, count_out: int) -> slice:
    """The cells that samples ``[start, stop)`` of a finer grid fall into, along one axis."""
    return slice(start * count_out // count_in, -(-stop * count_out // count_in))


@lru_cache(maxsize=64)
def area_weights(count_in: int, count_out: int) -> npt.NDArray[np.float32]:
    """The matrix that takes area means along one axis, with fractional weights at the borders of an area.

    Returns:
        Shape ``(count_out, count_in)``, read-only; each row sums to 1.
    """
    step = count_in / count_out
    low = (np.arange(count_out) * step)[:, None]
    sample = np.arange(count_in)[None, :]
    covered = np.minimum(low + step, sample + 1) - np.maximum(low, sample)
    weights = np.asarray(np.clip(covered, 0.0, None) / step, np.float32)
    weights.flags.writeable = False
    return weights


def shifted(plane: Plane, dx: float, dy: float) -> Plane:
    """Move a plane by a fraction of cells, bilinearly; what comes in over the border is 0."""
    return np.asarray(_shifted_rows(_shifted_rows(plane, dy).T, dx).T, np.float32)


def _shifted_rows(plane: Plane, distance: float) -> Plane:
    count = plane.shape[0]
    whole = int(np.floor(distance))
    share = np.float32(distance - whole)
    out = np.zeros_like(plane)
    for rows, weight in ((whole, 1 - share), (whole + 1, share)):
        first, last = max(0, rows), min(count, count + rows)
        if weight > 0 and first < last:
            out[first:last] += weight * plane[first - rows : last - rows]
    return out


def shared_areas(planes: npt.NDArray[np.float32], plane: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The area that a soft mask shares with each of several: the sum of the smaller values.

    Over the area of the union, the sum of the larger values, it is the IoU of soft masks.

    Args:
        planes: Shape ``(N, h * w)``.
        plane: The one to compare with each of them. Shape ``(h, w)`` or ``(h * w,)``.

    Returns:
        Shape ``(N,)``, in cells.
    """
    return np.asarray(np.minimum(planes, plane.reshape(1, -1)).sum(axis=1), np.float32)
