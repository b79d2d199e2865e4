"""The conversion of what detectron2 itself gave; `record` made the files and tells how."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from tests.worker.models.detectron2.small import DEEPLAB_VALUES, FPN_VALUES, LABELS
from worker.models.detectron2.classes import joint, separated
from worker.models.detectron2.deeplab import Grouping, Heads, deeplab_segments, find_centres, membership
from worker.models.detectron2.paste import paste
from worker.models.detectron2.running import fpn_prediction
from worker.models.detectron2.segmenting import Instances, Settings, mask_grid, thing_segments
from worker.segments import FramePrediction, full_mask

DATA = Path(__file__).with_name("data")
SIZE_WH = (122, 90)
GRID_WH = (61, 45)

Recording = dict[str, npt.NDArray[Any]]


def recording(name: str) -> Recording:
    with np.load(DATA / f"{name}.npz", allow_pickle=False) as file:
        return dict(file)


def as_float(values: npt.NDArray[Any]) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32))


@pytest.fixture(scope="module")
def fpn() -> Recording:
    return recording("panoptic_fpn")


@pytest.fixture(scope="module")
def deeplab() -> Recording:
    return recording("panoptic_deeplab")


def instances(fpn: Recording) -> Instances:
    return Instances(
        as_float(fpn["scores"]),
        torch.from_numpy(fpn["classes"]),
        as_float(fpn["boxes"]),
        as_float(fpn["masks"]),
    )


def fpn_settings() -> Settings:
    combine = FPN_VALUES["MODEL"]["PANOPTIC_FPN"]["COMBINE"]
    return Settings(combine["INSTANCES_CONFIDENCE_THRESH"], combine["STUFF_AREA_LIMIT"])


def fpn_found(fpn: Recording) -> FramePrediction:
    return fpn_prediction(instances(fpn), as_float(fpn["semantic"]), separated(LABELS), SIZE_WH, fpn_settings())


def test_pasted_masks_are_the_means_of_the_librarys(fpn: Recording) -> None:
    found = instances(fpn)
    ours = paste(found.masks, found.boxes, SIZE_WH, GRID_WH).numpy().astype(np.float64)
    # Of 255. The recorded means are of 256 points a cell, ours are exact.
    assert np.abs(ours - fpn["pasted"].astype(np.float64)).max() < 2.0


def test_things_keep_their_softness_and_overlap(fpn: Recording) -> None:
    found = thing_segments(instances(fpn), separated(LABELS), SIZE_WH, GRID_WH, fpn_settings())
    assert {segment.category for segment in found} == {"person", "car", "dog"}
    masks = np.stack([full_mask(segment, GRID_WH) for segment in found])
    assert ((masks > 25) & (masks < 230)).sum() > 0.3 * (masks > 25).sum()
    assert ((masks > 127).sum(0) > 1).any()
    scores = [segment.score for segment in found]
    assert scores == sorted(scores, reverse=True)
    assert set(scores) <= set(fpn["scores"].astype(float).tolist())


def test_stuff_is_the_semantic_probability(fpn: Recording) -> None:
    found = {s.category: s for s in fpn_found(fpn).segments if not s.is_thing}
    # Computed apart, in numpy: channel 0 is all things, then sky, road, tree.
    logits = fpn["semantic"].astype(np.float64)[:, :90, :122]
    odds = np.exp(logits - logits.max(0))
    means = (odds / odds.sum(0)).reshape(4, 45, 2, 61, 2).mean((2, 4))
    infos = json.loads(str(fpn["infos"]))
    assert set(found) == {("sky", "road", "tree")[i["category_id"] - 1] for i in infos if not i["isthing"]}
    for channel, name in enumerate(("sky", "road", "tree"), 1):
        mask = full_mask(found[name], GRID_WH) / 255.0
        assert np.abs(mask - means[channel])[means[channel] > 0.02].max() < 0.003
        prevails = means.argmax(0) == channel
        assert found[name].score == pytest.approx(means[channel][prevails].mean(), abs=1e-4)


def test_what_is_taken_from_the_library_is_what_its_own_map_shows(fpn: Recording) -> None:
    ids, infos = fpn["ids"], json.loads(str(fpn["infos"]))
    segments = fpn_found(fpn).segments
    for info in (i for i in infos if i["isthing"]):
        theirs = (ids == info["id"]).reshape(45, 2, 61, 2).mean((1, 3)) > 0.5
        name = separated(LABELS).instances[info["category_id"]]
        same = [s for s in segments if s.category == name and s.score == pytest.approx(info["score"], abs=1e-6)]
        # Its map takes from each what better ones have; the whole mask covers that and more.
        if same:
            covered = full_mask(same[0], GRID_WH) > 100
            assert (covered & theirs).sum() > 0.85 * theirs.sum()
    assert sum(s.is_thing for s in segments) >= sum(i["isthing"] for i in infos) - 2


def grouping() -> Grouping:
    own = DEEPLAB_VALUES["MODEL"]["PANOPTIC_DEEPLAB"]
    return Grouping(0.1, own["NMS_KERNEL"], 200, float(DEEPLAB_VALUES["INPUT"]["GAUSSIAN_SIGMA"]))


def test_centres_are_the_librarys(deeplab: Recording) -> None:
    centres = as_float(deeplab["centres"])[:, :90, :122]
    where, values = find_centres(centres, grouping())
    assert sorted(where.tolist()) == sorted(deeplab["where"].tolist())
    assert values.tolist() == sorted(values.tolist(), reverse=True)


def test_each_pixel_is_nearest_to_the_centre_that_the_library_gives_it_to(deeplab: Recording) -> None:
    where, _ = find_centres(as_float(deeplab["centres"])[:, :90, :122], grouping())
    share = membership(as_float(deeplab["offsets"])[:, :90, :122], where, SIZE_WH, grouping().sigma_px)
    assert torch.allclose(share.sum(0), torch.ones(90, 122), atol=1e-5)
    nearest = share.argmax(0).numpy()
    channels = as_float(deeplab["semantic"])[:, :90, :122].argmax(0).numpy()
    is_thing = np.isin(channels, joint(LABELS).thing_channels)
    pairs, counts = np.unique(np.stack((nearest, deeplab["ids"]))[:, is_thing], axis=1, return_counts=True)
    # One centre, one id; where a pixel lies between two centres exactly, either may have it.
    agreeing = sum(counts[pairs[0] == centre].max() for centre in np.unique(pairs[0]))
    assert agreeing > 0.995 * is_thing.sum()
    assert len(np.unique(pairs[0])) == len(np.unique(pairs[1]))


def test_segments_of_panoptic_deeplab(deeplab: Recording) -> None:
    heads = Heads(*(as_float(deeplab[name]) for name in ("semantic", "centres", "offsets")))
    classes = joint(LABELS)
    # At the size of the input, cells are pixels, and the library's map can be compared.
    found = deeplab_segments(heads, classes, SIZE_WH, SIZE_WH, grouping(), Settings(0.0, 64))
    things = [s for s in found if s.is_thing]
    theirs = deeplab["ids"]
    for segment in things:
        solid = full_mask(segment, SIZE_WH) > 127
        if solid.sum() < 30:
            continue
        values, counts = np.unique(theirs[solid], return_counts=True)
        assert counts.max() > 0.75 * solid.sum()
        best = int(values[counts.argmax()])
        assert classes.semantic[best // 1000] == segment.category
    stuff = {s.category for s in found if not s.is_thing}
    assert stuff == {classes.semantic[i // 1000] for i in np.unique(theirs) if i >= 0 and i % 1000 == 0}


def test_mask_grids_cover_inputs_of_any_size() -> None:
    assert mask_grid(SIZE_WH, 2) == GRID_WH
    assert mask_grid((1333, 3), 4) == (333, 1)
    assert mask_grid((1, 1), 4) == (1, 1)
