"""The overlap rule `normalized`: exact sums, in any order, and nothing touched that need not be."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worker.mattes.drawing import layer
from worker.layers import LayerSpec
from worker.mattes import Matte
from worker.mattes import overlap as overlap_module
from worker.mattes.overlap import normalized, towards_zero

SIZE_WH = (6, 4)
Half = npt.NDArray[np.float16]

halves = st.floats(0.0, 1.0, width=16)


def _matte(spec: LayerSpec, values: list[list[float]], at: tuple[int, int] = (0, 0)) -> Matte:
    coverage = np.array(values, np.float16)
    x, y = at
    return Matte(spec.name, (x, y, x + coverage.shape[1], y + coverage.shape[0]), coverage)


def _whole(matte: Matte) -> Half:
    out = np.zeros(SIZE_WH[::-1], np.float16)
    if matte.window is not None:
        x0, y0, x1, y1 = matte.window
        out[y0:y1, x0:x1] = matte.coverage
    return out


@st.composite
def frames(draw: st.DrawFn) -> tuple[list[Matte], list[LayerSpec]]:
    """Up to four categories and some of their tracks, each anywhere in the plate."""
    specs = [layer(category=name) for name in draw(st.sets(st.sampled_from("abcd")))]
    specs += [
        layer(category=name, track=track)
        for name, track in draw(st.sets(st.tuples(st.sampled_from("abcd"), st.integers(1, 3)), max_size=5))
    ]
    mattes = []
    for spec in specs:
        x0, y0 = draw(st.integers(0, SIZE_WH[0] - 1)), draw(st.integers(0, SIZE_WH[1] - 1))
        x1, y1 = draw(st.integers(x0, SIZE_WH[0])), draw(st.integers(y0, SIZE_WH[1]))
        if x0 == x1 or y0 == y1:
            mattes.append(Matte(spec.name, None))
            continue
        row = st.lists(halves, min_size=x1 - x0, max_size=x1 - x0)
        mattes.append(_matte(spec, draw(st.lists(row, min_size=y1 - y0, max_size=y1 - y0)), (x0, y0)))
    return mattes, specs


def _groups(specs: list[LayerSpec]) -> tuple[list[int], dict[int, list[int]]]:
    """Who shares 1, and by category layer who shares its matte."""
    own = {s.category: i for i, s in enumerate(specs) if s.track is None}
    top = [i for i, s in enumerate(specs) if s.track is None or s.category not in own]
    return top, {own[c]: [i for i, s in enumerate(specs) if s.track and s.category == c] for c in own}


@settings(max_examples=200, deadline=None)
@given(frames())
def test_sums_never_exceed_one_nor_the_category(frame: tuple[list[Matte], list[LayerSpec]]) -> None:
    mattes, specs = frame
    after = [_whole(m).astype(np.float32) for m in normalized(mattes, specs)]
    top, tracks = _groups(specs)
    zero = np.zeros(SIZE_WH[::-1], np.float32)
    for order in (top, top[::-1]):
        assert sum((after[i] for i in order), zero).max() <= 1.0
    for category, members in tracks.items():
        assert (sum((after[i] for i in members), zero) <= after[category]).all()
    exact = [sum((Fraction(float(after[i][y, x])) for i in top), Fraction(0)) for y in range(4) for x in range(6)]
    assert max(exact) <= 1, "and not only as float32 adds up"


@settings(max_examples=100, deadline=None)
@given(frames(), st.randoms(use_true_random=False))
def test_order_of_layers_changes_nothing(frame: tuple[list[Matte], list[LayerSpec]], random: object) -> None:
    mattes, specs = frame
    order = list(range(len(specs)))
    random.shuffle(order)  # type: ignore[attr-defined]
    before = normalized(mattes, specs)
    after = normalized([mattes[i] for i in order], [specs[i] for i in order])
    for place, i in enumerate(order):
        assert after[place].layer == before[i].layer
        assert after[place].window == before[i].window
        assert np.array_equal(after[place].coverage, before[i].coverage)


@settings(max_examples=100, deadline=None)
@given(frames())
def test_pixels_that_fit_are_left_alone(frame: tuple[list[Matte], list[LayerSpec]]) -> None:
    mattes, specs = frame
    before, after = ([_whole(m) for m in group] for group in (mattes, normalized(mattes, specs)))
    top, _ = _groups(specs)
    fits = sum((before[i].astype(np.float64) for i in top), np.zeros(SIZE_WH[::-1])) <= 1.0
    for i in top:
        assert np.array_equal(after[i][fits], before[i][fits])
        assert (after[i] <= before[i]).all()


def test_layers_are_scaled_alike() -> None:
    specs = [layer(category="car"), layer(category="road")]
    after = normalized([_matte(specs[0], [[1.0, 0.5]]), _matte(specs[1], [[1.0, 0.25]])], specs)
    assert [m.coverage.tolist() for m in after] == [[[0.5, 0.5]], [[0.5, 0.25]]]


def test_only_what_windows_share_changes() -> None:
    specs = [layer(category="car"), layer(category="road")]
    after = normalized([_matte(specs[0], [[1.0, 1.0]]), _matte(specs[1], [[1.0, 1.0]], (1, 0))], specs)
    assert [m.coverage.tolist() for m in after] == [[[1.0, 0.5]], [[0.5, 1.0]]]


def test_tracks_share_the_scaled_matte_of_their_category() -> None:
    specs = [layer(category="car"), layer(category="road"), layer(category="car", track=1), layer(track=2)]
    full = [[1.0]]
    after = normalized([_matte(spec, full) for spec in specs], specs)
    assert [m.coverage.item() for m in after] == [0.5, 0.5, 0.25, 0.25]


def test_track_is_nothing_where_its_category_is_nothing() -> None:
    specs = [layer(category="car"), layer(category="car", track=1)]
    after = normalized([_matte(specs[0], [[1.0]]), _matte(specs[1], [[0.5, 0.5]])], specs)
    assert after[1].window == (0, 0, 1, 1)
    assert after[1].coverage.tolist() == [[0.5]]


def test_frame_that_fits_keeps_its_arrays() -> None:
    specs = [layer(category="car"), layer(category="road")]
    before = [_matte(specs[0], [[0.5, 0.25]]), _matte(specs[1], [[0.5, 0.75]])]
    for one, other in zip(before, normalized(before, specs), strict=True):
        assert other is one


def test_mattes_that_came_in_are_not_written_to() -> None:
    specs = [layer(category="car"), layer(category="road")]
    before = [_matte(spec, [[1.0]]) for spec in specs]
    for matte in before:
        matte.coverage.flags.writeable = False
    normalized(before, specs)
    assert [m.coverage.item() for m in before] == [1.0, 1.0]


def test_strips_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    specs = [layer(category=name) for name in "abc"]
    mattes = [_matte(spec, rng.random((4, 6)).tolist()) for spec in specs]
    at_once = normalized(mattes, specs)
    monkeypatch.setattr(overlap_module, "_STRIP", 6)
    for one, other in zip(at_once, normalized(mattes, specs), strict=True):
        assert np.array_equal(one.coverage, other.coverage)


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, 1.0 / 3.0, 2.0**-24, 1.5 * 2.0**-24, 0.99999])
def test_rounding_is_to_the_next_half_below(value: float) -> None:
    down = float(towards_zero(np.array([value]))[0])
    assert down <= value < float(np.nextafter(np.float16(down), np.float16(2.0)))
