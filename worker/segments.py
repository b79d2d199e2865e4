"""What a model finds in one frame: segments with soft masks at the model's resolution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

UNTRACKED = 0
"""The track id of a segment that tracking has not seen yet; tracks count from 1."""


@dataclass(frozen=True)
class Segment:
    """One region of one frame.

    Soft masks of several segments may overlap; nothing makes them sum to 1.
    """

    category: str
    """The category's name in the model's label set, for example ``sky-other-merged``."""
    is_thing: bool
    """True for a countable object, False for stuff, of which a frame has at most one segment a category."""
    score: float
    """The model's confidence in [0, 1]."""
    box: tuple[int, int, int, int]
    """``x0, y0, x1, y1`` in the mask grid, half open: the part of the grid outside which the mask is 0."""
    mask: npt.NDArray[np.uint8]
    """The soft mask inside `box`. Shape ``(y1 - y0, x1 - x0)``, C-contiguous; 0 is no coverage, 255 is full."""
    track: int = UNTRACKED
    """The track id, steady through the source, or `UNTRACKED`. Before tracking, the number that a video model
    gives to a thing for the length of a run (see `worker.models.base.VideoModel`)."""

    def __post_init__(self) -> None:
        x0, y0, x1, y1 = self.box
        if self.mask.dtype != np.uint8 or self.mask.shape != (y1 - y0, x1 - x0):
            raise ValueError(
                f"mask must be uint8 with shape {(y1 - y0, x1 - x0)} for box {self.box}, "
                f"but is {self.mask.dtype} with shape {self.mask.shape}"
            )


@dataclass(frozen=True)
class FramePrediction:
    """All segments of one frame.

    The mask grid covers the plate exactly: grid sample ``(i, j)`` is the mean over the plate's pixels in
    ``[i * H / h, (i + 1) * H / h) x [j * W / w, (j + 1) * W / w)``. A model that pads its input cuts the
    padding off before it makes a prediction.
    """

    grid_wh: tuple[int, int]
    """Width and height of the mask grid, in samples."""
    segments: tuple[Segment, ...]
    """Highest score first; categories the plate does not show have no segment."""
    thumbnail: npt.NDArray[np.uint8] | None = None
    """A small copy of the plate for tracking, made by `with_thumbnail`. Shape ``(h, w, 3)``, RGB, sRGB."""

    def __post_init__(self) -> None:
        w, h = self.grid_wh
        for segment in self.segments:
            x0, y0, x1, y1 = segment.box
            if not (0 <= x0 < x1 <= w and 0 <= y0 < y1 <= h):
                raise ValueError(f"box {segment.box} of {segment.category!r} must lie inside the {w}x{h} grid")

    @property
    def nbytes(self) -> int:
        """What its pixels take in memory."""
        thumbnail = 0 if self.thumbnail is None else self.thumbnail.nbytes
        return thumbnail + sum(segment.mask.nbytes for segment in self.segments)


def boxed(
    mask: npt.NDArray[np.uint8], threshold: int = 0
) -> tuple[tuple[int, int, int, int], npt.NDArray[np.uint8]] | None:
    """Crop a mask to the box of its values above `threshold`.

    Args:
        mask: Shape ``(h, w)``, the whole grid.
        threshold: Values at or below it do not widen the box.

    Returns:
        The box ``x0, y0, x1, y1`` and the mask inside it, or None where nothing is above the threshold.
    """
    above = mask > threshold
    rows = np.flatnonzero(above.any(axis=1))
    if rows.size == 0:
        return None
    cols = np.flatnonzero(above.any(axis=0))
    x0, x1, y0, y1 = int(cols[0]), int(cols[-1]) + 1, int(rows[0]), int(rows[-1]) + 1
    return (x0, y0, x1, y1), np.ascontiguousarray(mask[y0:y1, x0:x1])


def full_mask(segment: Segment, grid_wh: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """The segment's mask on the whole grid. Shape ``(h, w)``, uint8, 255 is full coverage."""
    out = np.zeros((grid_wh[1], grid_wh[0]), np.uint8)
    x0, y0, x1, y1 = segment.box
    out[y0:y1, x0:x1] = segment.mask
    return out
