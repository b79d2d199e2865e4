"""The truth of drawn frames as panoptic maps."""

from __future__ import annotations

import numpy as np

from worker.evaluation.drawn import truth_map
from worker.training.shards import StoredFrame, StoredSegment


def _frame(*alphas: np.ndarray) -> StoredFrame:
    """A frame of 100x100 whose segments cover it from the left, a tuple of width and value each."""
    segments = tuple(
        StoredSegment(f"kind {i}", True, (0, 0, alpha.shape[1], alpha.shape[0]), alpha)
        for i, alpha in enumerate(alphas)
    )
    return StoredFrame(np.zeros((100, 100, 3), np.uint8), segments)


def test_pixels_belong_to_the_segment_that_covers_most_of_them() -> None:
    truth = truth_map(_frame(np.full((100, 100), 100, np.uint8), np.full((100, 40), 155, np.uint8)))
    assert (truth.ids[:, :40] == 2).all()
    assert (truth.ids[:, 40:] == 1).all()
    assert truth.categories == {1: "kind 0", 2: "kind 1"}


def test_segments_below_a_thousandth_of_the_frame_are_void() -> None:
    truth = truth_map(_frame(np.full((100, 100), 100, np.uint8), np.full((3, 3), 155, np.uint8)))
    assert (truth.ids[:3, :3] == 0).all()
    assert truth.categories == {1: "kind 0"}
