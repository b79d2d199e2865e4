"""From logits to segments, on literal queries."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from worker.labels import Category, LabelSet
from worker.models.transformers.decode import Keeping, MaskGrid, find_segments
from worker.segments import UNTRACKED, FramePrediction

LABELS = LabelSet("t", (Category("cat", True, (1, 2, 3)), Category("sky", False, (4, 5, 6))))
GRID = MaskGrid((16, 16), (16, 16))


def found(rows: list[tuple[float, float, float, Tensor]], least: float = 0.5) -> FramePrediction:
    """Queries as probabilities of cat, sky and nothing, with a mask of probabilities."""
    classes = torch.log(torch.tensor([[cat, sky, nothing] for cat, sky, nothing, _ in rows]))
    masks = torch.logit(torch.stack([mask for *_, mask in rows]), eps=1e-6)
    return find_segments(classes, masks, GRID, Keeping(LABELS, least), first_track=10)


def box(x0: int, x1: int, value: float = 0.9) -> Tensor:
    mask = torch.zeros((4, 4))
    mask[:, x0:x1] = value
    return mask


def test_masks_are_soft_boxed_and_may_overlap() -> None:
    got = found([(0.8, 0.1, 0.1, box(0, 2, 0.6)), (0.1, 0.7, 0.2, box(1, 4))])
    assert [(s.category, s.box, s.track) for s in got.segments] == [
        ("cat", (0, 0, 2, 4), 10),
        ("sky", (1, 0, 4, 4), UNTRACKED),
    ]
    assert [round(s.score, 4) for s in got.segments] == [0.8, 0.7]
    assert np.unique(got.segments[0].mask).tolist() == [153]


@pytest.mark.parametrize(
    "row",
    [(0.5, 0.1, 0.4, box(0, 2)), (0.2, 0.1, 0.7, box(0, 2)), (0.9, 0.05, 0.05, box(0, 2, 0.4))],
    ids=["no likelier than the least score", "nothing is likelier", "nowhere solid"],
)
def test_queries_that_are_no_segments(row: tuple[float, float, float, Tensor]) -> None:
    assert found([row]).segments == ()


def test_stuff_of_a_category_is_one_segment() -> None:
    got = found([(0.1, 0.6, 0.3, box(0, 1)), (0.1, 0.8, 0.1, box(3, 4)), (0.1, 0.7, 0.2, box(1, 2, 0.7))])
    (sky,) = got.segments
    assert (sky.box, round(sky.score, 4)) == ((0, 0, 4, 4), 0.8)
    assert sky.mask[0].tolist() == [230, 179, 0, 230]


def test_a_thing_found_twice_is_kept_once() -> None:
    got = found([(0.7, 0.1, 0.2, box(0, 3)), (0.9, 0.05, 0.05, box(0, 3)), (0.8, 0.1, 0.1, box(2, 4))])
    assert [(round(s.score, 4), s.box[0], s.track) for s in got.segments] == [(0.9, 0, 11), (0.8, 2, 12)]


@pytest.mark.parametrize(
    ("picture_hw", "grid_wh"),
    [((16, 16), (4, 4)), ((8, 16), (4, 2)), ((16, 4), (1, 4)), ((10, 16), (4, 3)), ((1, 16), (4, 1))],
)
def test_padding_is_cut_off(picture_hw: tuple[int, int], grid_wh: tuple[int, int]) -> None:
    masks = torch.rand((2, 4, 4))
    cut = MaskGrid((16, 16), picture_hw).cut(masks)
    assert (cut.shape[2], cut.shape[1]) == grid_wh


def test_a_plate_that_ends_inside_a_sample_is_covered_exactly() -> None:
    """A ramp over the input, sampled at the middle of each sample, is still that ramp over the plate."""
    ramp = (torch.arange(40) + 0.5) * 4
    masks = ramp[None, :, None].expand(1, 40, 40)
    cut = MaskGrid((160, 160), (90, 160)).cut(masks)
    assert cut.shape == (1, 23, 40)
    expected = (torch.arange(23) + 0.5) * (90 / 23)
    # The very first lies before the first sample's middle.
    torch.testing.assert_close(cut[0, 1:, 0], expected[1:])
