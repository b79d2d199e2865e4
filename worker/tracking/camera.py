"""How the camera moved between two thumbnails, and whether the picture was cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worker.tracking.grid import Plane

_MIN_GAIN = 0.05
"""A translation is believed only if it raises the correlation of the pictures by at least this much; otherwise the
camera stood still and something in the picture moved."""

_CUT_CORRELATION = 0.3
_CUT_COLOURS = 0.8
"""Below both, two successive pictures are of different shots: neither layout nor colours go on."""


@dataclass(frozen=True)
class CameraMotion:
    """What happened to the whole picture between two frames."""

    shift: tuple[float, float]
    """How far the picture's content moved, ``dx, dy`` in cells of the working grid."""
    cut: bool
    """True where the second picture does not go on from the first."""


STILL = CameraMotion(shift=(0.0, 0.0), cut=False)


def camera_motion(before: Plane, after: Plane, colours_alike: float) -> CameraMotion:
    """The translation that takes one picture to the next.

    Phase correlation (Kuglin and Hines 1975): the inverse transform of the normalised cross-power spectrum has its
    peak at the translation. The peak is refined to a fraction of a cell by a parabola through its neighbours.

    Args:
        before: The earlier picture's luminance in [0, 1]. Shape ``(h, w)``.
        after: The later one's, of the same shape.
        colours_alike: How alike the two pictures' colours are, in [0, 1].
    """
    peak = _phase_peak(before, after)
    still = _correlation(before, after, 0, 0)
    moved = _correlation(before, after, round(peak[0]), round(peak[1]))
    believed = moved > still + _MIN_GAIN
    return CameraMotion(
        shift=peak if believed else (0.0, 0.0),
        cut=max(still, moved) < _CUT_CORRELATION and colours_alike < _CUT_COLOURS,
    )


def _phase_peak(before: Plane, after: Plane) -> tuple[float, float]:
    h, w = before.shape
    window = np.outer(np.hanning(h + 2)[1:-1], np.hanning(w + 2)[1:-1]).astype(np.float32)
    first = np.fft.rfft2((before - before.mean()) * window)
    second = np.fft.rfft2((after - after.mean()) * window)
    cross = second * first.conj()
    surface = np.fft.irfft2(cross / np.maximum(np.abs(cross), 1e-9), s=(h, w))
    y, x = divmod(int(surface.argmax()), w)
    dy = y + _vertex(surface[y - 1, x], surface[y, x], surface[(y + 1) % h, x])
    dx = x + _vertex(surface[y, x - 1], surface[y, x], surface[y, (x + 1) % w])
    return (dx - w if dx > w / 2 else dx), (dy - h if dy > h / 2 else dy)


def _vertex(left: float, middle: float, right: float) -> float:
    """Where between -0.5 and 0.5 a parabola through three values, the middle one the largest, has its top."""
    bend = left - 2 * middle + right
    return 0.0 if bend >= 0 else float(0.5 * (left - right) / bend)


def _correlation(before: Plane, after: Plane, dx: int, dy: int) -> float:
    """Pearson's correlation of the parts that two pictures share, in [-1, 1], if content moved by whole cells."""
    h, w = before.shape
    if abs(dx) > w // 2 or abs(dy) > h // 2:
        return -1.0
    a = before[max(0, -dy) : h - max(0, dy), max(0, -dx) : w - max(0, dx)]
    b = after[max(0, dy) : h - max(0, -dy), max(0, dx) : w - max(0, -dx)]
    a, b = a - a.mean(), b - b.mean()
    power = float(np.sqrt((a * a).sum() * (b * b).sum()))
    # Two flat pictures go on from each other.
    return 1.0 if power < 1e-6 else float((a * b).sum()) / power


def luminance(picture: npt.NDArray[np.float32]) -> Plane:
    """Rec. 709 luma of display-referred RGB. Shape ``(h, w, 3)`` to ``(h, w)``."""
    return np.asarray(picture @ np.array([0.2126, 0.7152, 0.0722], np.float32), np.float32)
