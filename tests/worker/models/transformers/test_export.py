"""From a folder of weights to files, as a user asks for them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from bridge.manifest import Manifest, read_manifest
from bridge.request import MatteRequest
from tests.worker.conftest import quiet
from worker.engine import Engine
from worker.models.base import LoadOptions
from worker.store import Store

NOTES = 'licence = "MIT"\n[options]\nmin_score = 0.0\n'


@pytest.fixture
def export(plates: Path, tmp_path: Path, folders: Callable[[str], Path]) -> Callable[[str], Manifest]:
    """Export the plates with a network of some kind."""
    engine = Engine(torch.device("cpu"), Store(tmp_path / "store"), options=LoadOptions(precision="fp32"))

    def run(kind: str) -> Manifest:
        folder = tmp_path / kind
        if not folder.exists():
            shutil.copytree(folders(kind), folder)
            (folder / "mattebridge.toml").write_text(NOTES)
        request = MatteRequest(
            source=f"{plates}/shot.####.png", out=str(tmp_path / "out"), model=str(folder), tracks=True
        )
        return read_manifest(engine.export(request, quiet()))

    return run


@pytest.mark.parametrize("kind", ["eomt", "mask2former", "videomt"])
def test_a_folder_of_weights_makes_mattes(kind: str, export: Callable[[str], Manifest], tmp_path: Path) -> None:
    manifest = export(kind)
    assert manifest.model.licence == "MIT"
    assert manifest.layers
    assert {layer.category for layer in manifest.layers} <= {"person", "car", "sky-other-merged", "grass-merged"}
    assert len(manifest.files) == 12
    assert all((tmp_path / "out" / file.path).is_file() for file in manifest.files)
    ids = [track.id for track in manifest.tracks]
    assert ids == list(range(1, len(ids) + 1))
    stuff = [track.category for track in manifest.tracks if "merged" in track.category]
    assert len(stuff) == len(set(stuff))
    assert export(kind) == manifest
