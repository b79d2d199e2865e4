"""The contact sheet: that everything is on it and that it can be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bridge.borders import DEFAULT_POLICY
from bridge.errors import OutputError
from worker.labels import Category, LabelSet
from worker.layers import LayerSpec, settle_layers
from worker.mattes import make_mattes
from worker.segments import FramePrediction, Segment
from worker.sheet import SheetFrame, write_sheet

LABELS = LabelSet(
    "test", (Category("person", True, (255, 0, 0)), Category("sky-other-merged", False, (0, 0, 255)))
)
GREY = 128


def _layers(tracks: int) -> tuple[LayerSpec, ...]:
    shown = {"person": range(1, tracks + 1), "sky-other-merged": [99]}
    return settle_layers(shown, None, DEFAULT_POLICY, LABELS, tracks=True)


def _frame(frame: int, layers: tuple[LayerSpec, ...], size_wh: tuple[int, int] = (320, 180)) -> SheetFrame:
    """A grey plate with sky in its upper half and one person that fills a square of the lower half."""
    person = Segment("person", True, 0.9, (4, 5, 7, 8), np.full((3, 3), 255, np.uint8), track=1)
    sky = Segment("sky-other-merged", False, 0.8, (0, 0, 16, 4), np.full((4, 16), 255, np.uint8), track=99)
    shown = FramePrediction((16, 9), (person, sky))
    plate = np.full((size_wh[1], size_wh[0], 3), GREY, np.uint8)
    return SheetFrame(frame, plate, shown, make_mattes(shown, layers, size_wh, plate=plate))


def _sheet(path: Path, frames: int, tracks: int = 1, size_wh: tuple[int, int] = (320, 180)) -> np.ndarray:
    layers = _layers(tracks)
    write_sheet(path, (_frame(1001 + i, layers, size_wh) for i in range(frames)), layers, LABELS)
    return np.asarray(Image.open(path))


def test_sheet_grows_in_rows_and_not_in_width(tmp_path: Path) -> None:
    one = _sheet(tmp_path / "1.png", 1)
    assert one.shape[1] == 1920
    assert _sheet(tmp_path / "3.png", 3).shape == (3 * one.shape[0], 1920, 3)
    many = _sheet(tmp_path / "m.png", 1, tracks=12)
    assert many.shape[1] == 1920
    assert many.shape[0] > one.shape[0]


def test_overlay_shows_segments_in_their_colours_over_the_plate(tmp_path: Path) -> None:
    sheet = _sheet(tmp_path / "s.png", 1).astype(int)
    plate_row, overlay = sheet[100:500, 8:950], sheet[100:500, 970:1900]
    assert (plate_row == GREY).all()
    blue = (overlay[:, :, 2] > GREY + 40) & (overlay[:, :, 0] < GREY - 40)
    red = (overlay[:, :, 0] > GREY + 40) & (overlay[:, :, 2] < GREY - 40)
    assert blue[:100].mean() > 0.9
    assert 0.02 < red.mean() < 0.2


def test_every_matte_is_drawn_white_where_it_covers(tmp_path: Path) -> None:
    sheet = _sheet(tmp_path / "s.png", 1)
    below = sheet[-230:-60]
    white = (below == 255).all(2)
    cells = [white[:, 8 + 318 * i : 300 + 318 * i].mean() for i in range(6)]
    assert cells[0] == pytest.approx(cells[1], abs=0.01), "person and its only track"
    assert cells[2] > 3 * cells[0] > 0.0, "the sky is larger"
    assert cells[3:] == [0.0, 0.0, 0.0]


def test_tracks_have_colours_of_their_own(tmp_path: Path) -> None:
    captions = _sheet(tmp_path / "s.png", 1, tracks=2)[-60:].astype(int)
    chips = [captions[:, 8 + 318 * i : 18 + 318 * i].reshape(-1, 3) for i in range(4)]
    person, first, second, sky = (chip[np.ptp(chip, axis=1) > 150] for chip in chips)
    assert (person == (255, 0, 0)).all()
    assert (sky == (0, 0, 255)).all()
    assert (first == person).all()
    assert second.size == person.size
    assert (np.abs(second - person).max(1) > 50).all()


@pytest.mark.parametrize("size_wh", [(90, 160), (2048, 100), (1, 1)], ids=["upright", "wide", "one pixel"])
def test_plates_of_any_shape_fit(tmp_path: Path, size_wh: tuple[int, int]) -> None:
    sheet = _sheet(tmp_path / "s.png", 1, size_wh=size_wh)
    assert sheet.shape[1] == 1920
    assert sheet.shape[0] < 2000


def test_sheet_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"nowhere/s\.png"):
        _sheet(tmp_path / "nowhere" / "s.png", 1)
