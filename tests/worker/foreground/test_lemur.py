"""A photograph of fur whose alpha and foreground others estimated; skipped without ``MATTEBRIDGE_TEST_DATA``."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.worker.foreground.scene import Composite, Picture
from worker.foreground import estimate_foreground

_LEMUR = Path(os.environ.get("MATTEBRIDGE_TEST_DATA", "/nonexistent")) / "matting"
pytestmark = pytest.mark.skipif(not _LEMUR.is_dir(), reason="MATTEBRIDGE_TEST_DATA has no matting folder")


def _codes(name: str, mode: str) -> Picture:
    return np.asarray(Image.open(_LEMUR / name).convert(mode), np.float32) / np.float32(255)


def _estimated(scene: Composite) -> Picture:
    found = estimate_foreground(torch.from_numpy(scene.plate), torch.from_numpy(scene.alpha))
    return np.asarray(found.numpy())


def test_fur_in_the_photograph() -> None:
    # The foreground beside it was estimated on sRGB codes, so that is what is compared here.
    plate, alpha = _codes("lemur.png", "RGB"), _codes("lemur_alpha.png", "L")
    scene = Composite(plate, _codes("lemur_foreground.png", "RGB"), np.zeros_like(plate), alpha)
    assert scene.error(plate) > 0.03
    # PyMatting 1.1's own multi-level method, with its defaults: 0.0083.
    assert scene.error(_estimated(scene)) < 0.007


def test_fur_before_a_new_wall() -> None:
    """Composited by us in linear light: here the foreground is the truth."""
    foreground, alpha = _codes("lemur_foreground.png", "RGB") ** 2.2, _codes("lemur_alpha.png", "L")
    x = np.linspace(0, 12, alpha.shape[1], dtype=np.float32)
    wall = np.stack([0.2 + 0.1 * np.sin(x), 0.6 + 0.3 * np.cos(x), 0.3 + 0 * x], -1)[None].repeat(len(alpha), 0)
    cover = alpha[..., None]
    scene = Composite(cover * foreground + (1 - cover) * wall, foreground, wall, alpha)
    assert scene.error(_estimated(scene)) < 0.25 * scene.error(scene.plate)
