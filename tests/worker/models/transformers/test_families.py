"""Every architecture, from a folder to segments, against the library's own logits and preprocessing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.worker.models.transformers import tiny
from tests.worker.models.transformers.conftest import SHAPES_WH, Loaded
from worker.models.base import Plate

KINDS = [kind for kind in tiny.MAKERS if kind != "videomt"]
PROCESSED = ["eomt", "mask2former", "maskformer", "oneformer"]


def processor(kind: str) -> Any:
    """The library's image processor, of the kind that works without torchvision, with a tiny network's size."""
    import transformers

    names = {"eomt": "Eomt", "mask2former": "Mask2Former", "maskformer": "MaskFormer", "oneformer": "OneFormer"}
    made = getattr(transformers, f"{names[kind]}ImageProcessorPil")
    if kind == "eomt":
        return made(size={"shortest_edge": 96, "longest_edge": 96}, do_pad=True)
    return made(size=tiny.SIZE)


@pytest.mark.parametrize("shape", SHAPES_WH)
@pytest.mark.parametrize("kind", KINDS)
def test_finds_soft_segments_that_cover_the_plate(
    kind: str, shape: str, loaded: Loaded, plate_of: Callable[[str], Plate]
) -> None:
    model = loaded(kind)
    (found,) = model.predict([plate_of(shape)])
    width, height = SHAPES_WH[shape]
    picture_hw = model.rule.picture_hw((height, width))
    assert found.grid_wh == (-(-picture_hw[1] // 4), -(-picture_hw[0] // 4))
    assert found.segments
    stuff = [segment.category for segment in found.segments if not segment.is_thing]
    assert len(stuff) == len(set(stuff))
    assert {segment.category for segment in found.segments} <= set(tiny.NAMES)
    assert any(((s.mask > 10) & (s.mask < 245)).any() for s in found.segments), "masks must be soft"
    scores = [segment.score for segment in found.segments]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("shape", ["16:9", "portrait"])
@pytest.mark.parametrize("kind", KINDS)
def test_logits_are_those_of_the_library(
    kind: str, shape: str, loaded: Loaded, folders: Callable[[str], Path], plate_of: Callable[[str], Plate]
) -> None:
    import transformers

    model = loaded(kind)
    plate = plate_of(shape)
    other = getattr(transformers, type(model.network).__name__).from_pretrained(folders(kind)).eval()
    batch = model.rule.batch([plate, plate[::-1].copy()], torch.device("cpu"))
    more = {}
    if kind == "oneformer":
        task = [49406, 518, 10549, 533, 1072, 24755, 49407] + [0] * 70
        more["task_inputs"] = torch.tensor([task, task])
    with torch.inference_mode():
        theirs = other(batch, **more)
        ours = model._run(batch)
    assert torch.equal(ours.classes, theirs.class_queries_logits)
    assert torch.equal(ours.masks, theirs.masks_queries_logits)


@pytest.mark.parametrize("shape", SHAPES_WH)
@pytest.mark.parametrize("kind", PROCESSED)
def test_inputs_are_those_of_the_library(
    kind: str, shape: str, tmp_path: Path, plate_of: Callable[[str], Plate]
) -> None:
    from worker.models.transformers.architectures import ARCHITECTURES
    from worker.models.transformers.inputs import read_rule

    library = processor(kind)
    library.save_pretrained(tmp_path)
    (architecture,) = (a for a in ARCHITECTURES if a.model_type == kind)
    rule = read_rule(tmp_path, {"image_size": 96}, architecture)
    plate = plate_of(shape)
    more = {"task_inputs": ["panoptic"]} if kind == "oneformer" else {}
    theirs = torch.as_tensor(np.asarray(library(plate, return_tensors="pt", **more)["pixel_values"]))
    ours = rule.batch([plate], torch.device("cpu"))
    assert ours.shape == theirs.shape
    # Both round to bytes once; a byte is 1/58 after normalisation.
    assert float((ours - theirs).abs().max()) <= 1.01 / 255 / 0.224


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_gives_what_its_plates_give(kind: str, loaded: Loaded, plate_of: Callable[[str], Plate]) -> None:
    model = loaded(kind)
    plate = plate_of("4:3")
    plates = [plate, plate[:, ::-1].copy(), plate[::-1].copy()]
    together = model.raw(plates)
    for index, one in enumerate(plates):
        alone = model.raw([one])
        torch.testing.assert_close(together.classes[index], alone.classes[0], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(together.masks[index], alone.masks[0], atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_half_precision_is_near(kind: str, loaded: Loaded, plate_of: Callable[[str], Plate]) -> None:
    full, half = loaded(kind), loaded(kind, precision="bf16")
    plate = plate_of("16:9")
    assert full.settings != half.settings
    a, b = full.raw([plate]).classes.float().softmax(-1), half.raw([plate]).classes.float().softmax(-1)
    assert float((a - b).abs().max()) < 0.05
    assert half.predict([plate])[0].grid_wh == full.predict([plate])[0].grid_wh
