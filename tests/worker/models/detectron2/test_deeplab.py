"""Soft masks from centres, offsets and semantics of scenes whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.worker.models.detectron2.small import LABELS
from worker.models.detectron2.classes import joint
from worker.models.detectron2.deeplab import Grouping, Heads, deeplab_segments, find_centres
from worker.models.detectron2.segmenting import Settings
from worker.segments import full_mask

SIZE_WH = (80, 48)
GROUPING = Grouping(threshold=0.1, nms_px=7, top=10, sigma_px=4.0)
PERSON, SKY, CAR, ROAD = 0, 1, 2, 3


def two_people(certainty: float = 8.0) -> Heads:
    """Two people side by side before sky, padded to 96 x 64: columns 10 to 30 and 30 to 50, rows 8 to 40."""
    semantic = torch.zeros((6, 64, 96))
    semantic[SKY] = certainty
    semantic[SKY, 8:40, 10:50] = 0.0
    semantic[PERSON, 8:40, 10:50] = certainty
    centres = torch.zeros((1, 64, 96))
    centres[0, 24, 20], centres[0, 24, 40] = 0.9, 0.6
    centres[0, 60, 90] = 1.0
    rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(96.0), indexing="ij")
    offsets = torch.stack((24 - rows, torch.where(columns < 30, 20 - columns, 40 - columns)))
    return Heads(semantic, centres, offsets)


def test_each_thing_has_its_pixels_and_its_share_of_the_certainty() -> None:
    heads = two_people()
    found = deeplab_segments(heads, joint(LABELS), SIZE_WH, (20, 12), GROUPING, Settings(0.0, 64))
    left, right = (s for s in found if s.is_thing)
    assert [left.category, right.category] == ["person", "person"]
    expected = np.zeros((12, 20))
    # Cells of four pixels: rows 2 to 10; columns 2.5 to 7.5 and 7.5 to 12.5, so that the outer ones are halves.
    expected[2:10, 3:7] = 1.0
    expected[2:10, 2] = 0.5
    mask = full_mask(left, (20, 12)) / 255.0
    assert np.abs(mask - expected)[:, :7].max() < 0.01
    assert (mask[:, 8:] < 0.01).all()
    # The scores: certainty of the class times height of the centre.
    probability = float(torch.softmax(torch.tensor([8.0, 0, 0, 0, 0, 0]), 0)[0])
    assert left.score == pytest.approx(0.9 * probability, abs=0.03)
    assert right.score == pytest.approx(0.6 * probability, abs=0.03)


def test_centres_in_the_padding_are_none() -> None:
    where, _ = find_centres(two_people().centres[:, :48, :80], GROUPING)
    assert where.tolist() == [[24, 20], [24, 40]]


def test_a_pixel_that_points_between_two_centres_belongs_to_both() -> None:
    heads = two_people()
    heads.offsets[:, 20:24, 20:24] = torch.tensor([2.0, 8.0])[:, None, None]
    found = deeplab_segments(heads, joint(LABELS), SIZE_WH, (20, 12), GROUPING, Settings(0.0, 64))
    left, right = (full_mask(s, (20, 12)) for s in found if s.is_thing)
    # It points to columns 28 to 31, from rows 22 to 25.
    assert 90 < left[5, 5] < 200
    assert 250 < int(left[5, 5]) + int(right[5, 5]) <= 256


def test_unsure_semantics_make_faint_masks_and_low_scores() -> None:
    found = deeplab_segments(
        two_people(certainty=1.0), joint(LABELS), SIZE_WH, (20, 12), GROUPING, Settings(0.0, 64)
    )
    thing = next(s for s in found if s.is_thing)
    odds = torch.softmax(torch.tensor([1.0, 0, 0, 0, 0, 0]), 0)
    assert thing.mask.max() == pytest.approx(255 * float(odds[[0, 2, 4]].sum()), abs=2)


def test_without_centres_there_is_stuff_alone() -> None:
    heads = two_people()
    heads.centres.zero_()
    found = deeplab_segments(heads, joint(LABELS), SIZE_WH, (20, 12), GROUPING, Settings(0.0, 64))
    assert [s.category for s in found] == ["sky"]


def test_the_lowest_score_is_kept_to() -> None:
    found = deeplab_segments(two_people(), joint(LABELS), SIZE_WH, (20, 12), GROUPING, Settings(0.7, 64))
    assert len([s for s in found if s.is_thing]) == 1


def test_windows_of_an_even_side_leave_no_seam() -> None:
    grouping = Grouping(threshold=0.1, nms_px=8, top=10, sigma_px=4.0)
    where, _ = find_centres(two_people().centres[:, :48, :80], grouping)
    assert where.tolist() == [[24, 20], [24, 40]]
