"""The guided edge: it follows the picture in the band, and the mask where the picture says nothing."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from bridge.borders import Border, BorderKind, Length, Unit
from tests.worker.mattes.drawing import (
    HARD,
    Array,
    Distance,
    disc,
    distances,
    drawn,
    half_plane,
    layer,
    prediction,
    segment,
    whole,
)
from worker.mattes import make_mattes
from worker.segments import FramePrediction
from worker.training.scenes import ClipSpec, DrawnFrame, draw_clip

GRID, PLATE_WH = (32, 16), (256, 128)
NATURAL = Border(BorderKind.NATURAL)
GUIDED = Border(BorderKind.GUIDED, width=Length(48.0))
Plate = npt.NDArray[np.uint8]


def _painted(alpha: Array, inside: tuple[int, int, int] = (220, 160, 40), noise: float = 0.0) -> Plate:
    """One colour over another, with grain."""
    colours = alpha[..., None] * np.array(inside) + (1.0 - alpha[..., None]) * np.array([30, 70, 90])
    grain = np.random.default_rng(6).normal(0.0, noise, colours.shape)
    plate: Plate = np.clip(np.rint(colours + grain), 0, 255).astype(np.uint8)
    return plate


def _covered(shown: FramePrediction, border: Border, plate: Plate) -> Array:
    size_wh = (plate.shape[1], plate.shape[0])
    return whole(make_mattes(shown, [layer(border)], size_wh, plate=plate)[0], size_wh)


def _seen(alpha: Array, times: int) -> FramePrediction:
    """An alpha averaged over cells of so many pixels a side."""
    h, w = alpha.shape[0] // times, alpha.shape[1] // times
    cells = alpha[: h * times, : w * times].reshape(h, times, w, times).mean((1, 3))
    return prediction(segment(cells), grid_wh=(w, h))


def _alpha(shape: Distance) -> Array:
    alpha: Array = np.clip(distances(shape, PLATE_WH) + 0.5, 0.0, 1.0)
    return alpha


def test_comb_thinner_than_a_cell_is_found_in_the_picture() -> None:
    alpha = np.zeros((128, 256))
    alpha[60:] = 1.0
    alpha[44:60, ::5] = 1.0
    shown = _seen(alpha, 8)
    errors = [np.square(_covered(shown, b, _painted(alpha, noise=2.0)) - alpha).mean() for b in (GUIDED, NATURAL)]
    assert errors[0] < 0.1 * errors[1]


def test_flat_picture_leaves_the_mask_as_it_is() -> None:
    shown = drawn(half_plane(128.0, 64.0, 30.0), GRID, PLATE_WH, 16.0)
    flat = np.full((128, 256, 3), 117, np.uint8)
    # Wide enough that the mask is all in the middle of the band, where the picture has its full weight.
    assert np.abs(_covered(shown, GUIDED, flat) - _covered(shown, NATURAL, flat)).max() < 0.01


def test_grain_and_texture_of_the_plate_do_not_show_outside_the_band() -> None:
    shape = disc(128.0, 64.0, 40.0)
    noisy = np.random.default_rng(2).integers(0, 256, (128, 256, 3), np.uint8)
    got = _covered(drawn(shape, GRID, PLATE_WH, 8.0), Border(BorderKind.GUIDED, width=Length(20.0)), noisy)
    true = distances(shape, PLATE_WH)
    assert (got[true > 11.0] == 1.0).all()
    assert (got[true < -11.0] == 0.0).all()


def test_grey_plate_is_followed_as_well() -> None:
    alpha = _alpha(disc(128.0, 64.0, 40.0))
    grey = np.repeat((255.0 * alpha).astype(np.uint8)[..., None], 3, axis=2)
    assert np.abs(_covered(_seen(alpha, 8), GUIDED, grey) - alpha).max() < 0.1


@pytest.mark.parametrize("offset", [-12.0, 5.0, 12.0])
def test_offset_moves_the_edge_where_the_picture_has_none(offset: float) -> None:
    flat = np.full((128, 256, 3), 90, np.uint8)
    shown = drawn(half_plane(128.0, 64.0, 0.0), GRID, PLATE_WH, 16.0)
    border = Border(BorderKind.GUIDED, width=Length(40.0), offset=Length(offset))
    assert _covered(shown, border, flat)[64].sum() == pytest.approx(128.0 + offset, abs=0.75)


def test_contrast_hardens_the_edge() -> None:
    flat = np.full((128, 256, 3), 90, np.uint8)
    shown = drawn(half_plane(128.0, 64.0, 0.0), GRID, PLATE_WH, 32.0)
    hard = Border(BorderKind.GUIDED, width=Length(48.0), contrast=6.0)
    soft, harder = (_covered(shown, border, flat)[64] for border in (GUIDED, hard))
    assert np.abs(harder - np.round(harder)).sum() < 0.5 * np.abs(soft - np.round(soft)).sum()


@pytest.mark.parametrize("tile_px", [128, 100])
def test_tiles_change_nothing(tile_px: int, monkeypatch: pytest.MonkeyPatch) -> None:
    alpha = _alpha(disc(128.0, 64.0, 50.0))
    plate = _painted(alpha, noise=20.0)
    shown = _seen(alpha, 8)
    at_once = _covered(shown, GUIDED, plate)
    monkeypatch.setattr("worker.mattes.guided._TILE_PX", {"cpu": tile_px})
    assert np.abs(_covered(shown, GUIDED, plate) - at_once).max() < 2e-3


def test_small_change_of_the_picture_is_a_small_change_of_the_matte() -> None:
    alpha = _alpha(disc(128.0, 64.0, 50.0))
    shown = _seen(alpha, 8)
    first, second = (_covered(shown, GUIDED, np.clip(_painted(alpha, noise=4.0) + n, 0, 255)) for n in (0, 1))
    assert np.abs(first - second).max() < 0.05


def test_plate_is_asked_for() -> None:
    shown = drawn(disc(128.0, 64.0, 40.0), GRID, PLATE_WH, 8.0)
    with pytest.raises(ValueError, match="borders of car are made from the picture"):
        make_mattes(shown, [layer(GUIDED), layer(HARD, category="dog")], PLATE_WH)
    make_mattes(shown, [layer(HARD)], PLATE_WH)


@pytest.mark.parametrize(
    "plate",
    [np.zeros((128, 255, 3), np.uint8), np.zeros((128, 256, 3), np.float32), np.zeros((128, 256), np.uint8)],
    ids=["another size", "floats", "no colours"],
)
def test_plate_of_another_kind_is_refused(plate: Plate) -> None:
    shown = drawn(disc(128.0, 64.0, 40.0), GRID, PLATE_WH, 8.0)
    with pytest.raises(ValueError, match=r"must be uint8 of shape \(128, 256, 3\)"):
        make_mattes(shown, [layer(GUIDED)], PLATE_WH, plate=plate)


def test_plate_that_cannot_be_written_is_read_without_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    plate = _painted(_alpha(disc(128.0, 64.0, 40.0)))
    plate.flags.writeable = False
    _covered(drawn(disc(128.0, 64.0, 40.0), GRID, PLATE_WH, 8.0), GUIDED, plate)
    assert not recwarn.list


def _category(frame: DrawnFrame, category: str) -> Array:
    chosen = [i for i, s in enumerate(frame.segments) if s.category == category]
    alpha: Array = np.clip(frame.alphas[chosen].sum(0, dtype=np.float64), 0.0, 1.0)
    return alpha


@pytest.fixture(scope="module")
def frames() -> list[DrawnFrame]:
    """Frames of clips that no model was trained on."""
    return [next(draw_clip(ClipSpec(900_000_000 + n, 1, (640, 360)))) for n in (1, 3)]


@pytest.mark.parametrize(("category", "most"), [("person", 0.35), ("tree-merged", 0.3), ("car", 0.4)])
def test_soft_edges_of_drawn_clips_are_found_again(frames: list[DrawnFrame], category: str, most: float) -> None:
    squares: dict[BorderKind, list[Array]] = {BorderKind.HARD: [], BorderKind.GUIDED: []}
    for frame in frames:
        alpha = _category(frame, category)
        soft = (alpha > 0.02) & (alpha < 0.98)
        for border in (HARD, Border(BorderKind.GUIDED)):
            squares[border.kind].append(np.square(_covered(_seen(alpha, 2), border, frame.rgb) - alpha)[soft])
    hard, guided = (np.concatenate(errors).mean() for errors in squares.values())
    assert guided < most * hard


@pytest.mark.skipif("MATTEBRIDGE_TEST_DATA" not in os.environ, reason="needs the test data")
@pytest.mark.parametrize(("width_pct", "most"), [(2.5, 0.2), (5.0, 0.1)])
def test_fur_is_found_again(width_pct: float, most: float) -> None:
    folder = Path(os.environ["MATTEBRIDGE_TEST_DATA"], "matting")
    plate = np.asarray(Image.open(folder / "lemur.png").convert("RGB"))
    alpha = np.asarray(Image.open(folder / "lemur_alpha.png"), np.float64) / 255.0
    unknown = np.asarray(Image.open(folder / "lemur_trimap.png").convert("L")) == 102
    guided = Border(BorderKind.GUIDED, width=Length(width_pct, Unit.PCT))
    errors = [np.square(_covered(_seen(alpha, 4), b, plate) - alpha)[unknown].mean() for b in (guided, HARD)]
    assert errors[0] < most * errors[1]
