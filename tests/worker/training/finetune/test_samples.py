"""Samples for query models: what is asked for, where it lies, and that iterations repeat."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.worker.evaluation.coco_files import Picture, write
from worker.datasets.base import ListedDataSet
from worker.datasets.coco import open_listing
from worker.training.finetune.samples import Augment, Samples

ROWS = tuple(
    "".join(digit * 8 for digit in row)
    for row in ("11110000", "11110000", "22229999", "33339999")
    for _ in range(8)
)
CATEGORIES = {1: 1, 2: 9, 3: 1, 9: 9}
PLAIN = Augment(64, zoom=(1.0, 1.0), flip=False, gain=0.0)


@pytest.fixture
def data(tmp_path: Path) -> ListedDataSet:
    """One picture of 64 x 32: persons 1 and 3 (a crowd), grass in two segments; red where person 1 is."""
    listing = write(tmp_path, "gt", Picture(ROWS, CATEGORIES, crowds=frozenset({3})))
    rgb = np.zeros((32, 64, 3), np.uint8)
    rgb[:16, :32, 0] = 255
    Image.fromarray(rgb).save(tmp_path / "0001.png")
    return open_listing(listing, None, tmp_path)


def test_stuff_is_joined_and_crowds_are_nobodys_target(data: ListedDataSet) -> None:
    batch = Samples(data, PLAIN, 0).batch(0, 1)
    (masks,), (classes,) = batch.masks, batch.classes
    # Class indices are places in the data set's categories: person, dog, grass.
    assert classes.tolist() == [0, 2]
    # The picture fills the upper half of the square; the lower stays black and is nobody's.
    assert masks.sum((1, 2)).tolist() == [4 * 2 * 64, (4 + 4 + 4) * 64]
    assert masks[0, :16, :32].all()
    assert not masks[:, 32:].any()
    assert not batch.pictures[0, :, 32:].any()
    assert int(batch.pictures[0, 0, 4, 4]) == 255


def test_a_batch_is_decided_by_seed_and_iteration(data: ListedDataSet) -> None:
    def batch(seed: int, iteration: int) -> torch.Tensor:
        return Samples(data, Augment(64), seed).batch(iteration, 2).pictures

    assert torch.equal(batch(3, 5), batch(3, 5))
    assert not torch.equal(batch(3, 5), batch(3, 6))
    assert not torch.equal(batch(3, 5), batch(4, 5))


def test_picture_and_masks_move_together(data: ListedDataSet) -> None:
    samples = Samples(data, Augment(64, zoom=(0.5, 3.0), gain=0.0), 0)
    checked = 0
    for iteration in range(40):
        batch = samples.batch(iteration, 1)
        for mask, index in zip(batch.masks[0], batch.classes[0].tolist(), strict=True):
            if index == 0:
                checked += 1
                inside = batch.pictures[0, 0][mask].float().mean()
                assert inside > 200
                assert batch.pictures[0, 0][~mask].float().mean() < 60
    assert checked > 10


def test_a_picture_without_annotation_is_stood_in_for(tmp_path: Path) -> None:
    empty = Picture(("0000",), {}, name="0001.png")
    full = Picture(("1111",), {1: 1}, name="0002.png")
    listing = write(tmp_path, "gt", empty, full)
    for name in ("0001", "0002"):
        Image.new("RGB", (4, 1)).save(tmp_path / f"{name}.png")
    samples = Samples(open_listing(listing, None, tmp_path), PLAIN, 0)
    assert all(len(classes) == 1 for classes in samples.batch(0, 2).classes)
