"""Ramps: where coverage begins and ends for each side, unit and profile."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bridge.borders import Border, BorderKind, Length, Profile, Side, Unit
from tests.worker.mattes.drawing import feather
from worker.mattes.ramp import Ramp, coverage, ramp_of

_GROWN = Border(BorderKind.HARD, offset=Length(3.0))
_PERCENT = Border(BorderKind.FEATHER, width=Length(0.5, Unit.PCT), offset=Length(-1.0, Unit.PCT))


@pytest.mark.parametrize(
    ("border", "start", "width"),
    [
        pytest.param(Border(BorderKind.HARD), -0.5, 1.0, id="hard: one pixel about the edge"),
        pytest.param(_GROWN, -3.5, 1.0, id="hard, grown by 3 px"),
        pytest.param(feather(8.0), -4.0, 8.0, id="centred: half on each side"),
        pytest.param(feather(8.0, side=Side.INNER), 0.0, 8.0, id="inner: all inside"),
        pytest.param(feather(8.0, side=Side.OUTER), -8.0, 8.0, id="outer: all outside"),
        pytest.param(feather(8.0, offset=Length(-2.0)), -2.0, 8.0, id="shrunk by 2 px"),
        pytest.param(feather(0.0, side=Side.INNER), -0.5, 1.0, id="no width is a hard edge on every side"),
        pytest.param(_PERCENT, 7.5, 5.0, id="per cent of a plate 1000 px high"),
    ],
)
def test_ramp_of_border(border: Border, start: float, width: float) -> None:
    ramp = ramp_of(border, 1000)
    assert (ramp.start_px, ramp.width_px) == pytest.approx((start, width))


def test_reach_is_the_farther_end_and_outward_what_lies_outside() -> None:
    assert Ramp(-3.0, 8.0, Profile.LINEAR).reach_px == 5.0
    assert Ramp(-3.0, 8.0, Profile.LINEAR).outward_px == 3.0
    assert Ramp(2.0, 8.0, Profile.LINEAR).reach_px == 10.0
    assert Ramp(2.0, 8.0, Profile.LINEAR).outward_px == 0.0


@pytest.mark.parametrize(
    ("profile", "quarter"),
    [
        pytest.param(Profile.LINEAR, 0.25, id="linear"),
        pytest.param(Profile.SMOOTH, 0.15625, id="smooth: 3t^2 - 2t^3"),
        pytest.param(Profile.GAUSSIAN, 0.1146, id="gaussian: (Phi(-1.1632) - 0.01) / 0.98"),
    ],
)
def test_profile(profile: Profile, quarter: float) -> None:
    distance = torch.tensor([-9.0, -4.0, -2.0, 0.0, 2.0, 4.0, 9.0])
    got = coverage(distance, Ramp(-4.0, 8.0, profile))
    expected = [0.0, 0.0, quarter, 0.5, 1.0 - quarter, 1.0, 1.0]
    assert np.allclose(got.numpy(), expected, atol=2e-4)
    assert got[1] == 0.0
    assert got[5] == 1.0
