"""Grown and shrunk soft masks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.worker.mattes.drawing import Distance, disc, drawn, half_plane, left_of
from worker.mattes.geometry import Size
from worker.mattes.growth import grown
from worker.mattes.softmask import SoftMask, join

GRID, PLATE_WH = (32, 16), (256, 128)


def _mask(shape: Distance, soft_px: float = 16.0, plate_wh: Size = PLATE_WH) -> SoftMask:
    mask = join(drawn(shape, GRID, plate_wh, soft_px).segments, GRID, plate_wh, torch.device("cpu"))
    assert mask is not None
    return mask


def _on_grid(mask: SoftMask) -> torch.Tensor:
    out = torch.zeros(GRID[::-1])
    x0, y0, x1, y1 = mask.box
    out[y0:y1, x0:x1] = mask.values
    return out


def test_nothing_to_grow_is_the_mask_itself() -> None:
    mask = _mask(disc(128.0, 64.0, 40.0))
    assert grown(mask, 0.0) is mask


@pytest.mark.parametrize("offset", [-20.0, -3.0, 3.0, 20.0])
@pytest.mark.parametrize("degrees", [0.0, 35.0, 90.0])
def test_area_moves_by_the_offset(offset: float, degrees: float) -> None:
    before, after = (
        _on_grid(grown(_mask(half_plane(128.0, 64.0, degrees)), by))[4:-4, 10:-10] for by in (0.0, offset)
    )
    true = [
        _on_grid(
            _mask(
                half_plane(
                    128.0 + by * np.cos(np.deg2rad(degrees)), 64.0 + by * np.sin(np.deg2rad(degrees)), degrees
                )
            )
        )
        for by in (0.0, offset)
    ]
    moved = (true[1] - true[0])[4:-4, 10:-10].sum()
    assert (after - before).sum() == pytest.approx(float(moved), abs=max(1.0, 0.1 * abs(float(moved))))


def test_softness_stays() -> None:
    row = _on_grid(grown(_mask(left_of(100.0), soft_px=64.0), 16.0))[8]
    expected = _on_grid(_mask(left_of(116.0), soft_px=64.0))[8]
    assert torch.abs(row - expected).max() < 0.06


def test_disc_grows_to_a_disc_on_cells_that_are_not_square() -> None:
    plate_wh = (512, 128)
    got = _on_grid(grown(_mask(disc(256.0, 64.0, 30.0), plate_wh=plate_wh), 20.0))
    true = _on_grid(_mask(disc(256.0, 64.0, 50.0), plate_wh=plate_wh))
    assert got.sum() == pytest.approx(float(true.sum()), rel=0.08)
    assert torch.abs(got - true).mean() < 0.02


def test_all_of_a_small_mask_goes() -> None:
    assert grown(_mask(disc(128.0, 64.0, 20.0)), -60.0).values.max() < 0.05


def test_shape_cut_by_the_frame_is_not_shrunk_there() -> None:
    got = _on_grid(grown(_mask(left_of(100.0)), -24.0))
    assert got[:, :6].min() == 1.0
    assert torch.equal(got, got[:1].expand_as(got))


@pytest.mark.parametrize("offset", [-9000.0, 9000.0])
def test_offset_beyond_the_plate_ends(offset: float) -> None:
    got = _on_grid(grown(_mask(disc(128.0, 64.0, 40.0)), offset))
    assert got.min() == pytest.approx(float(offset > 0.0), abs=0.01)
    assert got.max() == pytest.approx(float(offset > 0.0), abs=0.01)
