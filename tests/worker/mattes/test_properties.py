"""What holds for every mask, border and plate."""

from __future__ import annotations

import dataclasses

import msgspec
import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.borders import Border, BorderKind, Length, Profile, Side, Unit
from tests.worker.mattes.drawing import layer, whole
from worker.mattes import make_mattes
from worker.segments import FramePrediction, Segment

BY_MASK = (BorderKind.HARD, BorderKind.FEATHER, BorderKind.NATURAL)

lengths = st.builds(Length, st.floats(0.0, 20.0), st.sampled_from(Unit))


def borders(*kinds: BorderKind) -> st.SearchStrategy[Border]:
    return st.builds(
        Border,
        st.sampled_from(kinds),
        width=lengths,
        offset=st.builds(Length, st.floats(-15.0, 15.0)),
        side=st.sampled_from(Side),
        profile=st.sampled_from(Profile),
        contrast=st.floats(0.1, 20.0),
    )


def plate(size_wh: tuple[int, int], seed: int = 0) -> npt.NDArray[np.uint8]:
    """Noise: no edge of it is the mask's."""
    return np.random.default_rng(seed).integers(0, 256, (size_wh[1], size_wh[0], 3), np.uint8)


plates = st.tuples(st.integers(1, 90), st.integers(1, 60))


@st.composite
def predictions(draw: st.DrawFn) -> FramePrediction:
    w, h = draw(st.integers(1, 9)), draw(st.integers(1, 7))
    segments = []
    for _ in range(draw(st.integers(0, 3))):
        x0, y0 = draw(st.integers(0, w - 1)), draw(st.integers(0, h - 1))
        x1, y1 = draw(st.integers(x0 + 1, w)), draw(st.integers(y0 + 1, h))
        values = draw(st.binary(min_size=(x1 - x0) * (y1 - y0), max_size=(x1 - x0) * (y1 - y0)))
        mask = np.frombuffer(values, np.uint8).reshape(y1 - y0, x1 - x0)
        segments.append(Segment("car", True, 1.0, (x0, y0, x1, y1), mask))
    return FramePrediction((w, h), tuple(segments))


@settings(max_examples=150, deadline=None)
@given(shown=predictions(), border=borders(*BY_MASK, BorderKind.GUIDED), plate_wh=plates)
def test_coverage_is_a_number_from_0_to_1_inside_the_plate(
    shown: FramePrediction, border: Border, plate_wh: tuple[int, int]
) -> None:
    matte = make_mattes(shown, [layer(border)], plate_wh, plate=plate(plate_wh))[0]
    if matte.window is None:
        assert matte.coverage.size == 0
        return
    x0, y0, x1, y1 = matte.window
    assert 0 <= x0 < x1 <= plate_wh[0]
    assert 0 <= y0 < y1 <= plate_wh[1]
    assert matte.coverage.shape == (y1 - y0, x1 - x0)
    assert np.isfinite(matte.coverage).all()
    assert matte.coverage.min() >= 0.0
    assert 0.0 < matte.coverage.max() <= 1.0


@settings(max_examples=100, deadline=None)
@given(shown=predictions(), border=borders(*BY_MASK), plate_wh=plates, more=st.floats(0.1, 5.0))
def test_growing_never_uncovers(
    shown: FramePrediction, border: Border, plate_wh: tuple[int, int], more: float
) -> None:
    grown = msgspec.structs.replace(border, offset=Length(border.offset.value + more))
    before, after = (whole(make_mattes(shown, [layer(b)], plate_wh)[0], plate_wh) for b in (border, grown))
    assert (after - before).min() >= -2e-3


@settings(max_examples=60, deadline=None)
@given(shown=predictions(), border=borders(*BY_MASK, BorderKind.GUIDED))
def test_mirrored_prediction_gives_the_mirrored_matte(shown: FramePrediction, border: Border) -> None:
    w = shown.grid_wh[0]
    mirrored = dataclasses.replace(
        shown,
        segments=tuple(
            dataclasses.replace(
                s, box=(w - s.box[2], s.box[1], w - s.box[0], s.box[3]), mask=np.ascontiguousarray(s.mask[:, ::-1])
            )
            for s in shown.segments
        ),
    )
    # Cells of two pixels: the lattice of distances is then the pixels themselves, which mirror onto each other.
    plate_wh = (2 * w, 2 * shown.grid_wh[1])
    pictures = plate(plate_wh), plate(plate_wh)[:, ::-1]
    one, other = (
        whole(make_mattes(p, [layer(border)], plate_wh, plate=picture)[0], plate_wh)
        for p, picture in zip((shown, mirrored), pictures, strict=True)
    )
    assert np.abs(one - other[:, ::-1]).mean() < 5e-3
