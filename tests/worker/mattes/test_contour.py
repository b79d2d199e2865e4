"""Marching squares on squares that can be checked by eye."""

from __future__ import annotations

import pytest
import torch

from worker.mattes.contour import _crossed_by_numpy, _crossed_by_torch, level_line

Point = tuple[float, float]


def _pieces(rows: list[list[float]]) -> set[frozenset[Point]]:
    """The pieces as unordered pairs of ends, to a thousandth."""
    rounded = [[round(v, 3) for v in piece] for piece in level_line(torch.tensor(rows)).T.tolist()]
    return {frozenset({(ax, ay), (bx, by)}) for ax, ay, bx, by in rounded}


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_flat_raster_has_no_line(value: float) -> None:
    assert level_line(torch.full((4, 4), value)).shape == (4, 0)


def test_edge_is_crossed_between_samples_where_the_values_say() -> None:
    assert _pieces([[1.0, 0.0], [1.0, 0.375]]) == {frozenset({(0.5, 0.0), (0.8, 1.0)})}


@pytest.mark.parametrize("inside", [1.0, 0.0], ids=["corner inside", "corner outside"])
@pytest.mark.parametrize(
    ("row", "column", "ends"),
    [
        pytest.param(0, 0, {(0.0, 0.5), (0.5, 0.0)}, id="top left"),
        pytest.param(0, 1, {(0.5, 0.0), (1.0, 0.5)}, id="top right"),
        pytest.param(1, 1, {(1.0, 0.5), (0.5, 1.0)}, id="bottom right"),
        pytest.param(1, 0, {(0.5, 1.0), (0.0, 0.5)}, id="bottom left"),
    ],
)
def test_single_corner_is_cut_off(row: int, column: int, ends: set[Point], inside: float) -> None:
    rows = [[1.0 - inside] * 2, [1.0 - inside] * 2]
    rows[row][column] = inside
    assert _pieces(rows) == {frozenset(ends)}


@pytest.mark.parametrize(
    ("rows", "apart"),
    [
        pytest.param([[1.0, 0.0], [0.0, 1.0]], {(0.0, 0.5), (0.5, 1.0)}, id="falling, joined"),
        pytest.param([[0.8, 0.0], [0.0, 0.8]], {(0.0, 0.375), (0.375, 0.0)}, id="falling, apart"),
        pytest.param([[0.0, 1.0], [1.0, 0.0]], {(0.0, 0.5), (0.5, 0.0)}, id="rising, joined"),
        pytest.param([[0.0, 0.8], [0.8, 0.0]], {(0.625, 0.0), (1.0, 0.375)}, id="rising, apart"),
    ],
)
def test_opposite_corners_join_where_their_middle_is_inside(rows: list[list[float]], apart: set[Point]) -> None:
    pieces = _pieces(rows)
    assert len(pieces) == 2
    assert frozenset(apart) in pieces


def test_closed_shape_has_as_many_ends_as_pieces() -> None:
    raster = torch.zeros((6, 7))
    raster[2:4, 2:5] = 1.0
    pieces = level_line(raster).T
    ends = [tuple(end) for end in torch.cat([pieces[:, :2], pieces[:, 2:]]).tolist()]
    assert len(pieces) == len(set(ends)) == 10
    assert all(ends.count(end) == 2 for end in set(ends))


@pytest.mark.parametrize("seed", range(3))
def test_squares_are_the_same_on_every_kind_of_device(seed: int) -> None:
    values = torch.rand((9, 14), generator=torch.Generator().manual_seed(seed))
    for one, other in zip(_crossed_by_numpy(values, 0.5), _crossed_by_torch(values, 0.5), strict=True):
        assert torch.equal(one, other)
