"""The shipped model as the worker uses it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from worker.embedded.labels import LABELS
from worker.embedded.model import WEIGHTS, EmbeddedModel
from worker.models.base import Model, Plate
from worker.segments import FramePrediction


@pytest.fixture(scope="module")
def model() -> EmbeddedModel:
    """The shipped weights at a small input, which is faster."""
    return EmbeddedModel.load(long_side=256)


def _plate(width: int, height: int, seed: int = 0) -> Plate:
    """Noise over a gradient."""
    rng = np.random.default_rng(seed)
    ramp = np.linspace(40, 200, height)[:, None, None]
    return np.clip(ramp + rng.normal(0, 20, (height, width, 3)), 0, 255).astype(np.uint8)


def _same(a: FramePrediction, b: FramePrediction) -> bool:
    return a.grid_wh == b.grid_wh and len(a.segments) == len(b.segments) and all(
        (x.category, x.score, x.box) == (y.category, y.score, y.box) and (x.mask == y.mask).all()
        for x, y in zip(a.segments, b.segments, strict=True)
    )  # fmt: skip


def test_it_follows_the_protocol(model: EmbeddedModel) -> None:
    as_protocol: Model = model
    assert as_protocol.name == "embedded"
    assert as_protocol.label_set is LABELS
    assert as_protocol.licence == "Apache-2.0"
    assert as_protocol.settings["long_side"] == 256
    assert as_protocol.batch_size >= 1


def test_the_fingerprint_is_that_of_the_file(model: EmbeddedModel) -> None:
    assert model.fingerprint == hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    assert WEIGHTS.stat().st_size <= 8_000_000


@pytest.mark.parametrize("size_wh", [(1, 1), (3, 50), (17, 9), (90, 160), (640, 360), (333, 211)])
def test_plates_of_any_size(model: EmbeddedModel, size_wh: tuple[int, int]) -> None:
    (prediction,) = model.predict([_plate(*size_wh)])
    assert max(prediction.grid_wh) == 128
    for segment in prediction.segments:
        assert segment.category in LABELS.names
        assert segment.is_thing == LABELS[segment.category].is_thing
        assert 0 < segment.score <= 1
        assert segment.mask.max() > 127


def test_plates_are_independent_of_their_batch(model: EmbeddedModel) -> None:
    a, b = _plate(320, 180, 1), _plate(320, 180, 2)
    together = model.predict([a, b])
    apart = model.predict([a]) + model.predict([b])
    assert all(_same(x, y) for x, y in zip(together, apart, strict=True))


def test_plates_that_torch_cannot_share_predict_the_same(model: EmbeddedModel) -> None:
    plate = _plate(320, 180)
    frozen = plate.copy()
    frozen.flags.writeable = False
    flipped = plate[::-1].copy()[::-1]
    (expected,) = model.predict([plate])
    for other in (frozen, flipped, np.asfortranarray(plate)):
        (prediction,) = model.predict([other])
        assert _same(prediction, expected)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    save_file({"head.weight": torch.zeros(3)}, other)
    with pytest.raises(ValueError, match=r"lacks \['stem.*head\.weight"):
        EmbeddedModel.load(weights=other)


def test_no_plates_make_no_predictions(model: EmbeddedModel) -> None:
    assert model.predict([]) == []


@pytest.mark.parametrize(
    "plate",
    [
        pytest.param(np.zeros((4, 4), np.uint8), id="no channels"),
        pytest.param(np.zeros((4, 4, 4), np.uint8), id="four channels"),
        pytest.param(np.zeros((4, 4, 3), np.float32), id="floats"),
        pytest.param(np.zeros((0, 4, 3), np.uint8), id="empty"),
    ],
)
def test_what_is_no_plate_is_refused(model: EmbeddedModel, plate: Plate) -> None:
    with pytest.raises(ValueError, match="expected a uint8 plate"):
        model.predict([plate])
