"""Configs are read as data."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.errors import ModelError
from worker.models.detectron2 import configs
from worker.models.detectron2.recipes import RECIPES
from worker.models.detectron2.safe_yaml import read_yaml


def test_a_config_builds_on_others(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base/all.yaml").write_text("MODEL: {MASK_ON: true, RESNETS: {DEPTH: 50, NORM: GN}}\nVERSION: 2\n")
    (tmp_path / "fpn.yaml").write_text("_BASE_: base/all.yaml\nMODEL: {RESNETS: {DEPTH: 101}}\n")
    (tmp_path / "own.yaml").write_text("_BASE_: fpn.yaml\nSOLVER: {STEPS: '(10, 20)'}\n")
    assert read_yaml(tmp_path / "own.yaml") == {
        "MODEL": {"MASK_ON": True, "RESNETS": {"DEPTH": 101, "NORM": "GN"}},
        "VERSION": 2,
        "SOLVER": {"STEPS": "(10, 20)"},
    }


def test_a_base_is_a_file_beside_the_config_or_a_name(tmp_path: Path) -> None:
    (tmp_path / "named").mkdir()
    (tmp_path / "named/fpn.yaml").write_text("_BASE_: all.yaml\nMODEL: {DEPTH: 50}\n")
    (tmp_path / "named/all.yaml").write_text("MODEL: {DEPTH: 18, MASK_ON: true}\n")
    (tmp_path / "own.yaml").write_text("_BASE_: COCO/fpn\nVERSION: 2\n")
    names = {"COCO/fpn": tmp_path / "named/fpn.yaml"}
    assert read_yaml(tmp_path / "own.yaml", names.get) == {"MODEL": {"DEPTH": 50, "MASK_ON": True}, "VERSION": 2}


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system ['touch {marker}']",
        "!!python/object/apply:eval [\"__import__('pathlib').Path('{marker}').touch()\"]",
        "!!python/object/new:pathlib.Path ['{marker}']",
        "!!python/name:os.system",
        "!!python/module:os",
        "!!python/tuple [1, 2]",
    ],
)
def test_tags_that_run_code_are_refused_and_not_run(tmp_path: Path, tag: str) -> None:
    marker = tmp_path / "ran"
    path = tmp_path / "config.yaml"
    path.write_text("MODEL:\n  MASK_ON: true\nINPUT:\n  MIN_SIZE_TRAIN: " + tag.format(marker=marker) + "\n")
    with pytest.raises(ModelError, match=r"config\.yaml is refused: .*python/.*line 4"):
        read_yaml(path)
    with pytest.raises(ModelError, match="refused"):
        configs.read_config("config.yaml", tmp_path)
    assert not marker.exists()


def test_a_base_that_runs_code_is_refused(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("INPUT: !!python/name:os.system\n")
    (tmp_path / "own.yaml").write_text("_BASE_: base.yaml\n")
    with pytest.raises(ModelError, match=r"base\.yaml is refused"):
        read_yaml(tmp_path / "own.yaml")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("_BASE_: own.yaml\n", "more than 10 deep", id="itself as its base"),
        pytest.param("_BASE_: [1]\n", "expected to name a file", id="a list as its base"),
        pytest.param("_BASE_: none.yaml\n", "No such file", id="a base that is not there"),
        pytest.param("MODEL: {\n", "no YAML", id="no end"),
        pytest.param("- MODEL\n", "no config", id="a list"),
        pytest.param("", "no config", id="nothing"),
        pytest.param("MODEL: &a [*a, *b]\n", "no YAML", id="an alias of nothing"),
    ],
)
def test_files_that_are_no_configs(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text)
    with pytest.raises(ModelError, match=complaint):
        read_yaml(path)


def test_configs_in_python_are_refused(tmp_path: Path) -> None:
    (tmp_path / "lazy.py").write_text("raise SystemExit\n")
    with pytest.raises(ModelError, match="is a program"):
        configs.read_config("lazy.py", tmp_path)


def test_panoptic_deeplab_is_known_by_the_name_of_its_file() -> None:
    name = "COCO-PanopticSegmentation/panoptic_deeplab_R_52_os16_mg124_poly_200k_bs64_crop_640_640_coco_dsconv"
    assert configs.read_config(f"{name}.yaml") == RECIPES[name]
    assert RECIPES[name]["MODEL"]["SEM_SEG_HEAD"]["NUM_CLASSES"] == 133


def test_batch_normalisation_over_processes_becomes_plain() -> None:
    config = {"A": {"NORM": "SyncBN", "B": {"NORM": "GN"}}, "NORM": "naiveSyncBN"}
    configs.plain_normalisation(config)
    assert config == {"A": {"NORM": "BN", "B": {"NORM": "GN"}}, "NORM": "BN"}
