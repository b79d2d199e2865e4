"""Small drawn sequences: coloured shapes that hide each other before a textured wall."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from worker.segments import FramePrediction, Segment, boxed
from worker.thumbnail import with_thumbnail

WH = (160, 90)
"""Width and height of the plates and of their mask grid."""

RED, BLUE, GREEN = (200, 40, 30), (40, 60, 190), (40, 160, 60)

Coverage = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """A thing to draw."""

    coverage: Coverage
    """In [0, 1] over the whole grid. Shape ``(h, w)``."""
    color: tuple[int, int, int] = RED
    category: str = "person"
    score: float = 0.9


def disc(x: float, y: float, radius: float) -> Coverage:
    """Coverage of a disc, anti-aliased."""
    rows, columns = np.mgrid[0 : WH[1], 0 : WH[0]] + 0.5
    return _clipped(radius + 0.5 - np.hypot(columns - x, rows - y))


def upright(x: float, y: float, width: float, height: float) -> Coverage:
    """Coverage of a box by its centre and size, anti-aliased."""
    rows, columns = np.mgrid[0 : WH[1], 0 : WH[0]] + 0.5
    return _clipped(width / 2 + 0.5 - np.abs(columns - x)) * _clipped(height / 2 + 0.5 - np.abs(rows - y))


def _clipped(values: Coverage) -> Coverage:
    return np.asarray(np.clip(values, 0.0, 1.0), np.float64)


@lru_cache
def _wall() -> npt.NDArray[np.float64]:
    """A texture wider than the picture, coarse enough to be seen in a thumbnail."""
    coarse = np.random.default_rng(5).uniform(90, 170, (30, 100))
    return np.asarray(np.kron(coarse, np.ones((6, 6))), np.float64)


def drawn(
    shapes: Sequence[Shape],
    *,
    pan: int = 0,
    unseen: Iterable[int] = (),
    extra: Sequence[Segment] = (),
    thumbnail: bool = True,
) -> FramePrediction:
    """The prediction of a perfect model for shapes on a wall.

    Args:
        shapes: From back to front; those in front hide those behind. A hidden shape has no segment.
        pan: How far the camera looks to the right, in pixels of the wall; shapes stand where they are drawn.
        unseen: Positions of shapes that the model misses.
        extra: Segments to add.
        thumbnail: Whether the prediction has one.
    """
    wall = _wall()[: WH[1], 200 + pan : 200 + pan + WH[0]]
    plate = np.repeat(wall[:, :, None], 3, axis=2)
    for shape in shapes:
        plate += shape.coverage[:, :, None] * (np.array(shape.color) - plate)
    seen = np.ones((WH[1], WH[0]))
    segments: list[Segment] = []
    missed = set(unseen)
    for position in range(len(shapes) - 1, -1, -1):
        shape = shapes[position]
        found = boxed(np.rint(shape.coverage * seen * 255).astype(np.uint8), threshold=127)
        seen = seen * (1 - shape.coverage)
        if found is not None and position not in missed:
            box, mask = found
            segments.insert(0, Segment(shape.category, True, shape.score, box, mask))
    prediction = FramePrediction(WH, (*segments, *extra))
    return with_thumbnail(prediction, np.rint(plate).astype(np.uint8)) if thumbnail else prediction


def stuff(category: str, top: int, bottom: int) -> Segment:
    """A full-width band of stuff."""
    return Segment(category, False, 0.8, (0, top, WH[0], bottom), np.full((bottom - top, WH[0]), 255, np.uint8))
