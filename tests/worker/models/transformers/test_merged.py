"""The merged map is the library's, pixel by pixel."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from tests.worker.models.transformers.conftest import SHAPES_WH, Loaded
from tests.worker.models.transformers.test_families import processor
from worker.evaluation.panoptic import VOID
from worker.models.base import Plate
from worker.models.transformers.merged import merge_raw, merged_maps
from worker.models.transformers.model import QueryModel, Raw

STUFF = {2, 3}


def blobs(model: QueryModel, plate_hw: tuple[int, int]) -> Raw:
    """What a trained network might say: a solid blob for each query, things and stuff, some on each other."""
    network = model.raw([np.zeros((*plate_hw, 3), np.uint8)])
    _, count, h, w = network.masks.shape
    rows, columns = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    generator = torch.Generator().manual_seed(4)
    centre = torch.rand((count, 2, 1, 1), generator=generator) * torch.tensor([h, w]).reshape(2, 1, 1)
    radius = torch.rand((count, 1, 1), generator=generator) * 0.3 * h + 1
    masks = (radius - torch.hypot(rows - centre[:, 0], columns - centre[:, 1])) * 1.5
    classes = torch.full((count, 5), -2.0)
    classes[torch.arange(count), torch.arange(count) % 5] = torch.rand(count, generator=generator) * 4
    return Raw(classes[None], masks[None])


def from_library(kind: str, raw: Raw, plate_hw: tuple[int, int], least: float) -> dict[str, Any]:
    outputs = SimpleNamespace(class_queries_logits=raw.classes, masks_queries_logits=raw.masks)
    rules: dict[str, Any] = {"threshold": least, "target_sizes": [plate_hw]}
    rules |= {"stuff_classes": [2, 3]} if kind == "eomt" else {"label_ids_to_fuse": STUFF}
    (found,) = processor(kind).post_process_panoptic_segmentation(outputs, **rules)
    return dict(found)


def antialiased(image: Tensor, size: tuple[int, int], interpolation: str) -> Tensor:
    return F.interpolate(image, size, mode=interpolation, align_corners=False, antialias=True)


@pytest.mark.parametrize("shape", SHAPES_WH)
@pytest.mark.parametrize("kind", ["eomt", "mask2former", "maskformer", "oneformer"])
def test_maps_are_the_library_s(kind: str, shape: str, loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers.models.oneformer import image_processing_pil_oneformer

    # What torchvision makes of tensors; the library's module does without it until it is asked for a map.
    resize = SimpleNamespace(resize=antialiased, InterpolationMode=SimpleNamespace(BILINEAR="bilinear"))
    monkeypatch.setattr(image_processing_pil_oneformer, "tvF", resize, raising=False)
    model = loaded(kind)
    plate_hw = (SHAPES_WH[shape][1], SHAPES_WH[shape][0])
    raw = blobs(model, plate_hw)
    theirs = from_library(kind, Raw(raw.classes.clone(), raw.masks.clone()), plate_hw, 0.4)
    (ours,) = merge_raw(model, raw, plate_hw, 0.4)
    np.testing.assert_array_equal(ours.ids, theirs["segmentation"].numpy())
    assert list(ours.segments) == theirs["segments_info"]
    assert len(ours.segments) > 1
    panoptic = ours.panoptic(model.label_set)
    assert panoptic.ids.shape == plate_hw
    assert set(np.unique(panoptic.ids)) - {VOID} <= set(panoptic.categories)


def test_the_map_of_a_video_network_follows_the_same_rules(loaded: Loaded) -> None:
    """The library's video processor needs torchvision; EoMT's rules on a square without padding are its own."""
    model, square = loaded("videomt"), (96, 96)
    raw = blobs(model, square)
    (ours,) = merge_raw(model, raw, square, 0.4)
    theirs = from_library("eomt", raw, square, 0.4)
    np.testing.assert_array_equal(ours.ids, theirs["segmentation"].numpy())
    assert list(ours.segments) == theirs["segments_info"]
    assert len(ours.segments) > 1


@pytest.mark.parametrize("kind", ["eomt", "mask2former", "videomt"])
def test_nothing_found_is_an_empty_map(kind: str, loaded: Loaded, plate_of: Callable[[str], Plate]) -> None:
    model = loaded(kind)
    (found,) = merged_maps(model, [plate_of("4:3")], min_score=1.0)
    assert found.segments == ()
    assert (found.panoptic(model.label_set).ids == VOID).all()
