"""What a folder must hold, what is refused, and that nothing goes to the network."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from bridge.errors import BadRequestError, ModelError, UnsafeCheckpointError
from tests.worker.models.hostile import by_reduce
from tests.worker.models.transformers import tiny
from worker.models.base import LoadOptions, Weights
from worker.models.transformers import load
from worker.models.transformers.model import QueryModel

CPU = torch.device("cpu")
PLATE = np.zeros((54, 96, 3), np.uint8)


@pytest.fixture
def folder(folders: Callable[[str], Path], tmp_path: Path) -> Path:
    """A copy of the EoMT folder that a test may spoil."""
    return Path(shutil.copytree(folders("eomt"), tmp_path / "copy"))


def opened(folder: Path, **options: str | int | float) -> QueryModel:
    return load(Weights("m", folder, "MIT", None, {"precision": "fp32", "min_score": 0.0, **options}), CPU)


def rewrite(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_equal_weights_are_equal_wherever_they_lie(folder: Path, folders: Callable[[str], Path]) -> None:
    first, copy = opened(folders("eomt")), opened(folder)
    assert first.fingerprint == copy.fingerprint
    assert first.settings == copy.settings
    rewrite(folder, transformers_version="0", num_register_tokens=2)
    assert opened(folder).fingerprint == first.fingerprint
    rewrite(folder, layer_norm_eps=1e-3)
    assert opened(folder).fingerprint != first.fingerprint


def test_other_weights_are_others(folder: Path, folders: Callable[[str], Path]) -> None:
    before = opened(folder).fingerprint
    torch.manual_seed(9)
    tiny.eomt().save_pretrained(folder)
    assert opened(folder).fingerprint != before


def test_what_changes_predictions_is_among_the_settings(folder: Path) -> None:
    plain = opened(folder).settings
    assert opened(folder, min_score=0.3).settings != plain
    assert opened(folder, precision="bf16").settings != plain
    (folder / "preprocessor_config.json").write_text(json.dumps({"image_mean": [0.5, 0.5, 0.5]}))
    assert opened(folder).settings != plain


def test_nothing_goes_to_the_network(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    assert opened(folder).predict([PLATE])[0].segments


def test_importing_the_family_does_not_import_the_library() -> None:
    code = "import sys, worker.models.transformers; sys.exit('transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_weights_of_torch_are_read_as_data(folder: Path) -> None:
    before = opened(folder).raw([PLATE])
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    after = opened(folder).raw([PLATE])
    assert torch.equal(before.masks, after.masks)


def test_weights_with_code_are_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(by_reduce(tmp_path / "ran", 2))
    with pytest.raises(UnsafeCheckpointError):
        opened(folder)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: (f / "config.json").unlink(), "holds no config.json"),
        (lambda f: (f / "config.json").write_text("{"), "cannot be read"),
        (lambda f: (f / "model.safetensors").unlink(), "holds no weights"),
        (lambda f: rewrite(f, architectures=["SamModel"]), "SamModel, which cannot be used; expected one of Eomt"),
        (lambda f: rewrite(f, num_hidden_layers=4), "lacks layers.3"),
        (lambda f: rewrite(f, hidden_size=16), "cannot be loaded"),
        (lambda f: (f / "preprocessor_config.json").write_text('{"resample": 1}'), "filter 1; expected 2 or 3"),
    ],
    ids=[
        "no config",
        "damaged config",
        "no weights",
        "another network",
        "a layer is missing",
        "other shapes",
        "filter",
    ],
)
def test_says_what_is_wrong_with_a_folder(folder: Path, spoil: Callable[[Path], object], words: str) -> None:
    spoil(folder)
    with pytest.raises(ModelError, match=words):
        opened(folder)


def test_a_label_set_of_another_size_is_refused(folder: Path) -> None:
    labels = opened(folder).label_set
    less = type(labels)("less", labels.categories[:3])
    with pytest.raises(ModelError, match="made for 4 categories, but the label set has 3"):
        load(Weights("m", folder, "MIT", less), CPU)


def test_an_unknown_precision_is_refused(folder: Path) -> None:
    with pytest.raises(BadRequestError, match="expected auto, fp32 or bf16"):
        opened(folder, precision="fp8")


def test_the_worker_s_options_give_way_to_the_folder_s(folder: Path) -> None:
    weights = Weights("m", folder, "MIT", None, {"precision": "fp32"})
    assert LoadOptions("bf16", True).given_to(weights).options == {"precision": "fp32", "compile": 1}
    assert LoadOptions("bf16").given_to(Weights("m", folder, "MIT")).options["precision"] == "bf16"


def test_a_tokenizer_in_the_folder_goes_before_the_known_tokens(
    folders: Callable[[str], Path], tmp_path: Path
) -> None:
    from worker.models.transformers.task import task_tokens

    known = task_tokens(folders("oneformer"), {})
    assert known[0, :8].tolist() == [49406, 518, 10549, 533, 1072, 24755, 49407, 0]
    assert known.shape == (1, 77)
    pieces = ["the</w>", "task</w>", "is</w>", "panoptic</w>", "<|startoftext|>", "<|endoftext|>"]
    letters = sorted({letter for piece in pieces[:4] for letter in piece.removesuffix("</w>")})
    merges: list[str] = []
    vocabulary = [*letters, *(f"{letter}</w>" for letter in letters)]
    for word in ("the", "task", "is", "panoptic"):
        made = word[0]
        for letter in [*word[1:-1], f"{word[-1]}</w>"]:
            merges.append(f"{made} {letter}")
            made += letter
            vocabulary.append(made)
    vocabulary += pieces[4:]
    numbers = {piece: number for number, piece in enumerate(dict.fromkeys(vocabulary))}
    (tmp_path / "vocab.json").write_text(json.dumps(numbers))
    (tmp_path / "merges.txt").write_text("#version: 0.2\n" + "\n".join(dict.fromkeys(merges)) + "\n")
    told = task_tokens(tmp_path, {"task_seq_len": 12})
    expected = [
        numbers[p] for p in ("<|startoftext|>", "the</w>", "task</w>", "is</w>", "panoptic</w>", "<|endoftext|>")
    ]
    assert told[0].tolist() == expected + [0] * 6
    with pytest.raises(ModelError, match="no tokenizer"):
        task_tokens(folders("oneformer"), {"text_encoder_vocab_size": 100})
