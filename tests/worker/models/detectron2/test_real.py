"""The real library, where it is installed: small networks with random weights, loaded as a user would."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

pytest.importorskip("detectron2", reason="detectron2 is not installed", exc_type=ImportError)

from bridge.errors import ModelError, UnknownNameError, UnsafeCheckpointError
from tests.worker.models.detectron2.record import DATA, record_deeplab, record_fpn
from tests.worker.models.detectron2.small import (
    DEEPLAB_CONFIG,
    DEEPLAB_VALUES,
    FPN_CONFIG,
    FPN_VALUES,
    LABELS,
    small_config,
    small_network,
)
from tests.worker.models.hostile import Touch
from worker.labels import Category, LabelSet
from worker.models.base import Weights
from worker.models.detectron2 import configs, load
from worker.models.detectron2.loading import write_categories
from worker.models.detectron2.recipes import RECIPES
from worker.segments import full_mask

CPU = torch.device("cpu")


def saved(folder: Path, name: str, values: dict[str, Any], labels: LabelSet = LABELS) -> Weights:
    """A small network on disk, as training leaves one."""
    config = small_config(name, values)
    (folder / "config.yaml").write_text(config.dump())
    torch.save({"model": small_network(config).state_dict(), "iteration": 9}, folder / "model_final.pth")
    write_categories(folder, labels)
    return Weights("small", folder, "Apache-2.0")


def plate_of(width: int, height: int) -> npt.NDArray[np.uint8]:
    ramp = np.linspace(0, 255, width, dtype=np.float32)[None, :, None].repeat(height, 0).repeat(3, 2)
    ramp[height // 4 : height // 2, width // 4 : width // 2] = (230, 30, 40)
    return ramp.astype(np.uint8)


@pytest.mark.parametrize(
    ("recorded", "record"), [("panoptic_fpn", record_fpn), ("panoptic_deeplab", record_deeplab)]
)
def test_the_recordings_are_what_the_library_gives(recorded: str, record: Any) -> None:
    if recorded == "panoptic_deeplab":
        pytest.importorskip("panopticapi")
    fresh = record()
    with np.load(DATA / f"{recorded}.npz", allow_pickle=False) as file:
        assert set(fresh) == set(file)
        for key in ("semantic", "masks", "offsets"):
            if key in fresh:
                # Another machine rounds otherwise, which random networks enlarge.
                assert np.abs(fresh[key].astype(np.float32) - file[key].astype(np.float32)).mean() < 0.05


@pytest.mark.parametrize("plate_wh", [(160, 90), (120, 90), (90, 160), (819, 432), (300, 2), (7, 5)])
@pytest.mark.parametrize(("name", "values"), [(FPN_CONFIG, FPN_VALUES), (DEEPLAB_CONFIG, DEEPLAB_VALUES)])
def test_plates_of_any_size(tmp_path: Path, name: str, values: dict[str, Any], plate_wh: tuple[int, int]) -> None:
    if name == DEEPLAB_CONFIG:
        pytest.importorskip("panopticapi")
    model = load(saved(tmp_path, name, values), CPU)
    (found,) = model.predict([plate_of(*plate_wh)])
    width, height = found.grid_wh
    assert width / height == pytest.approx(plate_wh[0] / plate_wh[1], rel=1.5 / min(width, height))
    assert {s.category for s in found.segments} <= set(LABELS.names)
    assert all(LABELS[s.category].is_thing == s.is_thing for s in found.segments)
    assert all(0.0 <= s.score <= 1.0 for s in found.segments)


def test_a_folder_and_its_fingerprint(tmp_path: Path) -> None:
    weights = saved(tmp_path, FPN_CONFIG, FPN_VALUES)
    model = load(weights, CPU)
    assert model.label_set.categories == LABELS.categories
    assert (model.name, model.licence, model.batch_size) == ("small", "Apache-2.0", 1)
    assert model.settings["short_side"] == 90 and model.settings["min_score"] == 0.3
    again = load(Weights("small", tmp_path, "Apache-2.0", options={"min_score": 0.9}), CPU)
    assert again.settings["min_score"] == 0.9
    plate = plate_of(144, 90)
    assert model.predict([plate, plate])[0].grid_wh == (72, 45)
    one, two = model.predict([plate])[0], load(weights, CPU).predict([plate])[0]
    assert [(s.category, s.box, s.score) for s in one.segments] == [
        (s.category, s.box, s.score) for s in two.segments
    ]
    (tmp_path / "model_final.pth").rename(tmp_path / "other.pth")
    assert load(weights, CPU).fingerprint == model.fingerprint


@pytest.mark.parametrize(("name", "values"), [(FPN_CONFIG, FPN_VALUES), (DEEPLAB_CONFIG, DEEPLAB_VALUES)])
def test_mixed_precision_moves_masks_a_little(tmp_path: Path, name: str, values: dict[str, Any]) -> None:
    if name == DEEPLAB_CONFIG:
        pytest.importorskip("panopticapi")
    weights = saved(tmp_path, name, values)
    plate = plate_of(144, 90)
    masks = {}
    for precision in ("fp32", "bf16"):
        model = load(Weights("small", tmp_path, "MIT", options={"precision": precision}), CPU)
        assert model.settings["precision"] == {"fp32": "float32", "bf16": "bfloat16"}[precision]
        (found,) = model.predict([plate])
        stuff = [s for s in found.segments if not s.is_thing]
        masks[precision] = np.stack([full_mask(s, found.grid_wh) for s in sorted(stuff, key=lambda s: s.category)])
    difference = np.abs(masks["fp32"].astype(int) - masks["bf16"])
    assert difference.max() > 0 and difference.mean() < 6
    assert load(weights, CPU).settings["precision"] == "float32"


def test_stuff_and_things_are_the_librarys_own(tmp_path: Path) -> None:
    """Against the model run as the library runs it, cut at a half: the same instances, the same stuff."""
    model = load(saved(tmp_path, FPN_CONFIG, FPN_VALUES), CPU)
    plate = plate_of(144, 90)
    (found,) = model.predict([plate])
    network = small_network(small_config(FPN_CONFIG, FPN_VALUES))
    image = torch.from_numpy(plate[:, :, ::-1].transpose(2, 0, 1).astype(np.float32))
    with torch.no_grad():
        (outputs,) = network([{"image": image, "height": 90, "width": 144}])
    theirs = outputs["sem_seg"].softmax(0)
    for segment in (s for s in found.segments if not s.is_thing):
        channel = 1 + [c.name for c in LABELS.categories if not c.is_thing].index(segment.category)
        mask = full_mask(segment, found.grid_wh) / 255.0
        means = theirs[channel].reshape(45, 2, 72, 2).mean((1, 3)).numpy()
        assert np.abs(mask - means)[means > 0.02].max() < 0.005
    scores = [round(s, 4) for s in outputs["instances"].scores.tolist()]
    assert {round(s.score, 4) for s in found.segments if s.is_thing} <= set(scores)


def test_a_zoo_file_with_a_config_by_name(tmp_path: Path) -> None:
    config = configs.full_config(configs.read_config(FPN_CONFIG))
    configs.for_inference(config, "cpu", None)
    network = small_network(config)
    arrays = {k: v.numpy() for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}
    path = tmp_path / "model_final_c10459.pkl"
    path.write_bytes(pickle.dumps({"model": arrays, "__author__": "Detectron2 Model Zoo"}, protocol=2))
    model = load(Weights("panoptic-fpn-r50", path, "Apache-2.0", options={"config": FPN_CONFIG}), CPU)
    # The library's data set has the names; in its separated form they are shortened.
    assert len(model.label_set.categories) == 133
    assert {"person", "sky-other-merged"} <= set(model.label_set.names)
    with pytest.raises(ModelError, match="another network than its config says"):
        load(
            Weights(
                "x", path, "Apache-2.0", options={"config": "COCO-PanopticSegmentation/panoptic_fpn_R_101_3x"}
            ),
            CPU,
        )


def test_a_backbone_of_caffe2_goes_in_by_the_endings_of_its_names(tmp_path: Path) -> None:
    from worker.models.detectron2.weights import fit_weights, read_weights

    network = small_network(small_config(FPN_CONFIG, FPN_VALUES))
    shape = network.state_dict()["backbone.bottom_up.stem.conv1.weight"].shape
    arrays = {
        "conv1_w": np.full(shape, 0.25, np.float32),
        "res_conv1_bn_s": np.full(shape[0], 0.5, np.float32),
        "fc1000_w": np.zeros((2, 2), np.float32),
    }
    path = tmp_path / "R-50.pkl"
    path.write_bytes(pickle.dumps({"blobs": arrays}, protocol=2))
    fit = fit_weights(network, read_weights(path))
    own = network.state_dict()
    assert float(own["backbone.bottom_up.stem.conv1.weight"].mean()) == 0.25
    assert float(own["backbone.bottom_up.stem.conv1.norm.weight"].mean()) == 0.5
    assert "roi_heads.box_predictor.cls_score.weight" in fit.missing
    assert any("fc1000" in name for name in fit.unexpected)


def test_mask_rcnn_gives_things_alone(tmp_path: Path) -> None:
    values = {**FPN_VALUES, "MODEL": {k: v for k, v in FPN_VALUES["MODEL"].items() if k != "SEM_SEG_HEAD"}}
    labels = LabelSet("things", tuple(c for c in LABELS.categories if c.is_thing))
    weights = saved(tmp_path, "COCO-InstanceSegmentation/mask_rcnn_R_50_FPN_3x", values, labels)
    (found,) = load(weights, CPU).predict([plate_of(160, 90)])
    assert found.segments and all(s.is_thing for s in found.segments)


def test_an_architecture_that_somebody_registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "somebodys_panoptics"
    package.mkdir()
    (package / "__init__.py").write_text(
        """
