"""What a segment looks like: a colour histogram, read from the thumbnail under its mask."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worker.tracking.grid import Plane

Histogram = npt.NDArray[np.float32]
"""`BINS` values that sum to 1, half of it for brightness and half for colour."""

_LUMA_BINS = 8
_CHROMA_BINS = 9
BINS = _LUMA_BINS + _CHROMA_BINS**2


@dataclass(frozen=True)
class ColourBins:
    """The bins that the cells of a picture fall into.

    A value between two bin centres counts for both, by its distance, so that noise never tips a cell over.
    """

    bins: npt.NDArray[np.intp]
    """Two bins of brightness and four of colour a cell. Shape ``(h * w, 6)``."""
    weights: npt.NDArray[np.float32]
    """Their shares; they sum to 1 in each cell. Shape ``(h * w, 6)``."""

    def histogram(self, plane: Plane) -> Histogram:
        """The colours under a mask. Cells count by squared coverage: those at the edge show the background too."""
        flat = plane.ravel()
        cells = np.flatnonzero(flat)
        shares = self.weights[cells] * np.square(flat[cells])[:, None]
        counts = np.bincount(self.bins[cells].ravel(), shares.ravel(), minlength=BINS)
        return np.asarray(counts / max(counts.sum(), 1e-12), np.float32)


def colour_bins(picture: npt.NDArray[np.float32]) -> ColourBins:
    """Sort the cells of a picture by brightness and colour.

    Args:
        picture: Shape ``(h, w, 3)``, display-referred RGB in [0, 1].
    """
    rgb = picture.reshape(-1, 3)
    luma = luminance(rgb)
    dark, light_share = _between(luma, _LUMA_BINS)
    # Colour differences of real pictures crowd around 0; the root spreads them over the bins.
    blue, blue_share = _between(_spread(rgb[:, 2] - luma), _CHROMA_BINS)
    red, red_share = _between(_spread(rgb[:, 0] - luma), _CHROMA_BINS)
    corner = _LUMA_BINS + blue * _CHROMA_BINS + red
    bins = [dark, dark + 1, corner, corner + 1, corner + _CHROMA_BINS, corner + _CHROMA_BINS + 1]
    weights = [
        1 - light_share,
        light_share,
        (1 - blue_share) * (1 - red_share),
        (1 - blue_share) * red_share,
        blue_share * (1 - red_share),
        blue_share * red_share,
    ]
    return ColourBins(np.stack(bins, axis=1), np.stack(weights, axis=1) * np.float32(0.5))


def luminance(rgb: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Rec. 709 luma of display-referred RGB. Shape ``(..., 3)`` to ``(...)``."""
    return np.asarray(0.2126 * rgb[..., 0] + 0.7152 * rgb[..., 1] + 0.0722 * rgb[..., 2], np.float32)


def likeness(one: Histogram, other: Histogram) -> npt.NDArray[np.float32]:
    """The Bhattacharyya coefficient of histograms, in [0, 1]: 1 for equal ones.

    Shapes ``(..., BINS)`` broadcast, and give ``(...)``.
    """
    return np.asarray(np.sqrt(one * other).sum(axis=-1), np.float32)


def _spread(difference: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """From [-1, 1] to [0, 1], with 0 in the middle."""
    root = np.sign(difference) * np.sqrt(np.abs(difference))
    return np.asarray((root + 1) * 0.5, np.float32)


def _between(values: npt.NDArray[np.float32], count: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """The lower of the two of `count` bins that each value in [0, 1] lies between, and the share of the upper."""
    place = values * np.float32(count - 1)
    lower = np.clip(place.astype(np.intp), 0, count - 2)
    return lower, np.asarray(place - lower, np.float32)
