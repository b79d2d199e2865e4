"""How the camera moved, and where the picture was cut, from thumbnails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worker.tracking.grid import Plane, shifted

_MIN_GAIN = 0.02
"""A new translation is believed only if it raises the correlation by this much over the one held so far."""

_REFERENCE_FRAMES = 12
_REFERENCE_SHARE = 1 / 6
"""A picture is compared with the same earlier one for so many frames, or until content moved by this share of its
width, so that a slow pan adds up to a shift that can be measured."""

_CUT_CORRELATION = 0.5
_CUT_LIKENESS = 0.92
"""Below both, two successive pictures are of different shots: neither layout nor colours go on. Successive frames
of real shots, also fast ones, have more than 0.85 and 0.98; shots of different places less than 0.4 and 0.9."""


@dataclass(frozen=True)
class _Reference:
    luma: Plane
    background: Plane
    """1 where there is no thing, 0 where there is one."""
    offset: npt.NDArray[np.float32]
    """Of the camera, in that frame."""


class Camera:
    """The camera's translation since the first frame, in cells of the working grid.

    Only what is behind the things is compared, so that a bus that fills the picture is not taken for a pan.
    """

    def __init__(self) -> None:
        self.offset: npt.NDArray[np.float32] = np.zeros(2, np.float32)
        """How far the background moved in the picture, x and y, since the first frame."""
        self._reference: _Reference | None = None
        self._held = (0.0, 0.0)
        self._age = 0

    def follow(self, luma: Plane, things: Plane, likeness: float) -> bool:
        """Measure the next frame.

        Args:
            luma: Its luminance, in [0, 1]. Shape ``(h, w)``.
            things: The coverage of all things together, in [0, 1]. Shape ``(h, w)``.
            likeness: How alike its colours and those of the frame before are, in [0, 1].

        Returns:
            True where the picture was cut; the offset stays then.
        """
        background = np.asarray(1.0 - things, np.float32)
        if self._reference is None:
            self._refer(luma, background)
            return False
        held = _correlation(self._reference, luma, background, self._held)
        shift = _phase_peak(self._reference, luma, background)
        found = _correlation(self._reference, luma, background, shift)
        if found > held + _MIN_GAIN:
            self._held = shift
        cut = max(held, found) < _CUT_CORRELATION and likeness < _CUT_LIKENESS
        if not cut:
            self.offset = self._reference.offset + np.asarray(self._held, np.float32)
        self._age += 1
        if cut or self._age >= _REFERENCE_FRAMES or abs(self._held[0]) > _REFERENCE_SHARE * luma.shape[1]:
            self._refer(luma, background)
        return cut

    def lose_sight(self) -> None:
        """A frame without a thumbnail: the next one has nothing to be compared with."""
        self._reference = None

    def _refer(self, luma: Plane, background: Plane) -> None:
        self._reference = _Reference(luma, background, self.offset)
        self._held = (0.0, 0.0)
        self._age = 0


def _phase_peak(reference: _Reference, luma: Plane, background: Plane) -> tuple[float, float]:
    """How far content moved from one picture to another, ``dx, dy``.

    Phase correlation (Kuglin and Hines 1975): the inverse transform of the normalised cross-power spectrum has its
    peak at the translation. A parabola through the peak and its neighbours gives the fraction of a cell.
    """
    h, w = luma.shape
    window = np.outer(np.hanning(h + 2)[1:-1], np.hanning(w + 2)[1:-1])
    before, after = (
        np.fft.rfft2(_centred(picture, weight) * weight * window)
        for picture, weight in ((reference.luma, reference.background), (luma, background))
    )
    cross = after * before.conj()
    surface = np.fft.irfft2(cross / np.maximum(np.abs(cross), 1e-9), s=(h, w))
    y, x = divmod(int(surface.argmax()), w)
    dy = y + _vertex(surface[y - 1, x], surface[y, x], surface[(y + 1) % h, x])
    dx = x + _vertex(surface[y, x - 1], surface[y, x], surface[y, (x + 1) % w])
    return (dx - w if dx > w / 2 else dx), (dy - h if dy > h / 2 else dy)


def _vertex(left: float, middle: float, right: float) -> float:
    """Where between -0.5 and 0.5 a parabola through three values, the middle one the largest, has its top."""
    bend = left - 2 * middle + right
    return 0.0 if bend >= 0 else float(0.5 * (left - right) / bend)


def _correlation(reference: _Reference, luma: Plane, background: Plane, shift: tuple[float, float]) -> float:
    """Pearson's correlation, in [-1, 1], of the background that both pictures show if content moved by `shift`."""
    weight = shifted(reference.background, *shift) * background
    before = _centred(shifted(reference.luma, *shift), weight)
    after = _centred(luma, weight)
    power = float(np.sqrt((weight * before * before).sum() * (weight * after * after).sum()))
    # Two flat pictures go on from each other.
    return 1.0 if power < 1e-6 else float((weight * before * after).sum()) / power


def _centred(picture: Plane, weight: Plane) -> Plane:
    """The picture less its weighted mean."""
    return np.asarray(picture - (picture * weight).sum() / max(float(weight.sum()), 1e-6), np.float32)
