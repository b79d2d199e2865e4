"""Requests that cannot be carried out, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from bridge.errors import (
    BadRequestError,
    FrameRangeError,
    LayerNameError,
    ModelError,
    OutputError,
    SourceNotFoundError,
    UnknownNameError,
)
from bridge.manifest import read_manifest
from bridge.request import MatteRequest
from tests.fakes.color_model import ColorModel
from tests.worker.conftest import SIZE_WH, Export
from worker.engine import Engine
from worker.roots import Roots
from worker.store import Store


@pytest.mark.parametrize("members", [("persn",), ("person", "persn")])
def test_a_group_of_unknown_categories_is_named(export: Export, members: tuple[str, ...]) -> None:
    with pytest.raises(UnknownNameError, match="there is: person"):
        export(groups={"cast": members})


def test_a_group_may_not_be_called_like_a_category(export: Export) -> None:
    with pytest.raises(LayerNameError, match="two layers are called 'person'"):
        export(groups={"person": ("car",)})


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"categories": ("persn",)}, UnknownNameError, "there is: person"),
        ({"colorspace": "ACEScgg"}, UnknownNameError, "ACEScg"),
        ({"frames": "1-5"}, FrameRangeError, "1001-1012"),
        ({"frames": "ten"}, FrameRangeError, "1001-1100"),
        ({"source": "/nowhere/x.mov"}, SourceNotFoundError, "/nowhere/x.mov"),
        ({"out": "/proc/mattes"}, OutputError, "/proc/mattes"),
    ],
    ids=["category", "colour space", "frames that are not there", "no range", "no source", "unwritable folder"],
)
def test_a_bad_request_is_named_before_any_work(
    export: Export, model: ColorModel, changes: dict[str, object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        export(**changes)
    assert model.calls == 0


def test_an_unknown_model_lists_the_known_ones(engine: Engine, plates: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="there is: colours"):
        engine.check(MatteRequest(source=f"{plates}/shot.####.png", out=str(tmp_path / "o"), model="colors"))


def test_nothing_found_and_nothing_named_is_an_error(export: Export, plates: Path) -> None:
    for path in plates.iterdir():
        Image.new("RGB", SIZE_WH, (90, 90, 90)).save(path)
    with pytest.raises(ModelError, match="found nothing"):
        export()
    manifest = read_manifest(export(categories=("person",)))
    assert [layer.name for layer in manifest.layers] == ["person"]


def test_paths_outside_the_roots_are_refused(model: ColorModel, plates: Path, tmp_path: Path) -> None:
    inside = tmp_path / "allowed"
    inside.mkdir()
    (inside / "link").symlink_to(plates)
    fenced = Engine(
        Engine(__import__("torch").device("cpu"), Store(tmp_path)).device, Store(tmp_path), Roots([inside])
    )
    for source in (plates / "shot.####.png", inside / "link" / "shot.####.png", inside / ".." / "plates"):
        with pytest.raises(BadRequestError, match="outside the folders"):
            fenced.check(MatteRequest(source=str(source), out=str(inside / "out"), model="colours"))
