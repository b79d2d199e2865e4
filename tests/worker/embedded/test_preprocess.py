"""Sizes and values at the network's input."""

from __future__ import annotations

import pytest
import torch

from worker.embedded.network import STRIDE
from worker.embedded.preprocess import input_size, normalised, resized


@pytest.mark.parametrize(
    ("plate_wh", "expected"),
    [
        pytest.param((1280, 720), (640, 352), id="wide"),
        pytest.param((1080, 1920), (352, 640), id="portrait"),
        pytest.param((7680, 4320), (640, 352), id="8K"),
        pytest.param((500, 500), (640, 640), id="square"),
        pytest.param((1, 1), (640, 640), id="one pixel"),
        pytest.param((4000, 3), (640, 32), id="a line"),
    ],
)
def test_the_long_side_is_met_and_sides_are_multiples(
    plate_wh: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert input_size(plate_wh, 640) == expected
    assert all(side % STRIDE == 0 for side in expected)


def test_values_are_centred_and_scaled() -> None:
    values = normalised(torch.tensor([0, 115, 255], dtype=torch.uint8))
    assert values.tolist() == pytest.approx([-1.8, 0.0, 2.2], abs=0.01)


def test_resizing_averages_what_it_leaves_out() -> None:
    checks = (torch.arange(64)[:, None] + torch.arange(64)[None, :]) % 2 * 255
    small = resized(checks.to(torch.uint8).expand(3, 64, 64), (8, 4))
    assert small.shape == (3, 4, 8)
    assert small.dtype == torch.uint8
    assert int((small.int() - 127).abs().max()) <= 2


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_resizes_as_the_cpu_does() -> None:
    picture = torch.randint(0, 256, (3, 90, 160), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    on_gpu = resized(picture.cuda(), (64, 32)).cpu()
    assert int((on_gpu.int() - resized(picture, (64, 32)).int()).abs().max()) <= 1
