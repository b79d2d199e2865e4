"""Chatter: how much the border of a matte flickers, judged without the true matte.

The matte of the frame before is carried along with the motion of the picture; what still differs in the band along
the border is chatter. A matte that goes with the picture has none, however fast it moves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from worker.evaluation.matte_metrics import Matte, Region
from worker.evaluation.matte_motion import Followed
from worker.motion import Plane, carried, slopes

_REACH_PX = 2
"""How far the band goes beyond partly covered pixels."""

_EMPTY, _FULL = 0.05, 0.95
"""Coverage up to the one is background and from the other foreground; half floats and codecs never say just 0."""

_LEAST_JUDGED = 0.25
"""With less of the band in sight a pair is not judged: across a cut a tenth agrees by chance."""


@dataclass(frozen=True)
class Chatter:
    """What of a matte's change between two frames the motion does not explain."""

    mean: float
    """Mean absolute residual in the band, in matte units a frame, in [0, 1]."""
    p95: float
    """Its 95th percentile: the worst places along the border."""
    jump_px: float
    """How far the border jumps, on average along it: the residual's sum over the border's length, in pixels."""
    judged: float
    """The part of the band that could be judged, in (0, 1]: the rest came into sight, or could not be followed."""


def chatter(before: Matte, after: Matte, followed: Followed) -> Chatter | None:
    """The chatter between two successive mattes.

    The band is every pixel that is partly covered in either of the two, the earlier one carried along, or has such
    a pixel or an edge within 2 pixels. A border's length is the sum of the mattes' gradients (Federer's coarea
    formula), which is the same for a hard edge and a soft one.

    Args:
        before: The matte of the frame before, shape ``(h, w)``.
        after: The matte that follows, of the same shape.
        followed: The motion from `after` to `before`.

    Returns:
        None where there is no border, or less than a quarter of it can be judged.
    """
    # Cubic, or the interpolation itself would soften an edge and count as chatter.
    expected = np.clip(carried(before, followed.back, "bicubic"), 0, 1)
    band = _band(np.minimum(expected, after), np.maximum(expected, after))
    judged = band & followed.trusted
    share = judged.sum() / max(band.sum(), 1)
    if share < _LEAST_JUDGED:
        return None
    residual = np.abs(after - expected)[judged]
    length = 0.5 * (_steepness(expected) + _steepness(after))[judged].sum(dtype=np.float64)
    total = float(residual.sum(dtype=np.float64))
    return Chatter(
        mean=total / residual.size,
        p95=float(np.percentile(residual, 95)),
        # Where all of the picture turns from empty to full there is change without a border.
        jump_px=total / max(float(length), 1.0),
        judged=float(share),
    )


def border_box(mattes: list[Matte], margin_px: int) -> tuple[slice, slice] | None:
    """Rows and columns of the smallest box that holds the borders of all mattes, and a margin around it.

    None where no matte has a border.
    """
    partly = _band(np.minimum.reduce(mattes), np.maximum.reduce(mattes))
    if not partly.any():
        return None
    rows, columns = np.flatnonzero(partly.any(1)), np.flatnonzero(partly.any(0))
    return _grown(rows, margin_px), _grown(columns, margin_px)


def _band(least: Matte, most: Matte) -> Region:
    """Pixels that have both something uncovered and something covered within reach, themselves included."""
    size = 2 * _REACH_PX + 1
    covered = ndimage.maximum_filter(most, size, mode="nearest") > _EMPTY
    uncovered = ndimage.minimum_filter(least, size, mode="nearest") < _FULL
    return np.asarray(covered & uncovered)


def _steepness(matte: Matte) -> Plane:
    return np.asarray(np.hypot(*slopes(matte)), np.float32)


def _grown(indices: npt.NDArray[np.intp], margin: int) -> slice:
    return slice(max(int(indices[0]) - margin, 0), int(indices[-1]) + 1 + margin)
