"""Coverage from a distance field: what is left out between plain inside and outside changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bridge.borders import Profile
from worker.mattes.field import DistanceField
from worker.mattes.geometry import Lattice
from worker.mattes.ramp import Ramp, coverage

WINDOW = (-3, 5, 200, 131)


def _field(step_px: float, reach_px: float) -> DistanceField:
    """The distance to two circles, one in the other, cut to a reach."""
    lattice = Lattice.around(WINDOW, step_px, reach_px)
    x, y = lattice.points_px(torch.device("cpu"))
    away = torch.hypot(x[None, :] - 90.0, y[:, None] - 60.0)
    distance = torch.minimum(50.0 - away, away - 20.0).float()
    return DistanceField(distance.clamp_(-reach_px, reach_px), lattice, reach_px)


@pytest.mark.parametrize("profile", list(Profile))
@pytest.mark.parametrize("step_px", [1.0, 2.0, 3.46])
@pytest.mark.parametrize(("start_px", "width_px"), [(-0.5, 1.0), (-4.0, 8.0), (1.5, 3.0)])
def test_coverage_is_that_of_all_pixels_interpolated(
    profile: Profile, step_px: float, start_px: float, width_px: float
) -> None:
    ramp = Ramp(start_px, width_px, profile)
    field = _field(step_px, ramp.reach_px + 1.5 * step_px)
    everywhere = field.at(*Lattice(1.0, WINDOW).points_px(torch.device("cpu")), finish=lambda d: coverage(d, ramp))
    found = field.covered(WINDOW, ramp)
    assert found.dtype == torch.float16
    assert np.allclose(found.numpy(), everywhere.numpy(), atol=6e-4)
    assert 0.05 < (found == 1.0).float().mean() < 0.5 < (found == 0.0).float().mean()
