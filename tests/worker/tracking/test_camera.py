"""The camera's motion from thumbnails."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.ndimage import gaussian_filter

from worker.tracking.camera import Camera

H, W = 54, 96
NOTHING = np.zeros((H, W), np.float32)


def view(x: float, seed: int = 1) -> npt.NDArray[np.float32]:
    """A wall of soft blobs, seen from `x` cells further to the right."""
    wall = gaussian_filter(np.random.default_rng(seed).standard_normal((H, 4 * W)), 1.5)
    columns = W + x + np.arange(W)
    low = np.floor(columns).astype(int)
    share = columns - low
    return np.asarray(0.5 + wall[:, low] * (1 - share) + wall[:, low + 1] * share, np.float32)


@pytest.mark.parametrize(
    "speed",
    [
        pytest.param(0.15, id="slower than a cell a frame"),
        pytest.param(1.0, id="a cell a frame"),
        pytest.param(-7.3, id="fast, to the left"),
    ],
)
def test_a_pan_adds_up(speed: float) -> None:
    camera = Camera()
    for t in range(9):
        assert not camera.follow(view(speed * t), NOTHING, 1.0)
    np.testing.assert_allclose(camera.offset, [-8 * speed, 0.0], atol=0.5)


def test_a_thing_that_fills_most_of_the_picture_is_not_taken_for_the_camera() -> None:
    camera = Camera()
    things = NOTHING.copy()
    things[8:48, 6:90] = 1.0
    for t in range(6):
        camera.follow(np.where(things > 0, view(-3.0 * t, seed=2), view(0.0)).astype(np.float32), things, 1.0)
    np.testing.assert_allclose(camera.offset, [0.0, 0.0], atol=0.1)


def test_a_flat_picture_stands_still() -> None:
    camera = Camera()
    for _ in range(3):
        assert not camera.follow(np.full((H, W), 0.5, np.float32), NOTHING, 1.0)
    assert camera.offset.tolist() == [0.0, 0.0]


def test_a_cut_is_another_picture_in_other_colours() -> None:
    camera = Camera()
    camera.follow(view(0.0, seed=1), NOTHING, 1.0)
    assert not camera.follow(view(0.0, seed=3), NOTHING, 0.95)
    assert camera.follow(view(0.0, seed=4), NOTHING, 0.85)
    assert not camera.follow(view(1.0, seed=4), NOTHING, 1.0)


def test_without_a_picture_the_next_one_is_compared_with_nothing() -> None:
    camera = Camera()
    camera.follow(view(0.0, seed=1), NOTHING, 1.0)
    camera.lose_sight()
    assert not camera.follow(view(0.0, seed=4), NOTHING, 0.0)
