"""What the command says before any work: without detectron2, and of data sets that cannot be used."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.errors import DataSetError, ModelError
from tests.worker.training.detectron2.drawn_set import write_drawn_set
from worker.cli.data_options import opened
from worker.cli.train import train
from worker.datasets.coco_format import DataCategory, write_listing


@pytest.mark.skipif(importlib.util.find_spec("detectron2") is not None, reason="detectron2 is installed")
def test_without_detectron2_the_command_says_how_to_install_it(tmp_path: Path) -> None:
    listing = write_drawn_set(tmp_path, 1)
    arguments = ["detectron2", "--train-json", str(listing), "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(train, arguments)
    assert isinstance(result.exception, ModelError)
    assert "git+https://github.com/facebookresearch/detectron2" in str(result.exception)
    assert not (tmp_path / "run").exists()


def test_help_gives_the_studys_schedule() -> None:
    result = CliRunner().invoke(train, ["detectron2", "--help"])
    words = " ".join(result.output.split())
    assert "rate 0.02 at a batch of 16, a tenth of it after 210000 and after 250000 of 270000" in words


@pytest.mark.parametrize("steps", ["210k", "1;2"])
def test_steps_that_are_no_iterations(tmp_path: Path, steps: str) -> None:
    listing = write_drawn_set(tmp_path, 1)
    result = CliRunner().invoke(train, ["detectron2", "--train-json", str(listing), "--steps", steps])
    assert result.exit_code == 2
    assert "expected iterations such as 210000,250000" in result.output


def test_data_sets_are_opened_with_their_pictures(tmp_path: Path) -> None:
    listing = write_drawn_set(tmp_path, 2)
    training, validation = opened(
        listing, None, tmp_path / "pictures", listing, tmp_path / "set", tmp_path / "pictures"
    )
    assert len(training.frames) == 2
    assert validation is not None and [f.picture for f in validation.frames] == [
        f.picture for f in training.frames
    ]
    assert opened(listing, None, tmp_path / "pictures", None, None, None)[1] is None


def test_data_sets_that_cannot_be_used(tmp_path: Path) -> None:
    listing = write_drawn_set(tmp_path, 2)
    with pytest.raises(DataSetError, match=r"2 pictures of .* are missing, the first is .*000000\.png"):
        opened(listing, None, None, None, None, None)
    others = tmp_path / "others.json"
    training, _ = opened(listing, None, tmp_path / "pictures", None, None, None)
    from worker.datasets.coco_format import read_listing

    found = read_listing(listing)
    renamed = [DataCategory(c.id, f"{c.name}_x", c.isthing) for c in found.categories]
    write_listing(others, renamed, found.annotations, found.pictures.values())
    with pytest.raises(DataSetError, match="matched by name"):
        opened(listing, None, tmp_path / "pictures", others, tmp_path / "set", tmp_path / "pictures")
    assert training.categories == found.categories
