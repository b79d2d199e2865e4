"""The shipped weights do what the model card says, on a few unseen clips."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("skia", exc_type=ImportError)

from worker.embedded.model import EmbeddedModel
from worker.evaluation.drawn import truth_map
from worker.evaluation.embedded import LEAST
from worker.evaluation.merge import merge
from worker.evaluation.panoptic import score_pictures
from worker.training.recipe import held_out_clips
from worker.training.scenes import draw_clip
from worker.training.shards import StoredFrame, store, unstore

LEAST_PQ = 0.70


@pytest.fixture(scope="module")
def frames() -> list[StoredFrame]:
    """One frame of each of twelve unseen clips."""
    return [unstore(store(next(draw_clip(spec)))) for spec in held_out_clips(12)]


@pytest.fixture(scope="module")
def model() -> EmbeddedModel:
    """The shipped model as it ships."""
    return EmbeddedModel.load()


def test_panoptic_quality_on_unseen_clips(model: EmbeddedModel, frames: list[StoredFrame]) -> None:
    pairs = []
    for frame in frames:
        h, w = frame.rgb.shape[:2]
        (prediction,) = model.predict([frame.rgb])
        pairs.append((truth_map(frame), merge(prediction, (w, h), LEAST)))
    assert score_pictures(pairs).mean().pq > LEAST_PQ


def test_masks_are_soft_at_edges(model: EmbeddedModel, frames: list[StoredFrame]) -> None:
    masks = [s.mask for p in model.predict([f.rgb for f in frames[:4]]) for s in p.segments]
    values = np.concatenate([mask.reshape(-1) for mask in masks])
    partial = ((values > 25) & (values < 230)).mean()
    assert 0.005 < partial < 0.3
