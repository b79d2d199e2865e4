"""Pictures whose true edge is known, as predictions on a mask grid, and mattes as whole plates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.borders import Border, BorderKind, Length
from worker.layers import LayerSpec
from worker.mattes import Matte, make_mattes
from worker.segments import FramePrediction, Segment, boxed

Array = npt.NDArray[np.floating[Any]]
Distance = Callable[[Array, Array], Array]
"""From plate coordinates in pixels to signed distance, above 0 inside."""

HARD = Border(BorderKind.HARD)
_SUPERSAMPLES = 4


def feather(width: float, **fields: object) -> Border:
    """A feather of a width in pixels."""
    return Border(BorderKind.FEATHER, width=Length(width), **fields)  # type: ignore[arg-type]


def layer(border: Border = HARD, *, category: str = "car", track: int | None = None) -> LayerSpec:
    return LayerSpec(category if track is None else f"{category}_{track}", category, True, track, border)


def segment(mask: npt.NDArray[np.floating], *, category: str = "car", track: int = 0) -> Segment:
    """A segment from probabilities on the whole grid."""
    cropped = boxed(np.rint(np.asarray(mask) * 255.0).astype(np.uint8))
    assert cropped is not None
    return Segment(category, True, 1.0, *cropped, track=track)


def prediction(*segments: Segment, grid_wh: tuple[int, int]) -> FramePrediction:
    return FramePrediction(grid_wh, segments)


def drawn(
    distance: Distance, grid_wh: tuple[int, int], plate_wh: tuple[int, int], soft_px: float
) -> FramePrediction:
    """A shape seen by a model: a ramp `soft_px` wide over its edge, averaged over the cells of the grid."""
    (w, h), (width, height) = grid_wh, plate_wh
    x = (np.arange(w * _SUPERSAMPLES) + 0.5) * width / (w * _SUPERSAMPLES)
    y = (np.arange(h * _SUPERSAMPLES) + 0.5) * height / (h * _SUPERSAMPLES)
    fine = np.clip(distance(x[None, :], y[:, None]) / soft_px + 0.5, 0.0, 1.0)
    cells = fine.reshape(h, _SUPERSAMPLES, w, _SUPERSAMPLES).mean((1, 3))
    return prediction(segment(cells), grid_wh=grid_wh)


def distances(distance: Distance, plate_wh: tuple[int, int]) -> Array:
    """The true signed distance of every pixel's centre. Shape ``(H, W)``."""
    x, y = np.arange(plate_wh[0]) + 0.5, np.arange(plate_wh[1]) + 0.5
    return np.broadcast_to(distance(x[None, :], y[:, None]), plate_wh[::-1])


def whole(matte: Matte, plate_wh: tuple[int, int]) -> Array:
    """The coverage of the whole plate. Shape ``(H, W)``."""
    full = np.zeros(plate_wh[::-1])
    if matte.window is not None:
        x0, y0, x1, y1 = matte.window
        full[y0:y1, x0:x1] = matte.coverage
    return full


def covered(shown: FramePrediction, border: Border, plate_wh: tuple[int, int]) -> Array:
    """The coverage of all ``car`` with a border, on the whole plate."""
    return whole(make_mattes(shown, [layer(border)], plate_wh)[0], plate_wh)


def left_of(x_px: float) -> Distance:
    """Everything left of a vertical line."""
    return lambda x, y: (x_px - x) + 0.0 * y


def half_plane(x_px: float, y_px: float, degrees: float) -> Distance:
    """Everything on one side of a line through a point; at 0 degrees what is left of it."""
    angle = np.deg2rad(degrees)
    return lambda x, y: -((x - x_px) * np.cos(angle) + (y - y_px) * np.sin(angle))


def disc(x_px: float, y_px: float, radius_px: float) -> Distance:
    return lambda x, y: radius_px - np.hypot(x - x_px, y - y_px)
