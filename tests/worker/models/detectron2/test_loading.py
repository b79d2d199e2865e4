"""What a model consists of on disk, and what is said where something is missing."""

from __future__ import annotations

import importlib
import importlib.util
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from bridge.errors import BadRequestError, ModelError, UnsafeCheckpointError
from tests.worker.models.detectron2.small import LABELS
from tests.worker.models.hostile import Touch
from worker.models.base import Weights
from worker.models.detectron2 import library, load
from worker.models.detectron2.loading import find_parts, own_labels, write_categories
from worker.models.detectron2.model import Preparation
from worker.models.detectron2.weights import load_weights, read_weights

CPU = torch.device("cpu")


@pytest.mark.skipif(importlib.util.find_spec("detectron2") is not None, reason="detectron2 is installed")
def test_without_detectron2_the_error_says_how_to_install_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        load(Weights("panoptic-fpn-r101", tmp_path / "model_final.pkl", "Apache-2.0"), CPU)
    message = str(caught.value)
    assert "git+https://github.com/facebookresearch/detectron2" in message
    assert "torchvision" in message and "--no-build-isolation" in message


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("torchvision", "needs torchvision"),
        ("panopticapi.utils", "github.com/cocodataset/panopticapi"),
        ("pkg_resources", "setuptools<81"),
        ("fvcore.common", "pip install fvcore"),
    ],
)
def test_each_missing_package_has_its_own_advice(
    monkeypatch: pytest.MonkeyPatch, missing: str, expected: str
) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(ModelError, match=expected):
        library.require("detectron2.projects.panoptic_deeplab")


def test_a_torchvision_of_another_torch_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(importlib, "import_module", broken)
    with pytest.raises(ModelError, match="must belong to the torch that is installed"):
        library.require()


def test_parts_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("MODEL: {}\n")
    (tmp_path / "model_0000099.pth").touch()
    (tmp_path / "model_0000199.pth").touch()
    weights = Weights("own", tmp_path, "Apache-2.0")
    with pytest.raises(ModelError, match=r"model_0000099\.pth, model_0000199\.pth"):
        find_parts(weights)
    (tmp_path / "last_checkpoint").write_text("model_0000199.pth")
    assert find_parts(weights).checkpoint == tmp_path / "model_0000199.pth"
    (tmp_path / "last_checkpoint").write_text("../other/model_0000299.pth")
    with pytest.raises(ModelError, match="single checkpoint"):
        find_parts(weights)
    (tmp_path / "model_final.pth").touch()
    parts = find_parts(weights)
    assert (parts.checkpoint, parts.config) == (tmp_path / "model_final.pth", "config.yaml")


def test_parts_that_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "model_final.pkl"
    with pytest.raises(ModelError, match="are not at"):
        find_parts(Weights("fpn", path, "Apache-2.0"))
    path.touch()
    with pytest.raises(ModelError, match="name its config"):
        find_parts(Weights("fpn", path, "Apache-2.0"))
    with pytest.raises(ModelError, match=r"no config\.yaml"):
        find_parts(Weights("fpn", tmp_path, "Apache-2.0"))
    parts = find_parts(Weights("fpn", path, "Apache-2.0", options={"config": "COCO/fpn"}))
    assert (parts.checkpoint, parts.config, parts.folder) == (path, "COCO/fpn", tmp_path)


def test_categories_come_back_as_they_were_written(tmp_path: Path) -> None:
    assert own_labels(tmp_path) is None
    write_categories(tmp_path, LABELS)
    found = own_labels(tmp_path)
    assert found is not None and found.categories == LABELS.categories
    (tmp_path / "categories.json").write_text('[{"name": 3}]')
    with pytest.raises(BadRequestError, match="expected a list of name, isthing and color"):
        own_labels(tmp_path)


def network() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))


def zoo_file(path: Path, tensors: dict[str, np.ndarray]) -> Path:
    path.write_bytes(pickle.dumps({"model": tensors, "__author__": "somebody"}, protocol=2))
    return path


def arrays(of: nn.Module) -> dict[str, np.ndarray]:
    return {
        name: value.numpy().copy()
        for name, value in of.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }


