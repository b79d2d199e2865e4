"""Some iterations of the real trainer, where detectron2 is installed."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner

pytest.importorskip("detectron2", reason="detectron2 is not installed", exc_type=ImportError)

from bridge.errors import BadRequestError, ModelError
from tests.worker.models.hostile import Touch
from tests.worker.training.detectron2.drawn_set import SIZE_WH, write_drawn_set
from worker.cli.train import train
from worker.datasets.coco import open_listing
from worker.models.base import Weights
from worker.models.detectron2 import load
from worker.training.detectron2.plan import Plan, label_set_of, training_config
from worker.training.detectron2.samples import DeepLabSamples, Samples

FPN = """
_BASE_: COCO-PanopticSegmentation/panoptic_fpn_R_50_3x.yaml
MODEL:
  RESNETS: {WIDTH_PER_GROUP: 4, STEM_OUT_CHANNELS: 8, RES2_OUT_CHANNELS: 16, NORM: BN}
  BACKBONE: {FREEZE_AT: 0}
  FPN: {OUT_CHANNELS: 16, NORM: BN}
  ANCHOR_GENERATOR: {SIZES: [[12], [24], [48], [64], [96]]}
  ROI_HEADS: {BATCH_SIZE_PER_IMAGE: 32}
  ROI_BOX_HEAD: {FC_DIM: 32}
  ROI_MASK_HEAD: {CONV_DIM: 16}
  SEM_SEG_HEAD: {CONVS_DIM: 32}
INPUT: {MIN_SIZE_TRAIN: "(64,)", MAX_SIZE_TRAIN: 96, MIN_SIZE_TEST: 64, MAX_SIZE_TEST: 96}
"""
DEEPLAB = """
_BASE_: deeplab.yaml
MODEL:
  RESNETS: {WIDTH_PER_GROUP: 4, STEM_OUT_CHANNELS: 8, RES2_OUT_CHANNELS: 16}
  SEM_SEG_HEAD: {CONVS_DIM: 8, ASPP_CHANNELS: 8, HEAD_CHANNELS: 8}
  INS_EMBED_HEAD: {CONVS_DIM: 8, ASPP_CHANNELS: 8, HEAD_CHANNELS: 8}
  PANOPTIC_DEEPLAB: {SIZE_DIVISIBILITY: 64, NMS_KERNEL: 7, STUFF_AREA: 64}
INPUT:
  MIN_SIZE_TRAIN: "(64,)"
  MAX_SIZE_TRAIN: 96
  MIN_SIZE_TEST: 64
  MAX_SIZE_TEST: 96
  GAUSSIAN_SIGMA: 4
  CROP: {SIZE: [64, 64]}
