"""How steady the mattes of drawn clips are, and what steadiness costs: lag and ghosts, against the true alpha."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F

from worker.evaluation.chatter import chatter
from worker.evaluation.matte_motion import Followed
from worker.segments import FramePrediction, full_mask
from worker.training.shards import StoredFrame

Matte = npt.NDArray[np.float32]
"""Coverage in [0, 1] at the plate's resolution. Shape ``(H, W)``."""

_PARTLY = (0.02, 0.98)
"""Coverage between these is an edge."""
_FAST = 0.3
"""An edge where the true alpha changes by more from the frame before moves fast."""
_LEAST_PIXELS = 30
_LEAST_SHARE = 0.001
"""Categories that show less of the picture are not judged."""


@dataclass
class Steadiness:
    """Means over the mattes of categories in successive frames."""

    sums: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, other: Steadiness) -> None:
        """Take in what was measured on other clips."""
        for name, value in other.sums.items():
            self.sums[name] += value
        self.counts.update(other.counts)

    def mean(self, name: str) -> float:
        """The mean of a measure; NaN where it was never taken.

        ``chatter`` (matte units a frame) and ``jump_px`` are those of `chatter`. The others need the true alpha:
        ``dtssd`` (root mean square, on edges, of the change that the truth does not make), ``edge_error`` (mean
        absolute error on edges), ``fast_error`` (the same where the truth changes by more than 0.3), ``ghost``
        (coverage left where something has just gone), ``hole`` (coverage missing where it has just come), ``lag``
        (how far fast edges lean towards the frame before rather than the one after, in frames: 0 for none).
        """
        return self.sums[name] / self.counts[name] if self.counts[name] else float("nan")

    def add_pair(self, before: Matte, after: Matte, true: tuple[Matte, Matte, Matte], followed: Followed) -> None:
        """Judge two successive mattes of one category.

        Args:
            before: The matte of the first frame.
            after: That of the second.
            true: The true alpha of both frames and of the next one.
            followed: The motion from the second frame to the first.
        """
        true_before, true_after, true_next = true
        if true_after.mean() < _LEAST_SHARE:
            return
        found = chatter(before, after, followed)
        if found is not None:
            self._note("chatter", found.mean)
            self._note("jump_px", found.jump_px)
        error = after - true_after
        change = error - (before - true_before)
        edge = _partly(true_after) | _partly(after)
        if edge.sum() >= _LEAST_PIXELS:
            self._note("dtssd", float(np.sqrt(np.square(change[edge]).mean())))
            self._note("edge_error", float(np.abs(error[edge]).mean()))
        fast = np.abs(true_after - true_before) > _FAST
        if fast.sum() >= _LEAST_PIXELS:
            self._note("fast_error", float(np.abs(error[fast]).mean()))
        gone, came = (true_before > 0.9) & (true_after < 0.1), (true_before < 0.1) & (true_after > 0.9)
        if gone.sum() >= _LEAST_PIXELS:
            self._note("ghost", float(after[gone].mean()))
        if came.sum() >= _LEAST_PIXELS:
            self._note("hole", float(1 - after[came].mean()))
        back, forth = true_before - true_after, true_next - true_after
        both = (np.abs(back) > _FAST) | (np.abs(forth) > _FAST)
        # What does not move on one of the two sides leans nowhere.
        if min(np.abs(way[both]).sum() for way in (back, forth)) >= _LEAST_PIXELS * _FAST:
            lean = [float((error * way)[both].sum() / np.square(way[both]).sum()) for way in (back, forth)]
            self._note("lag", lean[0] - lean[1])

    def _note(self, name: str, value: float) -> None:
        if np.isfinite(value):
            self.sums[name] += value
            self.counts[name] += 1


def soft_matte(prediction: FramePrediction, category: str, size_wh: tuple[int, int]) -> Matte:
    """The soft masks of a category, added up and interpolated bilinearly."""
    total = np.zeros((prediction.grid_wh[1], prediction.grid_wh[0]), np.float32)
    for segment in prediction.segments:
        if segment.category == category:
            total += full_mask(segment, prediction.grid_wh) / np.float32(255)
    planes = torch.from_numpy(np.minimum(total, 1))[None, None]
    return np.asarray(
        F.interpolate(planes, (size_wh[1], size_wh[0]), mode="bilinear", align_corners=False)[0, 0].numpy()
    )


def true_matte(frame: StoredFrame, category: str) -> Matte:
    """The true alpha of a category in a drawn frame."""
    out = np.zeros(frame.rgb.shape[:2], np.float32)
    for segment in frame.segments:
        if segment.category == category:
            x0, y0, x1, y1 = segment.box
            out[y0:y1, x0:x1] += segment.alpha / np.float32(255)
    return out


def _partly(matte: Matte) -> npt.NDArray[np.bool_]:
    return np.asarray((matte > _PARTLY[0]) & (matte < _PARTLY[1]))
