"""Pictures keep their pixels as PNG, and their light when they are scaled."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from worker.sheet.pictures import png, scaled


@pytest.mark.parametrize("size_wh", [(1, 1), (37, 23), (1920, 65)])
def test_png_holds_every_pixel(size_wh: tuple[int, int]) -> None:
    pixels = np.random.default_rng(4).integers(0, 256, (size_wh[1], size_wh[0], 3), np.uint8)
    read = Image.open(io.BytesIO(png(pixels)))
    assert (read.format, read.mode) == ("PNG", "RGB")
    assert np.array_equal(np.asarray(read), pixels)


@pytest.mark.parametrize("size_wh", [(20, 10), (75, 40), (300, 161)])
def test_scaling_keeps_the_mean_and_the_order_of_the_axes(size_wh: tuple[int, int]) -> None:
    across = np.linspace(0, 255, 200).astype(np.uint8)
    picture = scaled(Image.fromarray(np.tile(across, (107, 1))), size_wh)
    assert picture.size == size_wh
    pixels = np.asarray(picture).astype(float)
    assert abs(pixels.mean() - 127.5) < 1.5
    assert np.ptp(pixels.mean(0)) > 200
    assert np.ptp(pixels.mean(1)) < 1