"""


@pytest.fixture(scope="module")
def listing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_drawn_set(tmp_path_factory.mktemp("drawn"), 4)


def arguments(listing: Path, folder: Path, *more: str) -> list[str]:
    config = folder / "small.yaml"
    config.write_text(FPN)
    pictures = str(listing.parent / "pictures")
    data = ["--train", str(listing), "--images", pictures, "--val", str(listing), "--val-images", pictures]
    settings = ["--batch", "2", "--loaders", "0", "--device", "cpu", "--warm-up", "1", "--save-every", "2"]
    return ["detectron2", *data, "--out", str(folder / "run"), "--config", str(config), *settings, *more]


def invoke(arguments: list[str]) -> Any:
    return CliRunner().invoke(train, arguments, catch_exceptions=True)


def test_a_run_goes_on_where_it_was_and_becomes_a_model(listing: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    wanted = arguments(listing, tmp_path, "--iterations", "6", "--steps", "4,5", "--lr", "0.002")
    result = invoke(wanted)
    assert result.exit_code == 0, result.output
    whole = torch.load(out / "model_final.pth", weights_only=True)["model"]
    # As if it had been stopped after four iterations.
    (out / "model_final.pth").unlink()
    (out / "model_0000005.pth").unlink()
    (out / "last_checkpoint").write_text("model_0000003.pth")
    result = invoke(wanted)
    assert "Going on after iteration 4" in result.output
    resumed = torch.load(out / "model_final.pth", weights_only=True)
    assert resumed["iteration"] == 5 and whole.keys() == resumed["model"].keys()
    assert "Going on after iteration 6" in invoke(wanted).output
    lines = [json.loads(line) for line in (out / "metrics.json").read_text().splitlines()]
    assert [round(line["lr"], 6) for line in lines[:6]][2:] == [0.002, 0.002, 0.0002, 0.00002]
    assert all(0 <= line[name] <= 1 for line in lines if "PQ" in line for name in ("PQ", "SQ", "RQ"))
    assert (out / "curves.png").stat().st_size > 10_000
    model = load(Weights("mine", out, "MIT"), torch.device("cpu"))
    assert model.label_set.names == ("sky", "box", "grass", "cup")
    (found,) = model.predict([np.zeros((64, 96, 3), np.uint8)])
    assert found.grid_wh == (48, 32)
    refused = invoke([*wanted, "--lr", "0.5"])
    assert isinstance(refused.exception, BadRequestError)
    assert "SOLVER.BASE_LR was 0.002, is 0.5" in str(refused.exception)


def test_checkpoints_that_carry_code_are_refused(listing: Path, tmp_path: Path) -> None:
    wanted = arguments(listing, tmp_path, "--iterations", "2")
    path, mark = tmp_path / "R-101.pkl", tmp_path / "ran"
    path.write_bytes(pickle.dumps({"model": {"a": Touch(mark)}, "__author__": "x"}))
    assert isinstance(invoke([*wanted, "--weights", str(path)]).exception, ModelError)
    path.write_bytes(pickle.dumps({"model": {"other.weight": np.zeros(3, np.float32)}, "__author__": "x"}))
    result = invoke([*wanted, "--weights", str(path)])
    assert isinstance(result.exception, ModelError) and "nothing in" in str(result.exception)
    assert not mark.exists()


def test_the_schedule_is_the_studys_and_moves_in_proportion(listing: Path, tmp_path: Path) -> None:
    labels = label_set_of(open_listing(listing, None, listing.parent / "pictures"))
    solver = training_config(Plan(tmp_path), labels).SOLVER
    assert (solver.BASE_LR, solver.IMS_PER_BATCH, solver.MAX_ITER) == (0.02, 16, 270000)
    assert (tuple(solver.STEPS), solver.GAMMA) == ((210000, 250000), 0.1)
    solver = training_config(Plan(tmp_path, iterations=2700, batch=4), labels).SOLVER
    assert (solver.BASE_LR, tuple(solver.STEPS)) == (0.005, (2100, 2500))
    with pytest.raises(ModelError, match="rising steps between 0 and 10"):
        training_config(Plan(tmp_path, iterations=10, steps=(8, 4)), labels)
    config = training_config(Plan(tmp_path), labels)
    assert (config.MODEL.ROI_HEADS.NUM_CLASSES, config.MODEL.SEM_SEG_HEAD.NUM_CLASSES) == (2, 3)


def test_samples_hold_what_the_annotation_says(listing: Path, tmp_path: Path) -> None:
    data = open_listing(listing, None, listing.parent / "pictures")
    (tmp_path / "small.yaml").write_text(FPN)
    config = training_config(Plan(tmp_path, config=str(tmp_path / "small.yaml")), label_set_of(data))
    config.INPUT.RANDOM_FLIP = "none"
    samples = Samples(data, config)
    for index, entry in enumerate(samples.entries()):
        sample = samples(entry)
        truth = data.truth(data.frames[index])
        instances = sample["instances"]
        # Things: box is 0, cup is 1; the group in the second picture is no instance.
        things = [id_ for id_ in sorted(truth.categories) if truth.categories[id_] in ("7", "12")]
        single = [id_ for id_ in things if id_ not in truth.crowds and (truth.ids == id_).any()]
        assert len(instances) == len(single)
        for number, mask, id_ in zip(
            instances.gt_classes.tolist(), instances.gt_masks.tensor, single, strict=True
        ):
            assert number == {"7": 0, "12": 1}[truth.categories[id_]]
            assert np.array_equal(mask.numpy(), truth.ids == id_)
        # Channels: 0 is all things, sky is 1, grass is 2, void is ignored.
        semantic = sample["sem_seg"].numpy()
        assert np.array_equal(semantic == 1, truth.ids == 70_001)
        assert np.array_equal(semantic == 2, truth.ids == 90_002)
        assert np.array_equal(semantic == 0, np.isin(truth.ids, things))
        assert np.array_equal(semantic == 255, truth.ids == 0)
        assert sample["image"].shape == (3, *SIZE_WH[::-1])


def test_panoptic_deeplab_trains_with_its_own_targets(listing: Path, tmp_path: Path) -> None:
    pytest.importorskip("panopticapi")
    import yaml

    from worker.models.detectron2.recipes import RECIPES

    (tmp_path / "deeplab.yaml").write_text(yaml.safe_dump(next(iter(RECIPES.values()))))
    wanted = arguments(listing, tmp_path, "--iterations", "2")
    (tmp_path / "small.yaml").write_text(DEEPLAB)
    data = open_listing(listing, None, listing.parent / "pictures")
    config = training_config(Plan(tmp_path, config=str(tmp_path / "small.yaml")), label_set_of(data))
    sample = DeepLabSamples(data, config)({"index": 0})
    assert {"sem_seg", "center", "offset", "sem_seg_weights", "center_weights", "offset_weights"} <= set(sample)
    result = invoke(wanted)
    assert result.exit_code == 0, (result.output, result.exception)
    model = load(Weights("mine", tmp_path / "run", "MIT"), torch.device("cpu"))
    assert model.predict([np.zeros((64, 96, 3), np.uint8)])[0].grid_wh == (24, 16)
