"""Coverage from a distance field: what is left out between plain inside and outside changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from bridge.borders import Profile
from worker.mattes.field import DistanceField, distance_field
from worker.mattes.geometry import Lattice, part_of
from worker.mattes.ramp import Ramp, coverage
from worker.mattes.softmask import SoftMask

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


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("plate_wh", [(96, 64), (331, 217)])
def test_beyond_the_inner_window_nothing_is_covered(seed: int, plate_wh: tuple[int, int]) -> None:
    noise = np.zeros((40, 60))
    noise[12:28, 14:46] = np.random.default_rng(seed).standard_normal((16, 32))
    noise = gaussian_filter(noise, 2.0)
    values = torch.from_numpy(np.clip(0.3 + 0.5 * noise / np.abs(noise).max(), 0.01, 1.0)).float()
    mask = SoftMask(values, (20, 10, 80, 50), (96, 64), plate_wh)
    ramp = Ramp(-3.0, 4.0, Profile.LINEAR)
    window, whole = mask.inner_window(3), mask.plate_window(3)
    everywhere = distance_field(mask, whole, ramp.width_px, ramp.reach_px).covered(whole, ramp)
    inner = distance_field(mask, window, ramp.width_px, ramp.reach_px).covered(window, ramp)
    expected = torch.zeros_like(everywhere)
    expected[part_of(whole, window)] = inner
    assert np.allclose(everywhere.numpy(), expected.numpy(), atol=6e-4)
    assert inner.numel() < everywhere.numel()


def test_inner_window_of_a_mask_that_is_nowhere_one_half() -> None:
    mask = SoftMask(torch.full((4, 4), 0.3), (2, 3, 6, 7), (20, 10), (200, 100))
    assert mask.inner_window(5) == (0, 0, 1, 1)
