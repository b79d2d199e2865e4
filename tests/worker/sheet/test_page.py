"""The contact sheet: that everything is on it and that it can be read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from bridge.borders import DEFAULT_POLICY
from bridge.errors import OutputError
from worker.labels import Category, LabelSet
from worker.layers import LayerSpec, settle_layers
from worker.mattes import make_mattes
from worker.segments import FramePrediction, Segment
from worker.sheet import SheetFrame, SheetPlan, write_sheet
from worker.sheet.page import TALLEST, WIDTH

LABELS = LabelSet(
    "test", (Category("person", True, (255, 0, 0)), Category("sky-other-merged", False, (0, 0, 255)))
)
GREY = 128

Picture = npt.NDArray[np.uint8]


def layers_of(tracks: int) -> tuple[LayerSpec, ...]:
    shown = {"person": range(1, tracks + 1), "sky-other-merged": [99]}
    return settle_layers(shown, None, DEFAULT_POLICY, LABELS, tracks=True)


def frame_of(frame: int, layers: Sequence[LayerSpec], size_wh: tuple[int, int]) -> SheetFrame:
    """A grey plate with sky in its upper half and one person that fills a square of the lower half."""
    person = Segment("person", True, 0.9, (4, 5, 7, 8), np.full((3, 3), 255, np.uint8), track=1)
    sky = Segment("sky-other-merged", False, 0.8, (0, 0, 16, 4), np.full((4, 16), 255, np.uint8), track=99)
    shown = FramePrediction((16, 9), (person, sky))
    plate = np.full((size_wh[1], size_wh[0], 3), GREY, np.uint8)
    mattes = make_mattes(shown, layers, size_wh, plate=plate)
    return SheetFrame(frame, plate, shown, {matte.layer: matte for matte in mattes})


def sheet(
    folder: Path, whole: int = 1, tracks: int = 1, size_wh: tuple[int, int] = (320, 180), absent: int = 0
) -> Picture:
    """A sheet with some frames as a whole, all tiles at the first, and the last layers in no frame."""
    layers = layers_of(tracks)
    there = layers[: len(layers) - absent]
    numbers = range(1001, 1001 + whole)
    plan = SheetPlan(tuple(numbers), {1001: there}, layers[len(there) :])
    frames = (frame_of(number, there, size_wh) for number in numbers)
    write_sheet(folder / "s.png", "shot", plan, frames, layers, LABELS)
    return np.asarray(Image.open(folder / "s.png"))


def is_white(picture: Picture) -> npt.NDArray[np.bool_]:
    return np.asarray((picture == 255).all(2))


@pytest.mark.parametrize("tracks", [1, 12, 40, 100, 150])
def test_a_page_is_never_much_taller_than_wide(tmp_path: Path, tracks: int) -> None:
    found = sheet(tmp_path, 4, tracks)
    assert found.shape[1] == WIDTH
    assert 500 < found.shape[0] <= TALLEST


def test_more_layers_than_columns_can_hold_make_it_longer_and_no_smaller(tmp_path: Path) -> None:
    found = sheet(tmp_path, 4, 400)
    assert found.shape[1] == WIDTH
    assert TALLEST < found.shape[0] < 4 * TALLEST


def test_overlay_shows_segments_in_their_colours_over_the_plate(tmp_path: Path) -> None:
    found = sheet(tmp_path).astype(int)
    plate, overlay = found[100:500, 8:940], found[100:500, 970:1900]
    assert (plate == GREY).all()
    blue = (overlay[:, :, 2] > GREY + 40) & (overlay[:, :, 0] < GREY - 40)
    red = (overlay[:, :, 0] > GREY + 40) & (overlay[:, :, 2] < GREY - 40)
    assert blue[:100].mean() > 0.9
    assert 0.02 < red.mean() < 0.2


def test_a_tile_shows_the_object_large_and_its_matte_beside_it(tmp_path: Path) -> None:
    bottom = sheet(tmp_path)[-280:-72]
    person, track, sky = (bottom[:, 8 + 478 * i : 8 + 478 * i + 470] for i in range(3))
    for tile in (person, track, sky):
        assert (tile[90:110, 10:220] == GREY).all(), "the plate on the left"
        assert not is_white(tile[:, :234]).any()
    # The person covers a twentieth of the plate, and more than a third of its tile.
    assert is_white(person[:, 236:]).mean() == pytest.approx(0.45, abs=0.12)
    assert (is_white(person) == is_white(track)).all()
    assert not is_white(bottom[:, 3 * 478 + 8 :]).any(), "three layers, three tiles"


def test_tracks_have_colours_of_their_own(tmp_path: Path) -> None:
    captions = sheet(tmp_path, tracks=2)[-72:].astype(int)
    chips = [captions[:, 8 + 478 * i : 18 + 478 * i].reshape(-1, 3) for i in range(4)]
    person, first, second, sky = (chip[np.ptp(chip, axis=1) > 150] for chip in chips)
    assert (person == (255, 0, 0)).all()
    assert (sky == (0, 0, 255)).all()
    assert (first == person).all()
    assert second.size == person.size
    assert (np.abs(second - person).max(1) > 50).all()


def test_layers_in_no_frame_are_named_in_a_line(tmp_path: Path) -> None:
    all_there = sheet(tmp_path, tracks=2)
    one_absent = sheet(tmp_path, tracks=2, absent=1)
    assert one_absent.shape[0] == all_there.shape[0] + 34
    assert (one_absent[-30:] > 100).any(), "its name"
    assert not is_white(one_absent[-310:-100, 3 * 478 + 8 :]).any(), "it has no tile"


@pytest.mark.parametrize("size_wh", [(90, 160), (2048, 100), (1, 1)], ids=["upright", "wide", "one pixel"])
@pytest.mark.parametrize("whole", [1, 3])
def test_plates_of_any_shape_fit(tmp_path: Path, size_wh: tuple[int, int], whole: int) -> None:
    found = sheet(tmp_path, whole, size_wh=size_wh)
    assert found.shape[1] == WIDTH
    assert found.shape[0] < TALLEST


def test_sheet_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"nowhere/s\.png"):
        sheet(tmp_path / "nowhere")
