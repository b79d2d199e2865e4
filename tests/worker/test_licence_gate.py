"""A licence that may forbid commercial use is said to every client, written into files, and refused on demand."""

from __future__ import annotations

from pathlib import Path

import OpenEXR
import pytest

from bridge.errors import LicenceError
from bridge.manifest import read_manifest
from bridge.request import Layout, LicenceDemand, MatteRequest
from tests.fakes.color_model import LABELS, ColorModel
from tests.worker.conftest import quiet
from worker.engine import Engine
from worker.models import registry
from worker.models.registry import ModelEntry


@pytest.fixture
def research_only(model: ColorModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """The colour model under a licence that forbids commercial use."""
    monkeypatch.setattr(model, "licence", "CC-BY-NC-4.0")
    entry = ModelEntry("colours", "finds plain colours", "CC-BY-NC-4.0", LABELS, lambda *_: model)
    monkeypatch.setattr(registry, "known_models", lambda: {"colours": entry})


def request_of(plates: Path, out: Path, licence: LicenceDemand = LicenceDemand.ANY) -> MatteRequest:
    return MatteRequest(
        source=f"{plates}/shot.####.png",
        out=str(out),
        frames="1001-1002",
        model="colours",
        licence=licence,
        layouts=(Layout.LAYERS,),
        contact_sheet=False,
    )


@pytest.mark.usefixtures("research_only")
def test_it_is_refused_before_any_work(engine: Engine, plates: Path, tmp_path: Path) -> None:
    with pytest.raises(LicenceError, match="forbids commercial use"):
        engine.check(request_of(plates, tmp_path / "out", LicenceDemand.COMMERCIAL))
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("research_only")
def test_it_is_said_and_written(engine: Engine, plates: Path, tmp_path: Path) -> None:
    request = request_of(plates, tmp_path / "out")
    (notice,) = engine.check(request)
    assert "CC-BY-NC-4.0" in notice
    manifest = read_manifest(engine.export(request, quiet()))
    assert manifest.model.licence == "CC-BY-NC-4.0"
    assert manifest.model.allows == "commercial use forbidden"
    header = OpenEXR.File(str(tmp_path / "out" / manifest.files[0].path), header_only=True).header()
    assert header["mattebridge/model_allows"] == "commercial use forbidden"


def test_a_free_licence_passes_and_says_nothing(engine: Engine, plates: Path, tmp_path: Path) -> None:
    assert engine.check(request_of(plates, tmp_path / "out", LicenceDemand.COMMERCIAL)) == ()