def test_weights_of_the_zoo_go_in_by_name(tmp_path: Path) -> None:
    wanted, own = network(), network()
    load_weights(own, zoo_file(tmp_path / "model.pkl", arrays(wanted)))
    assert all(
        torch.equal(a, b) for a, b in zip(wanted.state_dict().values(), own.state_dict().values(), strict=True)
    )


def test_weights_of_another_network_are_told_apart(tmp_path: Path) -> None:
    tensors = arrays(network())
    tensors["2.weight"] = np.zeros((1,), np.float32)
    tensors["0.bias"] = np.zeros((5,), np.float32)
    del tensors["1.running_mean"]
    with pytest.raises(ModelError) as caught:
        load_weights(network(), zoo_file(tmp_path / "model.pkl", tensors))
    message = str(caught.value)
    assert "it lacks: 1.running_mean" in message
    assert "it has besides: 2.weight" in message
    assert "0.bias is (5,), the network's (4,)" in message


def test_how_names_are_meant_is_read_from_the_file(tmp_path: Path) -> None:
    array = {"conv1_w": np.zeros((2, 2), np.float32), "conv1_w_momentum": np.zeros((2, 2), np.float32)}
    zoo = read_weights(zoo_file(tmp_path / "zoo.pkl", array))
    assert not zoo.by_ending and not zoo.caffe2
    (tmp_path / "c2.pkl").write_bytes(pickle.dumps({"blobs": array}, protocol=2))
    (tmp_path / "bare.pkl").write_bytes(pickle.dumps(array, protocol=2))
    for name in ("c2.pkl", "bare.pkl"):
        found = read_weights(tmp_path / name)
        assert found.by_ending and found.caffe2 and "conv1_w" in found.tensors
    heuristic = {"model": array, "matching_heuristics": True, "__author__": "Caffe2"}
    (tmp_path / "converted.pkl").write_bytes(pickle.dumps(heuristic, protocol=2))
    assert read_weights(tmp_path / "converted.pkl").caffe2
    torch.save({"model_state": {"stem.conv.weight": torch.zeros(2)}, "epoch": 3}, tmp_path / "pycls.pyth")
    pycls = read_weights(tmp_path / "pycls.pyth")
    assert pycls.by_ending and not pycls.caffe2 and list(pycls.tensors) == ["stem.conv.weight"]
    torch.save({"model": {"a": torch.zeros(2)}, "optimizer": {"lr": 0.1}, "iteration": 9}, tmp_path / "own.pth")
    own = read_weights(tmp_path / "own.pth")
    assert not own.by_ending and list(own.tensors) == ["a"]


def test_a_checkpoint_that_carries_code_is_refused(tmp_path: Path) -> None:
    path, mark = tmp_path / "model_final.pkl", tmp_path / "ran"
    path.write_bytes(pickle.dumps({"model": {"0.weight": Touch(mark)}, "__author__": "x"}))
    with pytest.raises(UnsafeCheckpointError):
        load_weights(network(), path)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("plate_wh", "expected"),
    [
        pytest.param((1920, 1080), (1333, 750), id="16:9"),
        pytest.param((1440, 1080), (1067, 800), id="4:3"),
        pytest.param((1080, 1920), (750, 1333), id="portrait"),
        pytest.param((8192, 4320), (1333, 703), id="8K"),
        pytest.param((640, 480), (1067, 800), id="enlarged"),
        pytest.param((4096, 2), (1333, 1), id="a strip"),
    ],
)
def test_inputs_have_the_size_that_detectron2_gives_them(
    plate_wh: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert Preparation(800, 1333, False, CPU).size_wh(plate_wh) == expected


def test_channels_have_the_order_that_the_network_was_trained_with() -> None:
    plate = np.zeros((4, 6, 3), np.uint8)
    plate[..., 0], plate[..., 2] = 10, 30
    rgb = Preparation(0, 0, False, CPU).picture(plate)
    bgr = Preparation(0, 0, True, CPU).picture(plate)
    assert rgb.shape == (3, 4, 6) and rgb.dtype == torch.float32
    assert rgb[:, 0, 0].tolist() == [10, 0, 30] and bgr[:, 0, 0].tolist() == [30, 0, 10]
    with pytest.raises(ValueError, match="uint8 plate of shape"):
        Preparation(0, 0, False, CPU).picture(np.zeros((4, 6), np.uint8))
