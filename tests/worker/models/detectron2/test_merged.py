"""Segments from the finished outputs of architectures that are not known here."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from bridge.errors import ModelError
from tests.worker.models.detectron2.small import LABELS
from worker.models.detectron2.merged import merged_segments
from worker.models.detectron2.segmenting import Settings
from worker.segments import Segment

SIZE_WH, GRID_WH = (64, 48), (32, 24)


class Found:
    """Has the fields of detectron2's `Instances` that are read."""

    def __init__(self, scores: Any, pred_classes: Any, pred_masks: Any) -> None:
        self.scores, self.pred_classes, self.pred_masks = scores, pred_classes, pred_masks

    def has(self, name: str) -> bool:
        return hasattr(self, name)


class Bits:
    """Has the field of detectron2's `BitMasks` that is read."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self.tensor = tensor


def segments(outputs: dict[str, Any]) -> list[Segment]:
    return merged_segments(outputs, LABELS, SIZE_WH, GRID_WH, Settings(0.5, 100))


def box_mask(left: int, right: int) -> torch.Tensor:
    mask = torch.zeros((48, 64), dtype=torch.bool)
    mask[8:41, left:right] = True
    return mask


def things(as_bits: bool, *numbers: int) -> Found:
    masks = torch.stack([box_mask(5, 30), box_mask(20, 50), box_mask(40, 60)])
    return Found(
        torch.tensor([0.6, 0.9, 0.4]),
        torch.tensor(numbers, dtype=torch.int32),
        Bits(masks) if as_bits else masks,
    )


@pytest.mark.parametrize("as_bits", [True, False], ids=["bit masks", "plain masks"])
def test_one_channel_for_all_things(as_bits: bool) -> None:
    semantic = torch.zeros((4, 48, 64))
    semantic[2] = 5.0
    found = segments({"sem_seg": semantic, "instances": things(as_bits, 0, 2, 1)})
    # Class numbers of things count things alone; the third is below the lowest score.
    assert [(s.category, s.is_thing) for s in found] == [("road", False), ("dog", True), ("person", True)]
    road, dog, person = found
    assert road.mask.max() == pytest.approx(255 * float(torch.softmax(torch.tensor([5.0, 0, 0, 0]), 0)[0]), abs=1)
    # Columns 5 to 30 in cells of two: the first is half covered; rows 8 to 41: so is the last.
    assert person.box == (2, 4, 15, 21)
    assert person.mask[3, 0] == 128 and person.mask[3, 1] == 255 and person.mask[-1, 3] == 128
    assert dog.box[0] < person.box[2]


def test_one_channel_a_category_and_probabilities_instead_of_logits() -> None:
    semantic = torch.zeros((6, 48, 64))
    semantic[3] = 0.8
    found = segments({"sem_seg": semantic, "instances": things(True, 4, 2, 0)})
    assert [s.category for s in found] == ["road", "car", "dog"]
    assert found[0].mask.max() == 204


def test_no_instances_as_empty_lists() -> None:
    semantic = torch.zeros((4, 48, 64))
    found = segments({"sem_seg": semantic, "instances": Found([], [], [])})
    assert [s.is_thing for s in found] == [] or not any(s.is_thing for s in found)


def test_the_merged_map_fills_in_for_what_is_not_given() -> None:
    ids = torch.zeros((48, 64), dtype=torch.int32)
    ids[8:40, 6:30] = 1
    ids[40:] = 2
    infos = [
        {"id": 1, "isthing": True, "score": 0.75, "category_id": 2},
        {"id": 2, "isthing": False, "category_id": 2, "area": 512},
    ]
    alone = segments({"panoptic_seg": (ids, infos)})
    assert [(s.category, s.is_thing, s.score) for s in alone] == [("dog", True, 0.75), ("road", False, 1.0)]
    assert alone[0].box == (3, 4, 15, 20)
    semantic = torch.zeros((4, 48, 64))
    semantic[1] = 3.0
    with_stuff = segments({"panoptic_seg": (ids, infos), "sem_seg": semantic})
    assert [s.category for s in with_stuff] == ["sky", "dog"]


@pytest.mark.parametrize(
    ("outputs", "complaint"),
    [
        pytest.param({"proposals": 1}, "got proposals", id="nothing that is known"),
        pytest.param({"sem_seg": torch.zeros((9, 48, 64))}, "9 channels", id="another number of channels"),
        pytest.param({"instances": things(True, 0, 7, 0)}, "class 7", id="a class too many"),
        pytest.param(
            {"panoptic_seg": (torch.ones((48, 64)), [{"id": 1, "isthing": True, "category_id": 3}])},
            "category 3",
            id="a category too many",
        ),
    ],
)
def test_outputs_that_do_not_fit_the_label_set(outputs: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ModelError, match=complaint):
        segments(outputs)
