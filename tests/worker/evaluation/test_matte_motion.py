"""Motion between two pictures."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from tests.worker.evaluation.matte_scene import Scene
from worker.evaluation.matte_motion import follow_mattes, follow_plates
from worker.motion import carried, dense_motion

INSIDE = np.s_[24:-24, 24:-24]
"""Pixels that stay in the picture."""


@pytest.mark.parametrize(
    "shift", [(0.0, 0.0), (0.5, -0.25), (3.3, 1.7), (-7.0, 5.0)], ids=["none", "part of a pixel", "near", "far"]
)
def test_a_pan_is_found_to_a_small_part_of_a_pixel(shift: tuple[float, float]) -> None:
    pan = Scene(disc=shift, ground=shift)
    followed = follow_plates(pan.plate(0), pan.plate(1))
    error = followed.back + np.array(shift, np.float32)[:, None, None]
    assert np.abs(error[(slice(None), *INSIDE)]).mean() < 0.08
    assert followed.trusted[INSIDE].mean() > 0.99


def test_what_comes_into_sight_is_not_trusted() -> None:
    pan = Scene(disc=(9.0, 0.0), ground=(9.0, 0.0))
    assert not follow_plates(pan.plate(0), pan.plate(1)).trusted[:, :8].any()


def test_a_picture_without_detail_stays() -> None:
    grey = np.full((40, 50), 0.5, np.float32)
    assert not dense_motion(grey, grey).any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 60), (7, 5), (97, 49)])
def test_any_size_will_do(shape: tuple[int, int]) -> None:
    noise = ndimage.gaussian_filter(np.random.default_rng(1).random((97, 60)), 2).astype(np.float32)
    picture = noise[: shape[0], : shape[1]]
    assert dense_motion(picture, picture).shape == (2, *shape)
    assert np.isfinite(dense_motion(picture, picture)).all()


def test_mattes_tell_the_shift_of_the_whole() -> None:
    scene = Scene(disc=(4.25, -2.5))
    back = follow_mattes(scene.matte(0), scene.matte(1)).back
    assert back[:, 50, 50] == pytest.approx([-4.25, 2.5], abs=0.02)
    assert np.ptp(back, axis=(1, 2)).max() < 1e-4


def test_empty_mattes_do_not_move() -> None:
    black = np.zeros((40, 30), np.float32)
    assert not follow_mattes(black, black).back.any()


def test_carried_reads_where_the_motion_points() -> None:
    plane = np.arange(12, dtype=np.float32).reshape(3, 4)
    motion = np.zeros((2, 3, 4), np.float32)
    motion[0] = 1.0
    assert carried(plane, motion) == pytest.approx(np.array([[1, 2, 3, 3], [5, 6, 7, 7], [9, 10, 11, 11]]))
    motion[0], motion[1] = 0.0, -0.5
    assert carried(plane, motion)[1] == pytest.approx([2, 3, 4, 5])
