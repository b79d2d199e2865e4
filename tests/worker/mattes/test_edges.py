"""Edges of known shapes: where they lie, how wide they are, and what the plate's size does to them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from bridge.borders import Border, BorderKind, Length, Side, Unit
from tests.worker.mattes.drawing import (
    HARD,
    Array,
    covered,
    disc,
    distances,
    drawn,
    feather,
    half_plane,
    left_of,
    prediction,
    segment,
)
from worker.mattes.edges import contrasted

GRID = (32, 16)
SAME = GRID
"""A plate of the grid's own size."""
LARGE = (256, 128)
"""A plate eight times as large."""


def _crossing(row: Array, level: float) -> float:
    """Where a row that falls from 1 to 0 passes a level, in pixels from the plate's left side."""
    after = int(np.flatnonzero(row < level)[0])
    fraction = (row[after - 1] - level) / (row[after - 1] - row[after])
    return float(after - 1 + 0.5 + fraction)


def test_hard_edge_covers_the_part_of_the_pixel_inside_it() -> None:
    row = covered(drawn(left_of(10.3), GRID, SAME, 4.0), HARD, SAME)[8]
    assert row[:10].tolist() == [1.0] * 10
    assert row[10] == pytest.approx(0.3, abs=0.02)
    assert row[11:].tolist() == [0.0] * 21


@pytest.mark.parametrize("x", [80.0, 83.25, 85.5, 90.75])
def test_hard_edge_on_an_enlarged_plate(x: float) -> None:
    row = covered(drawn(left_of(x), GRID, LARGE, 32.0), HARD, LARGE)[60]
    assert row.sum() == pytest.approx(x, abs=0.1)
    assert np.count_nonzero((row > 0.0) & (row < 1.0)) <= 2


@pytest.mark.parametrize("degrees", [0, 7, 22, 45, 68, 90])
def test_hard_edge_of_any_slant_is_straight(degrees: int) -> None:
    shape = half_plane(128.3, 64.2, degrees)
    inner = np.s_[16:-16, 16:-16]
    true = np.clip(distances(shape, LARGE) + 0.5, 0.0, 1.0)[inner]
    got = covered(drawn(shape, GRID, LARGE, 16.0), HARD, LARGE)[inner]
    # A pixel of a slanted edge holds up to 0.1 less or more than its distance says.
    assert np.abs(got - true).max() < 0.15


@pytest.mark.parametrize("radius", [40.0, 56.0], ids=["five cells", "seven cells"])
def test_hard_disc_has_the_area_of_the_disc(radius: float) -> None:
    got = covered(drawn(disc(120.4, 61.7, radius), GRID, LARGE, 16.0), HARD, LARGE)
    assert got.sum() == pytest.approx(math.pi * radius**2, rel=0.01)


def test_grown_edge_moves_by_the_offset() -> None:
    shown = drawn(left_of(100.0), GRID, LARGE, 32.0)
    rows = {
        offset: covered(shown, Border(BorderKind.HARD, offset=Length(offset)), LARGE)[64]
        for offset in (0.0, 3.0, -3.0)
    }
    assert _crossing(rows[3.0], 0.5) - _crossing(rows[0.0], 0.5) == pytest.approx(3.0, abs=0.02)
    assert _crossing(rows[-3.0], 0.5) - _crossing(rows[0.0], 0.5) == pytest.approx(-3.0, abs=0.02)


def test_large_offset_grows_a_disc_to_a_disc() -> None:
    plate = (512, 256)
    shown = drawn(disc(250.0, 130.0, 50.0), (64, 32), plate, 16.0)
    got = covered(shown, Border(BorderKind.HARD, offset=Length(60.0)), plate)
    true = np.clip(distances(disc(250.0, 130.0, 110.0), plate) + 0.5, 0.0, 1.0)
    assert got.sum() == pytest.approx(true.sum(), rel=0.01)
    assert np.abs(got - true).mean() < 0.005


