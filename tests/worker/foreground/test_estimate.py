from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.worker.foreground.scene import Composite, Picture, composite
from worker.foreground import estimate_foreground


def _estimate(plate: Picture, alpha: Picture) -> Picture:
    return np.asarray(estimate_foreground(torch.from_numpy(plate), torch.from_numpy(alpha)).numpy())


def _estimated(scene: Composite) -> Picture:
    return _estimate(scene.plate, scene.alpha)


@pytest.mark.parametrize(
    ("edge_px", "share"),
    [(1.0, 0.05), (4.0, 0.1), (12.0, 0.25), (30.0, 0.35)],
    ids=["anti-aliasing", "defocus", "hair", "a wide feather"],
)
def test_color_of_the_edge_is_recovered(edge_px: float, share: float) -> None:
    scene = composite(edge_px)
    assert scene.error(scene.plate) > 0.1
    assert scene.error(_estimated(scene)) < share * scene.error(scene.plate)


def test_over_the_old_background_it_is_the_plate_again() -> None:
    scene = composite(6.0)
    cover = scene.alpha[..., None]
    again = cover * _estimated(scene) + (1 - cover) * scene.background
    assert np.sqrt(np.mean((again - scene.plate)[scene.band] ** 2)) < 0.02


def test_covered_pixels_are_the_plates_own_and_uncovered_ones_black() -> None:
    scene = composite(6.0)
    found = _estimated(scene)
    assert np.array_equal(found[scene.alpha == 1], scene.plate[scene.alpha == 1])
    assert not found[scene.alpha == 0].any()


def test_brighter_than_white_is_kept_and_exposure_changes_nothing_else() -> None:
    found, bright = _estimated(composite(6.0)), _estimated(composite(6.0, exposure=256.0))
    assert bright.max() > 100
    np.testing.assert_allclose(bright / 256.0, found, rtol=1e-4, atol=1e-6)


def test_a_plain_color_over_a_plain_color_is_found_exactly() -> None:
    alpha = np.tile(np.linspace(-0.2, 1.2, 40, dtype=np.float32).clip(0, 1), (12, 1))
    front, back = np.array([0.9, 0.2, 3.0]), np.array([0.1, 0.7, 0.05])
    plate = alpha[..., None] * front + (1 - alpha[..., None]) * back
    found = _estimate(plate.astype(np.float32), alpha)
    np.testing.assert_allclose(found[alpha > 0.1], np.broadcast_to(front, found[alpha > 0.1].shape), rtol=0.02)


def test_no_light_is_negative_but_what_the_plate_shows() -> None:
    alpha = np.full((9, 9), 0.5, np.float32)
    alpha[:, :4] = 1.0
    plate = np.full((9, 9, 3), 4.0, np.float32)
    plate[:, 4:] = 0.001
    assert _estimate(plate, alpha).min() >= 0.0
    plate[:, :, 2] = -0.25
    found = _estimate(plate, alpha)
    np.testing.assert_allclose(found[..., 2], -0.25, atol=1e-3)
    assert found[..., :2].min() >= 0.0


@pytest.mark.parametrize("wh", [(1, 1), (1, 7), (5, 1), (33, 2)], ids=["a pixel", "a column", "a row", "two rows"])
def test_smallest_pictures(wh: tuple[int, int]) -> None:
    plate = np.full((wh[1], wh[0], 3), 0.4, np.float32)
    found = _estimate(plate, np.full(wh[::-1], 0.5, np.float32))
    np.testing.assert_allclose(found, plate, rtol=1e-4)


def test_a_picture_without_pixels_has_no_color() -> None:
    assert _estimate(np.zeros((0, 0, 3), np.float32), np.zeros((0, 0), np.float32)).shape == (0, 0, 3)


def test_nothing_that_is_handed_in_is_changed() -> None:
    scene = composite(6.0)
    plate, alpha = scene.plate.copy(), scene.alpha.copy()
    _estimate(plate, alpha)
    assert np.array_equal(plate, scene.plate)
    assert np.array_equal(alpha, scene.alpha)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_finds_the_same() -> None:
    scene = composite(6.0)
    found = estimate_foreground(torch.from_numpy(scene.plate).cuda(), torch.from_numpy(scene.alpha).cuda())
    np.testing.assert_allclose(found.cpu().numpy(), _estimated(scene), rtol=1e-3, atol=1e-5)
