"""From the hub to mattes: a model of the catalog is pulled, found by its name, loaded and run."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

pytest.importorskip("transformers")

from bridge.errors import LicenceError, ModelNotInstalledError
from bridge.manifest import read_manifest
from bridge.request import LicenceDemand, MatteRequest
from tests.worker.conftest import quiet
from tests.worker.models.hub import serve
from tests.worker.models.transformers.tiny import EOMT
from worker.cli.models import models
from worker.engine import Engine
from worker.label_sets import known_label_set
from worker.models.catalog import catalog
from worker.store import Store


def tiny_eomt(folder: Path) -> dict[str, bytes]:
    """The files of a hub repository: a tiny EoMT with random weights that knows COCO's categories."""
    from transformers import EomtConfig, EomtForUniversalSegmentation, EomtImageProcessorPil

    names = dict(enumerate(known_label_set("coco-panoptic").names))
    torch.manual_seed(1)
    EomtForUniversalSegmentation(EomtConfig(**EOMT, id2label=names)).save_pretrained(folder)
    EomtImageProcessorPil(
        size={"shortest_edge": EOMT["image_size"], "longest_edge": EOMT["image_size"]}, do_pad=True
    ).save_pretrained(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", ["eomt-large-640", "mask2former-swin-tiny"])
def test_a_model_is_pulled_and_makes_mattes(
    name: str, tmp_path: Path, plates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("MATTEBRIDGE_MODELS", str(tmp_path / "own"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    engine = Engine(torch.device("cpu"), Store(tmp_path / "store"))
    request = MatteRequest(
        source=f"{plates}/shot.####.png", out=str(tmp_path / "out"), frames="1001-1002", model=name,
        categories=("human", "plane"), contact_sheet=False,
    )  # fmt: skip
    with pytest.raises(ModelNotInstalledError, match=f"mattebridge models pull {name}"):
        engine.check(request)
    with serve() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        hub.put(catalog()[name].hub or "", "c" * 40, tiny_eomt(tmp_path / "made"))
        result = CliRunner().invoke(models, ["pull", name], catch_exceptions=False)
    assert "c" * 40 in result.stdout
    # From here on there is no hub: nothing is fetched when a model runs.
    notices = engine.check(request)
    manifest = read_manifest(engine.export(request, quiet()))
    assert [layer.name for layer in manifest.layers] == ["airplane", "person"]
    assert (manifest.model.name, manifest.model.label_set) == (name, "coco-panoptic")
    assert manifest.model.licence == catalog()[name].licence
    if name == "eomt-large-640":
        assert notices == ()
        assert manifest.model.allows == "commercial use allowed"
    else:
        assert "forbids commercial use" in notices[0]
        assert manifest.model.allows == "commercial use forbidden"
        with pytest.raises(LicenceError):
            engine.check(MatteRequest(source=request.source, out=request.out, model=name,
                                      licence=LicenceDemand.COMMERCIAL))  # fmt: skip