@pytest.mark.parametrize(
    ("side", "first", "last"),
    [
        pytest.param(Side.CENTRED, 96.0, 104.0, id="centred"),
        pytest.param(Side.INNER, 92.0, 100.0, id="inner"),
        pytest.param(Side.OUTER, 100.0, 108.0, id="outer"),
    ],
)
def test_feather_is_as_wide_as_asked_and_on_the_side_asked(side: Side, first: float, last: float) -> None:
    row = covered(drawn(left_of(100.0), GRID, LARGE, 32.0), feather(8.0, side=side), LARGE)[64]
    t = np.clip((last - np.arange(256) - 0.5) / (last - first), 0.0, 1.0)
    assert np.abs(row - t * t * (3.0 - 2.0 * t)).max() < 0.015
    # 3t^2 - 2t^3 passes 1 % and 99 % 0.0589 of the width from its ends.
    assert np.count_nonzero((row > 0.01) & (row < 0.99)) == round(8.0 * (1.0 - 2.0 * 0.0589))


def test_inner_feather_leaves_nothing_outside_and_outer_takes_nothing_inside() -> None:
    shape = disc(128.0, 64.0, 40.0)
    shown = drawn(shape, GRID, LARGE, 16.0)
    true = distances(shape, LARGE)
    assert covered(shown, feather(12.0, side=Side.INNER), LARGE)[true < -1.0].max() == 0.0
    assert covered(shown, feather(12.0, side=Side.OUTER), LARGE)[true > 1.0].min() == 1.0


def test_per_cent_looks_the_same_on_a_plate_of_twice_the_size() -> None:
    shown = drawn(disc(120.0, 64.0, 36.0), GRID, LARGE, 16.0)
    border = Border(BorderKind.FEATHER, width=Length(8.0, Unit.PCT), offset=Length(2.0, Unit.PCT))
    small = covered(shown, border, LARGE)
    large = covered(shown, border, (512, 256)).reshape(128, 2, 256, 2).mean((1, 3))
    assert np.abs(small - large).max() < 0.02


def test_wide_feather_is_the_same_ramp_on_its_coarse_lattice() -> None:
    shape = disc(256.0, 128.0, 90.0)
    plate = (512, 256)
    got = covered(drawn(shape, (128, 64), plate, 8.0), feather(96.0), plate)
    t = np.clip(distances(shape, plate) / 96.0 + 0.5, 0.0, 1.0)
    assert np.abs(got - t * t * (3.0 - 2.0 * t)).max() < 0.015


@pytest.mark.parametrize("border", [HARD, feather(20.0), Border(BorderKind.NATURAL)], ids=lambda b: b.kind.value)
def test_shape_cut_by_the_frame_has_no_border_there(border: Border) -> None:
    mask = np.zeros((16, 32))
    mask[:, :12] = 1.0
    got = covered(prediction(segment(mask), grid_wh=GRID), border, LARGE)
    assert got[:, :80].min() == 1.0
    assert np.array_equal(got, np.broadcast_to(got[:1], got.shape))


def test_natural_is_the_probability_itself_at_contrast_one() -> None:
    mask = np.round(np.linspace(0.0, 1.0, 32) * 255) / 255 * np.ones((16, 1))
    got = covered(prediction(segment(mask), grid_wh=GRID), Border(BorderKind.NATURAL), SAME)
    assert np.array_equal(got, mask.astype(np.float16))


def test_natural_follows_a_soft_edge_on_an_enlarged_plate() -> None:
    shape = half_plane(128.0, 64.0, 30)
    true = np.clip(distances(shape, LARGE) / 64.0 + 0.5, 0.0, 1.0)
    got = covered(drawn(shape, GRID, LARGE, 64.0), Border(BorderKind.NATURAL), LARGE)
    assert np.abs(got - true)[16:-16, 16:-16].max() < 0.03


@pytest.mark.parametrize("contrast", [0.25, 1.0, 4.0])
def test_contrast_keeps_the_ends_and_the_middle_and_sets_the_slope(contrast: float) -> None:
    p = torch.tensor([0.0, 0.499, 0.5, 0.501, 1.0], dtype=torch.float64)
    out = contrasted(p, contrast).tolist()
    assert out[0] == 0.0
    assert out[2] == pytest.approx(0.5)
    assert out[4] == 1.0
    assert (out[3] - out[1]) / 0.002 == pytest.approx(contrast, rel=1e-3)
