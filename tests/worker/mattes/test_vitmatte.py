"""ViTMatte: what is said where it is missing, and the real network with random weights where it can be built."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from bridge.borders import Border, BorderKind, Length
from bridge.errors import LicenceError, ModelError
from bridge.request import LicenceDemand
from tests.worker.mattes.drawing import HARD, disc, drawn, layer
from worker.mattes import check_borders, make_mattes
from worker.mattes.vitmatte import FOLDER_VARIABLE, load_network

MATTING = Border(BorderKind.MATTING, width=Length(16.0))

needs_transformers = pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None, reason="needs transformers"
)


@pytest.fixture
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No weights on this machine."""
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("MATTEBRIDGE_MODELS", str(tmp_path))


def test_borders_without_a_network_are_always_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    check_borders([HARD, Border(BorderKind.GUIDED)])


def test_missing_package_is_named_and_so_is_the_alternative(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"transformers is not installed.*'guided'"):
        check_borders([HARD, MATTING])


@needs_transformers
@pytest.mark.usefixtures("empty_cache")
def test_missing_weights_are_named_and_so_is_the_alternative() -> None:
    with pytest.raises(ModelError, match=r"mattebridge models pull vitmatte-small.*'guided'"):
        check_borders([MATTING])


def _install(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "vitmatte"}')
    (folder / "model.safetensors").write_bytes(b"")


@needs_transformers
@pytest.mark.usefixtures("empty_cache")
def test_the_licence_of_pulled_weights_is_said_and_refused_for_commercial_use(tmp_path: Path) -> None:
    _install(tmp_path / "vitmatte-small")
    (notice,) = check_borders([MATTING])
    assert "'vitmatte-small'" in notice
    assert "Composition-1k" in notice
    with pytest.raises(LicenceError, match="Composition-1k"):
        check_borders([MATTING], LicenceDemand.COMMERCIAL)
    assert check_borders([HARD], LicenceDemand.COMMERCIAL) == ()


@needs_transformers
@pytest.mark.parametrize(("card", "refused"), [("---\nlicense: mit\n---\n", False), (None, True)])
def test_weights_of_ones_own_go_by_their_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, card: str | None, refused: bool
) -> None:
    _install(tmp_path / "mine")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "mine"))
    if card is not None:
        (tmp_path / "mine" / "README.md").write_text(card)
    if refused:
        with pytest.raises(LicenceError, match=r"\(unknown\) may not allow"):
            check_borders([MATTING], LicenceDemand.COMMERCIAL)
    else:
        assert check_borders([MATTING], LicenceDemand.COMMERCIAL) == ()


@needs_transformers
def test_folder_without_weights_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    with pytest.raises(ModelError, match=r"which has no model\.safetensors"):
        check_borders([MATTING])


@needs_transformers
def test_damaged_weights_are_an_error_of_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "vitmatte"}')
    (tmp_path / "model.safetensors").write_bytes(b"\0" * 64)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    with pytest.raises(ModelError, match="could not be loaded"):
        load_network(torch.device("cpu"))


@pytest.fixture
def tiny_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The network's architecture, very small, with random weights, where `MATTEBRIDGE_VITMATTE` says."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(4)
    backbone = transformers.VitDetConfig(
        num_channels=4,
        image_size=64,
        pretrain_image_size=32,
        patch_size=16,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        use_absolute_position_embeddings=True,
        out_features=["stage1"],
    )
    config = transformers.VitMatteConfig(
        backbone_config=backbone,
        hidden_size=16,
        convstream_hidden_sizes=[4, 8, 8],
        fusion_hidden_sizes=[16, 8, 8, 4],
    )
    transformers.VitMatteForImageMatting(config).save_pretrained(tmp_path, safe_serialization=True)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))


@pytest.mark.usefixtures("tiny_network")
def test_network_takes_any_size() -> None:
    network = load_network(torch.device("cpu"))
    with torch.inference_mode():
        alpha = network(torch.rand(3, 45, 70), torch.full((45, 70), 0.5))
    assert alpha.shape == (45, 70)
    assert 0.0 <= alpha.min() < alpha.max() <= 1.0


@pytest.mark.usefixtures("tiny_network")
def test_mattes_are_made_with_the_network() -> None:
    plate_wh = (96, 64)
    plate = np.random.default_rng(1).integers(0, 256, (64, 96, 3), np.uint8)
    shown = drawn(disc(48.0, 32.0, 20.0), (24, 16), plate_wh, 8.0)
    layers = [layer(MATTING), layer(MATTING)]
    check_borders(spec.border for spec in layers)
    first, second = make_mattes(shown, layers, plate_wh, plate=plate)
    assert first.window is not None
    assert np.array_equal(first.coverage, second.coverage)
    assert first.coverage.max() == 1.0
    assert np.count_nonzero((first.coverage > 0.0) & (first.coverage < 1.0)) > 500
