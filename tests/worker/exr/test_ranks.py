"""Ranks on tiny arrays, and against the plain encoding that sorts everything."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.exr import ranks
from worker.exr.cryptomatte_ids import object_id
from worker.exr.ranks import rank_planes
from worker.mattes import Matte

NAMES = tuple(f"thing_{number}" for number in range(12))
IDS = tuple(object_id(name) for name in NAMES)


def _row(*coverages: float, at: int = 0) -> Matte:
    """A matte on a plate of one row."""
    return Matte("any", (at, 0, at + len(coverages), 1), np.array([coverages], np.float16))


def _ranked(mattes: list[Matte], width: int, levels: int = 2) -> list[list[tuple[str, float]]]:
    """Name and coverage of each pixel's ranks, without those that are empty."""
    planes = rank_planes(mattes, IDS[: len(mattes)], (width, 1), levels)
    names = dict(zip(IDS, NAMES, strict=True)) | {0: ""}
    ids = planes[0::2].view(np.uint32)[:, 0].T.tolist()
    coverages = planes[1::2, 0].T.tolist()
    pixels = [
        [(names[bits], value) for bits, value in zip(*pixel, strict=True)]
        for pixel in zip(ids, coverages, strict=True)
    ]
    return [[rank for rank in pixel if rank != ("", 0.0)] for pixel in pixels]


def test_largest_coverage_comes_first() -> None:
    assert _ranked([_row(0.25, 0.5), _row(0.75, 0.25)], 2) == [
        [("thing_1", 0.75), ("thing_0", 0.25)],
        [("thing_0", 0.5), ("thing_1", 0.25)],
    ]


def test_earlier_of_two_that_cover_equally_comes_first() -> None:
    assert _ranked([_row(0.25), _row(0.5), _row(0.25)], 1, levels=4)[0] == [
        ("thing_1", 0.5),
        ("thing_0", 0.25),
        ("thing_2", 0.25),
    ]


def test_pixel_without_coverage_has_no_object() -> None:
    mattes = [_row(0.0, 1.0, at=1), Matte("nothing", None)]
    assert _ranked(mattes, 4) == [[], [], [("thing_0", 1.0)], []]


def test_windows_that_do_not_meet() -> None:
    assert _ranked([_row(0.5, at=3), _row(1.0)], 4) == [[("thing_1", 1.0)], [], [], [("thing_0", 0.5)]]


def test_frame_without_coverage_is_black() -> None:
    planes = rank_planes([Matte("nothing", None)], IDS[:1], (3, 2), 6)
    assert planes.shape == (12, 2, 3)
    assert not planes.any()


def test_sum_above_one_is_divided_out() -> None:
    assert _ranked([_row(1.0), _row(1.0)], 1) == [[("thing_0", 0.5), ("thing_1", 0.5)]]
    assert _ranked([_row(1.0), _row(0.25)], 1)[0] == [
        ("thing_0", np.floor(0.8 * 2**24) / 2**24),
        ("thing_1", np.floor(0.2 * 2**24) / 2**24),
    ]


def test_sum_up_to_one_is_left_alone() -> None:
    smallest = 2.0**-24
    assert _ranked([_row(0.75), _row(0.25)], 1) == [[("thing_0", 0.75), ("thing_1", 0.25)]]
    assert _ranked([_row(0.5), _row(smallest)], 1) == [[("thing_0", 0.5), ("thing_1", smallest)]]


def test_what_division_leaves_nothing_of_has_no_id() -> None:
    assert _ranked([_row(1.0), _row(2.0**-24)], 1) == [[("thing_0", 1.0 - 2.0**-24)]]


def test_objects_beyond_the_last_rank_count_in_the_sum_but_are_not_written() -> None:
    assert _ranked([_row(1.0), _row(0.5), _row(0.5)], 1) == [[("thing_0", 0.5), ("thing_1", 0.25)]]


def test_bands_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    mattes = _random_mattes(np.random.default_rng(7), 5, (23, 17))
    whole = rank_planes(mattes, IDS[:5], (23, 17), 4)
    monkeypatch.setattr(ranks, "_BAND_SAMPLES", 1)
    assert np.array_equal(rank_planes(mattes, IDS[:5], (23, 17), 4).view(np.uint32), whole.view(np.uint32))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 12), levels=st.sampled_from([2, 4, 6]))
def test_as_sorting_everything_does(seed: int, count: int, levels: int) -> None:
    wh = (9, 7)
    mattes = _random_mattes(np.random.default_rng(seed), count, wh)
    planes = rank_planes(mattes, IDS[:count], wh, levels)
    assert np.array_equal(planes.view(np.uint32), _sorted_planes(mattes, IDS[:count], wh, levels).view(np.uint32))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(2, 12))
def test_no_order_of_adding_exceeds_one(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    planes = rank_planes(_random_mattes(random, count, (9, 7)), IDS[:count], (9, 7), 12)
    coverages = planes[1::2]
    for order in (np.arange(12), np.arange(12)[::-1], random.permutation(12)):
        total = np.zeros((7, 9), np.float32)
        for rank in order:
            total += coverages[rank]
        assert total.max() <= 1.0


def _random_mattes(random: np.random.Generator, count: int, wh: tuple[int, int]) -> list[Matte]:
    """Mattes of any windows whose coverages are often 0, 1, or equal."""
    mattes = []
    for number in range(count):
        x0, y0 = random.integers(0, wh[0]), random.integers(0, wh[1])
        x1, y1 = random.integers(x0 + 1, wh[0] + 1), random.integers(y0 + 1, wh[1] + 1)
        values = random.random((y1 - y0, x1 - x0)) ** random.integers(1, 12)
        rounded = np.round(values * 8) / 8
        coverage = np.where(random.random(values.shape) < 0.5, values, rounded).astype(np.float16)
        mattes.append(Matte(f"m{number}", (int(x0), int(y0), int(x1), int(y1)), coverage))
    return mattes


def _sorted_planes(
    mattes: list[Matte], ids: tuple[int, ...], wh: tuple[int, int], levels: int
) -> npt.NDArray[np.float32]:
    """The plain way, pixel by pixel, in Python's whole numbers."""
    planes = np.zeros((2 * levels, wh[1], wh[0]), np.float32)
    for y in range(wh[1]):
        for x in range(wh[0]):
            units = []
            for bits, m in zip(ids, mattes, strict=True):
                assert m.window is not None
                x0, y0, x1, y1 = m.window
                inside = x0 <= x < x1 and y0 <= y < y1
                units.append((int(float(m.coverage[y - y0, x - x0]) * 2**24) if inside else 0, bits))
            total = sum(unit for unit, _ in units)
            for rank, (unit, bits) in enumerate(sorted(units, key=lambda pair: -pair[0])[:levels]):
                shown = unit * 2**24 // total if total > 2**24 else unit
                if shown:
                    planes[2 * rank, y, x] = np.array(bits, np.uint32).view(np.float32)
                    planes[2 * rank + 1, y, x] = shown / 2**24
    return planes