import torch
from detectron2.modeling import META_ARCH_REGISTRY
from detectron2.structures import BitMasks, Instances


def add_somebodys_config(cfg):
    cfg.MODEL.SOMEBODY = type(cfg)({"WIDTH": 3})


if "SomebodysPanoptics" not in META_ARCH_REGISTRY:
    @META_ARCH_REGISTRY.register()
    class SomebodysPanoptics(torch.nn.Module):
        def __init__(self, cfg):
            super().__init__()
            self.layer = torch.nn.Conv2d(3, cfg.MODEL.SOMEBODY.WIDTH, 1)

        def forward(self, inputs):
            height, width = inputs[0]["height"], inputs[0]["width"]
            semantic = torch.zeros((4, height, width))
            semantic[1] = 4.0
            mask = torch.zeros((1, height, width), dtype=torch.bool)
            mask[:, : height // 2] = True
            found = Instances((height, width))
            found.pred_masks = BitMasks(mask)
            found.scores = torch.tensor([0.8])
            found.pred_classes = torch.tensor([2], dtype=torch.int32)
            return [{"sem_seg": semantic, "instances": found}]
"""
    )
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.yaml").write_text(
        "MODEL: {META_ARCHITECTURE: SomebodysPanoptics, SOMEBODY: {WIDTH: 4}}\nINPUT: {MIN_SIZE_TEST: 60}\n"
    )
    torch.save(torch.nn.ModuleDict({"layer": torch.nn.Conv2d(3, 4, 1)}).state_dict(), folder / "weights.pth")
    write_categories(folder, LABELS)
    with pytest.raises(ModelError, match="'SomebodysPanoptics' is not registered"):
        load(Weights("somebody", folder, "MIT"), CPU)
    with pytest.raises(ModelError, match="PYTHONPATH"):
        load(Weights("somebody", folder, "MIT", options={"package": "somebody_elses"}), CPU)
    model = load(Weights("somebody", folder, "MIT", options={"package": "somebodys_panoptics"}), CPU)
    (found,) = model.predict([plate_of(160, 90)])
    assert [(s.category, s.is_thing) for s in found.segments] == [("sky", False), ("dog", True)]
    assert found.segments[1].box == (0, 0, 54, 15)


def test_what_is_refused(tmp_path: Path) -> None:
    weights = saved(tmp_path, FPN_CONFIG, FPN_VALUES)
    others = LabelSet("others", (*LABELS.categories, Category("cat", True, (1, 2, 3))))
    with pytest.raises(ModelError, match="is for 3 things, but the label set 'others' has 4"):
        load(Weights("small", tmp_path, "MIT", label_set=others), CPU)
    with pytest.raises(ModelError, match=r"min_score in \[0, 1\]"):
        load(Weights("small", tmp_path, "MIT", options={"min_score": 3}), CPU)
    with pytest.raises(UnknownNameError, match="COCO-PanopticSegmentation/panoptic_fpn_R_101_3x"):
        load(
            Weights("x", tmp_path, "MIT", options={"config": "COCO-PanopticSegmentation/panoptic_fpn_R_101"}), CPU
        )
    with pytest.raises(UnknownNameError):
        configs.read_config("../../../../../../../etc/hostname")
    text = (tmp_path / "config.yaml").read_text()
    (tmp_path / "config.yaml").write_text(text.replace("MASK_ON:", "MASK_UP:"))
    with pytest.raises(ModelError, match="MASK_UP"):
        load(weights, CPU)
    (tmp_path / "config.yaml").write_text(text + "EXTRA: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(ModelError, match="is refused"):
        load(weights, CPU)
    (tmp_path / "config.yaml").write_text(text)
    (tmp_path / "model_final.pth").unlink()
    mark = tmp_path / "ran"
    (tmp_path / "model_final.pkl").write_bytes(pickle.dumps({"model": {"a": Touch(mark)}, "__author__": "x"}))
    with pytest.raises(UnsafeCheckpointError):
        load(weights, CPU)
    assert not mark.exists()


def test_deformable_convolutions_need_cuda_and_say_so_before_any_work(tmp_path: Path) -> None:
    values = {**FPN_VALUES, "MODEL": {**FPN_VALUES["MODEL"]}}
    values["MODEL"]["RESNETS"] = {
        **FPN_VALUES["MODEL"]["RESNETS"],
        "DEFORM_ON_PER_STAGE": [False, True, True, True],
    }
    with pytest.raises(ModelError, match="deformable convolutions, which detectron2 computes on CUDA alone"):
        load(saved(tmp_path, FPN_CONFIG, values), CPU)


def test_recipes_fit_the_library() -> None:
    pytest.importorskip("panopticapi")
    for name, values in RECIPES.items():
        config = configs.full_config(values)
        configs.for_inference(config, "cpu", None)
        side, first = (640, "person") if name.startswith("COCO") else (1024, "road")
        assert side == config.MODEL.PANOPTIC_DEEPLAB.SIZE_DIVISIBILITY
        assert configs.label_set_of(config).names[0] == first
