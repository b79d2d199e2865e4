"""The truth of drawn frames, for scoring."""

from __future__ import annotations

import numpy as np

from worker.evaluation.panoptic import VOID, PanopticMap
from worker.training.shards import StoredFrame

MIN_SHARE = 0.001
"""Segments that cover less of the frame than this are void: too small to be asked for."""


def truth_map(frame: StoredFrame) -> PanopticMap:
    """The segment that covers most of each pixel; segments below `MIN_SHARE` of the frame are void."""
    h, w = frame.rgb.shape[:2]
    best = np.zeros((h, w), np.uint8)
    ids = np.full((h, w), VOID, np.int32)
    for index, segment in enumerate(frame.segments):
        x0, y0, x1, y1 = segment.box
        window = (slice(y0, y1), slice(x0, x1))
        wins = segment.alpha > best[window]
        best[window][wins] = segment.alpha[wins]
        ids[window][wins] = index + 1
    categories: dict[int, str] = {}
    areas = np.bincount(ids.reshape(-1), minlength=len(frame.segments) + 1)
    for index, segment in enumerate(frame.segments):
        if areas[index + 1] >= MIN_SHARE * h * w:
            categories[index + 1] = segment.category
        else:
            ids[ids == index + 1] = VOID
    return PanopticMap(ids, categories)
