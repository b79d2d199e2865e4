"""Shapes of the network's outputs and the arithmetic of its masks."""

from __future__ import annotations

import pytest
import torch

from worker.embedded.labels import STUFF_NAMES, THING_NAMES
from worker.embedded.network import (
    CENTRE_STRIDE,
    DISTANCE_SCALE,
    KERNEL_CHANNELS,
    MASK_CHANNELS,
    MASK_STRIDE,
    STRIDE,
    PanopticNetwork,
    mask_logits,
)


@pytest.fixture(scope="module")
def network() -> PanopticNetwork:
    """A network with random weights."""
    torch.manual_seed(0)
    made = PanopticNetwork()
    made.eval()
    return made


@pytest.mark.parametrize("size_wh", [(32, 32), (96, 32), (64, 160)])
@torch.inference_mode()
def test_outputs_have_their_strides_for_any_size(network: PanopticNetwork, size_wh: tuple[int, int]) -> None:
    w, h = size_wh
    outputs = network(torch.zeros(2, 3, h, w))
    assert outputs.centres.shape == (2, len(THING_NAMES), h // CENTRE_STRIDE, w // CENTRE_STRIDE)
    assert outputs.kernels.shape == (2, KERNEL_CHANNELS, h // CENTRE_STRIDE, w // CENTRE_STRIDE)
    assert outputs.features.shape == (2, MASK_CHANNELS, h // MASK_STRIDE, w // MASK_STRIDE)
    assert outputs.semantics.shape == (2, len(STUFF_NAMES) + 1, h // MASK_STRIDE, w // MASK_STRIDE)


def test_it_is_small(network: PanopticNetwork) -> None:
    assert sum(p.numel() for p in network.parameters()) < 2_000_000


@torch.inference_mode()
def test_a_fresh_network_sees_hardly_any_centre(network: PanopticNetwork) -> None:
    outputs = network(torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(1)))
    assert float(torch.sigmoid(outputs.centres).mean()) < 0.1


def test_masks_are_kernel_times_features_plus_parabola() -> None:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(MASK_CHANNELS, 8, 12, generator=generator)
    kernels = torch.randn(2, KERNEL_CHANNELS, generator=generator)
    cells = torch.tensor([[0, 1], [2, 0]])
    logits = mask_logits(features, kernels, cells)
    for n, (cell_x, cell_y) in enumerate(cells.tolist()):
        k = kernels[n]
        for y, x in ((0, 0), (3, 7), (7, 11)):
            dx = (x + 0.5 - (cell_x + 0.5) * 4) / DISTANCE_SCALE
            dy = (y + 0.5 - (cell_y + 0.5) * 4) / DISTANCE_SCALE
            a, b, c, d = k[MASK_CHANNELS : MASK_CHANNELS + 4].tolist()
            expected = float(k[:MASK_CHANNELS] @ features[:, y, x]) + a * dx + b * dy + c * dx**2 + d * dy**2
            assert float(logits[n, y, x]) == pytest.approx(expected + float(k[-1]), abs=1e-4)


def test_every_second_sample_of_a_mask_can_be_had_alone() -> None:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(MASK_CHANNELS, 8, 12, generator=generator)
    kernels = torch.randn(3, KERNEL_CHANNELS, generator=generator)
    cells = torch.tensor([[0, 1], [2, 0], [1, 1]])
    whole = mask_logits(features, kernels, cells)
    coarse = mask_logits(features[:, ::2, ::2], kernels, cells, step=2)
    assert torch.allclose(coarse, whole[:, ::2, ::2], atol=1e-5)


def test_the_stride_covers_the_deepest_level() -> None:
    assert STRIDE % CENTRE_STRIDE == 0
    assert CENTRE_STRIDE % MASK_STRIDE == 0
