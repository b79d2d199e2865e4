"""`mattebridge train finetune` on a drawn data set: it learns, goes on exactly, and its model is used as any."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner

pytest.importorskip("skia", exc_type=ImportError)

from bridge.errors import BadRequestError, DataSetError, ModelError
from worker.cli.train import train
from worker.datasets.coco import open_listing
from worker.datasets.pictures import read_picture
from worker.models.base import LoadOptions
from worker.models.registry import find_model
from worker.models.transformers.model import QueryModel
from worker.training.coco_export import write_data_set
from worker.training.scenes import ClipSpec


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight frames of two drawn shots, 64 x 64."""
    folder = tmp_path_factory.mktemp("drawn")
    write_data_set(folder, [ClipSpec(seed, 4, (64, 64), 2.0) for seed in (1, 2)])
    return folder


def run(drawn: Path, out: Path, *options: str) -> list[dict[str, Any]]:
    arguments = ["finetune", "--train", str(drawn / "panoptic.json"), "--images", str(drawn / "pictures")]
    arguments += ["--out", str(out), "--batch", "2", "--frames", "6", "--device", "cpu", "--precision", "fp32"]
    result = CliRunner().invoke(train, [*arguments, *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    history: list[dict[str, Any]] = json.loads((out / "history.json").read_text())
    return history


SCRATCH = ("--scratch", "tiny-eomt", "--size", "64", "--save-every", "3", "--validate-every", "3")

SIX = (*SCRATCH, "--iterations", "6", "--warm-up", "0", "--rate", "1e-3", "--licence", "CC0-1.0")


@pytest.fixture(scope="module")
def trained(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of six iterations."""
    out = tmp_path_factory.mktemp("run")
    run(drawn, out, *SIX)
    return out


def test_a_run_leaves_curves_history_and_a_model(drawn: Path, trained: Path) -> None:
    history = json.loads((trained / "history.json").read_text())
    assert [entry["iteration"] for entry in history] == [1, 2, 3, 4, 5, 6]
    # Steps at 0.75 and 0.9 of six iterations.
    assert [entry["rate"] for entry in history] == pytest.approx([1e-3] * 4 + [1e-4, 1e-5])
    assert [sorted(entry.keys() & {"pq", "sq", "rq"}) for entry in history] == [
        [], [], ["pq", "rq", "sq"], [], [], ["pq", "rq", "sq"]
    ]  # fmt: skip
    assert history[-1]["loss"] < history[0]["loss"]
    assert (trained / "curves.png").stat().st_size > 10_000
    assert {path.name for path in (trained / "model").iterdir()} == {
        "config.json", "model.safetensors", "preprocessor_config.json", "categories.json", "mattebridge.toml"
    }  # fmt: skip


def test_the_model_is_loaded_with_its_classes_and_gives_what_was_trained(drawn: Path, trained: Path) -> None:
    data = open_listing(drawn / "panoptic.json", None, drawn / "pictures")
    entry = find_model(str(trained / "model"))
    assert [(c.name, c.is_thing, c.color) for c in entry.label_set.categories] == [
        (c.name, bool(c.isthing), c.color) for c in data.categories
    ]
    assert entry.licence == "CC0-1.0"
    model = entry.load(torch.device("cpu"), LoadOptions())
    assert isinstance(model, QueryModel)
    assert model.settings["min_score"] == 0.5
    state = torch.load(trained / "checkpoint.pt", weights_only=True)["network"]
    for name, value in model.network.state_dict().items():
        assert torch.equal(value, state[name].to(value.dtype)), name
    (prediction,) = model.predict([read_picture(data.frames[0].picture)])
    assert prediction.grid_wh == (16, 16)


def test_a_run_that_was_stopped_goes_on_exactly(
    drawn: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from worker.training.finetune.trainer import Trainer

    whole = Trainer.step
    steps = 0

    def stop(self: Trainer, batch: Any) -> float:
        nonlocal steps
        steps += 1
        if steps == 5:
            raise KeyboardInterrupt
        return whole(self, batch)

    monkeypatch.setattr(Trainer, "step", stop)
    with pytest.raises((KeyboardInterrupt, SystemExit, AssertionError)):
        run(drawn, tmp_path, *SIX)
    monkeypatch.setattr(Trainer, "step", whole)
    # The fourth iteration was not saved; it is done again.
    assert json.loads((tmp_path / "history.json").read_text())[-1]["iteration"] == 3
    assert run(drawn, tmp_path, *SIX) == json.loads((trained / "history.json").read_text())
    ours, theirs = (torch.load(out / "checkpoint.pt", weights_only=True) for out in (tmp_path, trained))
    assert all(torch.equal(ours["network"][name], value) for name, value in theirs["network"].items())


def test_other_options_in_the_same_folder_are_refused(drawn: Path, trained: Path) -> None:
    before = (trained / "model/model.safetensors").read_bytes()
    with pytest.raises(BadRequestError, match="belongs to a run with other options"):
        run(drawn, trained, *SCRATCH, "--iterations", "7", "--warm-up", "0", "--rate", "1e-3")
    assert (trained / "model/model.safetensors").read_bytes() == before


def test_a_loss_that_runs_away_is_told_and_nothing_is_saved(drawn: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no number any more at iteration"):
        run(drawn, tmp_path, *SCRATCH, "--iterations", "9", "--warm-up", "0", "--rate", "1e30")
    saved = (
        torch.load(tmp_path / "checkpoint.pt", weights_only=True) if (tmp_path / "checkpoint.pt").exists() else {}
    )
    assert saved.get("iteration", 0) <= 3


def test_a_new_class_is_learned_on_top_of_a_trained_model(trained: Path, tmp_path: Path) -> None:
    folder = tmp_path / "hair"
    write_data_set(folder, [ClipSpec(19, 3, (64, 64), 2.0, hair=True)])
    run(folder, tmp_path / "run", "--base", str(trained / "model"), "--iterations", "2", "--frames", "2")
    names = [row["name"] for row in json.loads((tmp_path / "run/model/categories.json").read_text())]
    assert names[-1] == "hair"
    state = torch.load(tmp_path / "run/checkpoint.pt", weights_only=True)
    assert state["network"]["class_predictor.weight"].shape[0] == len(names) + 1
    assert json.loads(state["recipe"])["backbone_factor"] == 0.1


def test_mixed_precision_and_the_other_family(drawn: Path, tmp_path: Path) -> None:
    options = ("--scratch", "tiny-mask2former", "--size", "64", "--iterations", "1", "--precision", "bf16")
    history = run(drawn, tmp_path / "run", *options)
    assert history[0]["loss"] > 0


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        pytest.param((), BadRequestError, "either --base", id="no start"),
        pytest.param(("--base", "/nowhere"), BadRequestError, "/nowhere", id="no such model"),
        pytest.param(
            ("--scratch", "tiny-eomt", "--frames", "8"),
            DataSetError,
            "nothing is left to judge on",
            id="no frame left",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(
    drawn: Path, tmp_path: Path, options: tuple[str, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        run(drawn, tmp_path / "run", *options)
    assert not (tmp_path / "run").exists()
