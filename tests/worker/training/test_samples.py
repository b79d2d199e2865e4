"""Targets cut from frames whose truth is plain."""

from __future__ import annotations

import numpy as np
import pytest
import torch

pytest.importorskip("skia", exc_type=ImportError)

from worker.embedded.labels import STUFF_NAMES, THING_NAMES
from worker.training.samples import Sample, centre_cell, make_sample
from worker.training.shards import StoredFrame, StoredSegment

SKY = STUFF_NAMES.index("sky-other-merged")


def _frame(*things: tuple[str, tuple[int, int, int, int], int]) -> StoredFrame:
    """A frame of 64x64, sky but for things: category, box and coverage each."""
    sky = np.full((64, 64), 255, np.uint8)
    segments = []
    for category, box, value in things:
        x0, y0, x1, y1 = box
        segments.append(StoredSegment(category, True, box, np.full((y1 - y0, x1 - x0), value, np.uint8)))
        sky[y0:y1, x0:x1] -= np.uint8(value)
    segments.append(StoredSegment("sky-other-merged", False, (0, 0, 64, 64), sky))
    return StoredFrame(np.full((64, 64, 3), 90, np.uint8), tuple(segments))


def _sample(frame: StoredFrame) -> Sample:
    return make_sample(frame, np.random.default_rng(0), (64, 64), (1.0, 1.0))


def test_coverage_is_halved_by_area_and_adds_up() -> None:
    sample = _sample(_frame(("car", (16, 16, 48, 48), 255)))
    assert sample.picture.shape == (3, 64, 64)
    assert sample.semantics.shape == (len(STUFF_NAMES) + 1, 32, 32)
    total = sample.semantics.sum(0, dtype=torch.int32)
    assert int((total - 255).abs().max()) <= 2
    assert sample.masks.shape == (1, 32, 32)
    assert (sample.masks[0] == sample.semantics[-1]).all()
    assert int(sample.masks[0].max()) == 255


def test_partial_coverage_stays_partial() -> None:
    sample = _sample(_frame(("dog", (16, 16, 48, 48), 128)))
    assert int(sample.masks[0].max()) == 128
    assert int(sample.semantics[SKY].min()) == 127


def test_the_heatmap_peaks_where_the_thing_is() -> None:
    sample = _sample(_frame(("bus", (16, 16, 48, 48), 255)))
    plane = sample.heat[THING_NAMES.index("bus")]
    assert float(plane.max()) == 1.0
    assert int((plane == 1.0).sum()) == 1
    assert float(sample.heat.sum() - plane.sum()) == 0.0
    y, x = divmod(int(plane.argmax()), plane.shape[1])
    cell = sample.cells_xy[0]
    assert abs(int(cell[0]) - x) <= 1
    assert abs(int(cell[1]) - y) <= 1


def test_something_too_small_is_neither_asked_for_nor_held_against_the_network() -> None:
    sample = _sample(_frame(("person", (30, 30, 32, 32), 255)))
    assert len(sample.masks) == 0
    assert sample.cells_xy.shape == (0, 2)
    assert float(sample.heat.max()) == 0.0
    assert float(sample.heat_weight.min()) == 0.0


def test_a_ring_has_its_centre_on_itself() -> None:
    mask = torch.zeros((32, 32), dtype=torch.uint8)
    mask[4:28, 4:28] = 255
    mask[8:24, 8:24] = 0
    x, y = centre_cell(mask)
    assert mask[y * 4 : y * 4 + 4, x * 4 : x * 4 + 4].float().mean() > 127


def test_the_same_generator_gives_the_same_sample() -> None:
    frame = _frame(("car", (10, 20, 40, 50), 255))
    a = make_sample(frame, np.random.default_rng(3), (64, 32), (0.7, 1.4))
    b = make_sample(frame, np.random.default_rng(3), (64, 32), (0.7, 1.4))
    assert a.picture.shape == (3, 32, 64)
    for left, right in ((a.picture, b.picture), (a.heat, b.heat), (a.semantics, b.semantics), (a.masks, b.masks)):
        assert torch.equal(left, right)
