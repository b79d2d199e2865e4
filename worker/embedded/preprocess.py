"""Plates to network inputs."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from worker.embedded.network import STRIDE

_MEAN = 0.45
_DEVIATION = 0.25


def normalised(pictures: Tensor) -> Tensor:
    """8-bit sRGB to what the network was trained on: about mean 0, deviation 1. float32, same shape."""
    return (pictures.float() * (1 / 255.0) - _MEAN) / _DEVIATION


def input_size(plate_wh: tuple[int, int], long_side: int) -> tuple[int, int]:
    """Width and height of the input for a plate: the long side near `long_side`, both multiples of `STRIDE`.

    The sides are rounded each on its own, so the picture is stretched a little rather than padded.
    """
    factor = long_side / max(plate_wh)
    width, height = (max(STRIDE, round(side * factor / STRIDE) * STRIDE) for side in plate_wh)
    return width, height


def resized(picture: Tensor, size_wh: tuple[int, int]) -> Tensor:
    """A uint8 picture ``(3, H, W)`` filtered to a size, uint8 again."""
    size_hw = (size_wh[1], size_wh[0])
    if picture.device.type == "cpu":
        return F.interpolate(picture[None], size_hw, mode="bilinear", antialias=True)[0]
    # Only the CPU filters bytes.
    filtered = F.interpolate(picture[None].float(), size_hw, mode="bilinear", antialias=True)[0]
    return filtered.round().clamp(0, 255).to(picture.dtype)
