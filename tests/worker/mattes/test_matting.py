"""The matting edge with stand-ins for the network: trimap, tiles and seams."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch

from bridge.borders import Border, BorderKind, Length
from tests.worker.mattes.drawing import Array, disc, distances, drawn, half_plane, prediction, whole
from worker.mattes import Matte
from worker.mattes import matting as matting_module
from worker.mattes.band import band_of
from worker.mattes.geometry import Size
from worker.mattes.matting import Network, matting, trimap
from worker.mattes.softmask import SoftMask, join

GRID, PLATE_WH = (32, 16), (256, 128)
BORDER = Border(BorderKind.MATTING, width=Length(24.0))


def _mask(shape: object, grid_wh: Size = GRID, plate_wh: Size = PLATE_WH) -> SoftMask:
    shown = drawn(shape, grid_wh, plate_wh, 16.0)  # type: ignore[arg-type]
    mask = join(shown.segments, grid_wh, plate_wh, torch.device("cpu"))
    assert mask is not None
    return mask


def _plate(size_wh: Size = PLATE_WH) -> npt.NDArray[np.uint8]:
    """Every pixel says where it is: red is its column, green its row."""
    y, x = np.mgrid[: size_wh[1], : size_wh[0]]
    return np.stack([x % 256, y % 256, 0 * x], axis=-1).astype(np.uint8)


def _covered(mask: SoftMask, border: Border, network: Network) -> Array:
    window, coverage = matting(mask, border, _plate(mask.plate_wh), network)
    return whole(Matte("car", window, coverage.numpy()), mask.plate_wh)


def test_trimap_is_unknown_within_half_the_width_of_the_edge() -> None:
    shape = half_plane(120.0, 64.0, 20.0)
    got = trimap(band_of(_mask(shape), BORDER), (0, 0, *PLATE_WH)).numpy()
    true = distances(shape, PLATE_WH)[8:-8, 8:-8]
    got = got[8:-8, 8:-8]
    assert set(np.unique(got)) == {0.0, 0.5, 1.0}
    assert (got[true > 12.5] == 1.0).all()
    assert (got[true < -12.5] == 0.0).all()
    assert (got[np.abs(true) < 11.5] == 0.5).all()


def test_trimap_moves_with_the_offset() -> None:
    border = Border(BorderKind.MATTING, width=Length(24.0), offset=Length(10.0))
    row = trimap(band_of(_mask(half_plane(120.0, 64.0, 0.0)), border), (0, 60, 256, 61))[0]
    assert torch.nonzero(row == 0.5).view(-1)[[0, -1]].tolist() == pytest.approx([118, 141], abs=1.0)


def test_network_sees_the_pixels_of_its_trimap() -> None:
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []

    def network(picture: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        seen.append((picture, known))
        return known

    mask = _mask(disc(128.0, 64.0, 40.0))
    _covered(mask, BORDER, network)
    band = band_of(mask, BORDER)
    for picture, known in seen:
        x0, y0 = (round(float(picture[channel, 0, 0]) * 255.0) for channel in (0, 1))
        box = (x0, y0, x0 + known.shape[1], y0 + known.shape[0])
        assert torch.equal(known, trimap(band, box))
        assert picture.shape == (3, *known.shape)


def test_edge_is_the_networks_in_the_band_and_plain_beyond() -> None:
    shape = disc(128.0, 64.0, 40.0)
    got = _covered(_mask(shape), BORDER, lambda picture, _: torch.full(picture.shape[1:], 0.25))
    true = distances(shape, PLATE_WH)
    assert (got[np.abs(true) < 6.0] == 0.25).all()
    assert (got[true > 13.0] == 1.0).all()
    assert (got[true < -13.0] == 0.0).all()


def test_tiles_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matting_module, "TILE_PX", 48)
    monkeypatch.setattr(matting_module, "OVERLAP_PX", 16)
    calls = 0

    def network(picture: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        """Each tile says something of its own."""
        nonlocal calls
        calls += 1
        return torch.full(known.shape, 0.4 + 0.2 * (calls % 2))

    wide = Border(BorderKind.MATTING, width=Length(200.0))
    got = _covered(_mask(half_plane(128.0, 64.0, 0.0)), wide, network)[:, 100:156]
    assert calls > 4
    assert got.max() - got.min() > 0.1, "tiles differ"
    assert np.abs(np.diff(got, axis=1)).max() < 0.02
    assert np.abs(np.diff(got, axis=0)).max() < 0.02


def test_network_is_not_asked_far_from_the_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matting_module, "TILE_PX", 32)
    monkeypatch.setattr(matting_module, "OVERLAP_PX", 8)
    pixels = 0

    def network(picture: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        nonlocal pixels
        pixels += known.numel()
        return known

    large = (1024, 512)
    _covered(_mask(half_plane(500.0, 256.0, 0.0), (128, 64), large), BORDER, network)
    assert pixels < 0.2 * large[0] * large[1]


def test_mask_without_an_edge_asks_nothing() -> None:
    shown = prediction(*drawn(half_plane(1000.0, 0.0, 0.0), GRID, PLATE_WH, 4.0).segments, grid_wh=GRID)
    mask = join(shown.segments, GRID, PLATE_WH, torch.device("cpu"))
    assert mask is not None

    def network(picture: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        raise AssertionError("nothing is unknown")

    assert _covered(mask, BORDER, network).min() == 1.0
