"""Two categories in one frame, each with the width that its row of the policy says, at HD and at 8K."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.borders import BorderPolicy
from tests.worker.mattes.drawing import Array, Distance, disc, drawn, half_plane
from worker.layers import LayerSpec
from worker.mattes import Matte, make_mattes
from worker.segments import FramePrediction

GRID_WH = (320, 180)
POLICY = BorderPolicy.from_toml(
    """
    [borders.person]
    kind = "feather"
    width = "1.5%"
    profile = "linear"

    [borders.car]
    kind = "feather"
    width = "6px"
    profile = "linear"
    """
)


def _shapes(plate_wh: tuple[int, int]) -> dict[str, Distance]:
    """A round person and a slanted car, as large in the frame whatever its size."""
    w, h = plate_wh
    return {"person": disc(0.3 * w, 0.5 * h, 0.25 * h), "car": half_plane(0.75 * w, 0.5 * h, 200.0)}


def _mattes(plate_wh: tuple[int, int]) -> dict[str, Matte]:
    segments = []
    for category, shape in _shapes(plate_wh).items():
        seen = drawn(shape, GRID_WH, plate_wh, 2.0 * plate_wh[0] / GRID_WH[0]).segments[0]
        segments.append(type(seen)(category, True, seen.score, seen.box, seen.mask))
    layers = [LayerSpec(c, c, True, None, POLICY.border_for(c, is_thing=True)) for c in _shapes(plate_wh)]
    made = make_mattes(FramePrediction(GRID_WH, tuple(segments)), layers, plate_wh)
    return {matte.layer: matte for matte in made}


def _width_px(matte: Matte, shape: Distance) -> tuple[float, float]:
    """The width of a linear ramp and how far its middle lies from the true edge, in pixels.

    By least squares over the pixels between a tenth and nine tenths: coverage against true distance is a line
    whose slope is one over the width.
    """
    assert matte.window is not None
    x0, y0, _, y1 = matte.window
    coverage: Array = matte.coverage.astype(np.float64)
    inside = (coverage > 0.1) & (coverage < 0.9)
    rows, columns = np.nonzero(inside)
    # What the frame cuts has no border there.
    away = (rows + y0 > 40) & (rows + y0 < y1 - 40)
    rows, columns = rows[away], columns[away]
    true = shape(columns + x0 + 0.5, rows + y0 + 0.5)
    slope, middle = np.polyfit(true, coverage[rows, columns], 1)
    return 1.0 / slope, (0.5 - middle) / slope


@pytest.mark.parametrize("plate_wh", [(1920, 1080), (7680, 4320)], ids=["HD", "8K"])
def test_borders_of_one_frame_are_as_wide_as_their_rows_say(plate_wh: tuple[int, int]) -> None:
    made = _mattes(plate_wh)
    expected = {"person": 0.015 * plate_wh[1], "car": 6.0}
    for category, shape in _shapes(plate_wh).items():
        width, shift = _width_px(made[category], shape)
        assert width == pytest.approx(expected[category], abs=0.5)
        assert abs(shift) < 0.5
