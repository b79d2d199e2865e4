"""The mattes of one plate, without files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bridge.borders import Border, BorderKind, BorderPolicy
from bridge.errors import (
    BadRequestError,
)
from bridge.messages import Segment
from bridge.wire import Array
from tests.fakes.color_model import ColorModel
from tests.worker.conftest import draw_plate
from tests.worker.export.common import HARD
from worker.engine import Engine
from worker.mattes import make_mattes


def test_one_plate_by_path_and_by_pixels_is_the_same(engine: Engine, plates: Path) -> None:
    by_path, mattes = engine.segment(
        Segment(source=f"{plates}/shot.####.png", frame=1003, model="colours", policy=HARD), ()
    )
    plate = draw_plate(2)
    by_pixels, again = engine.segment(
        Segment(model="colours", policy=HARD), [Array("u1", plate.shape, plate.data)]
    )
    assert by_path == by_pixels
    assert [layer.name for layer in by_path.layers] == ["person", "grass", "sky"]
    assert [bytes(a.data) for a in mattes] == [bytes(a.data) for a in again]


def test_a_plate_asked_for_again_only_makes_the_border_that_changed(
    engine: Engine, model: ColorModel, plates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def counted(*args: Any) -> Any:
        made.extend(layer.name for layer in args[1])
        return make_mattes(*args)

    monkeypatch.setattr("worker.plate_mattes.make_mattes", counted)
    path = plates / "shot.1003.png"
    first = engine.segment(Segment(source=str(path), model="colours", policy=HARD), ())
    assert made == ["person", "grass", "sky"]
    again = engine.segment(Segment(source=str(path), model="colours", policy=HARD), ())
    assert (again[0], [bytes(a.data) for a in again[1]]) == (first[0], [bytes(a.data) for a in first[1]])
    softer = BorderPolicy({**HARD.rows, "sky-other-merged": Border(BorderKind.FEATHER)})
    engine.segment(Segment(source=str(path), model="colours", policy=softer), ())
    assert made == ["person", "grass", "sky", "sky"]
    assert model.calls == 1
    Image.fromarray(draw_plate(9)).save(path)
    other = engine.segment(Segment(source=str(path), model="colours", policy=HARD), ())
    assert model.calls == 2
    assert other[0].layers[0].window != first[0].layers[0].window


def test_a_plate_needs_a_path_or_pixels(engine: Engine) -> None:
    with pytest.raises(BadRequestError, match="one buffer u1"):
        engine.segment(Segment(model="colours"), ())
