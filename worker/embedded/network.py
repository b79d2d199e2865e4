"""The embedded network: a small residual backbone with a feature pyramid and three heads.

Things are found as peaks of a centre heatmap; at each peak the network also gives a kernel, and the kernel times
the mask features is that thing's mask (the dynamic kernels of CondInst, Tian et al. 2020, and Panoptic FCN, Li et
al. 2021, with one layer). The kernel carries a parabola over the distance to the peak as well, so that a thing
can keep away from its likes. Stuff comes from a semantic head, in which things of all kinds share one channel.
Mask features and semantic logits live at half the input's resolution, where edges are fine enough for soft masks;
what is coarse in them is made at a quarter of it, where there are more channels.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worker.embedded.labels import STUFF_NAMES, THING_NAMES

STRIDE = 32
"""Both sides of the input must be multiples of this."""
CENTRE_STRIDE = 8
MASK_STRIDE = 2
MASK_CHANNELS = 32
SEMANTIC_CHANNELS = len(STUFF_NAMES) + 1
"""Stuff in label order, then one channel for things of any kind."""
PARABOLA_TERMS = 4
"""Factors of dx, dy, dx squared and dy squared."""
KERNEL_CHANNELS = MASK_CHANNELS + PARABOLA_TERMS + 1
"""Factors of the mask features, the parabola, and a bias."""
DISTANCE_SCALE = 64.0
"""Mask samples that count as distance 1 in the parabola."""

_WIDTHS = (16, 32, 64, 112, 144)
_PYRAMID = 48
_FINE = 16
"""Channels at half the input's resolution, where each costs most."""


class Outputs(NamedTuple):
    """What the network gives for a batch of inputs ``(B, 3, H, W)``."""

    centres: Tensor
    """Logits of the centre heatmap. Shape ``(B, things, H / 8, W / 8)``."""
    kernels: Tensor
    """Shape ``(B, KERNEL_CHANNELS, H / 8, W / 8)``."""
    features: Tensor
    """Mask features. Shape ``(B, MASK_CHANNELS, H / 2, W / 2)``."""
    semantics: Tensor
    """Logits. Shape ``(B, SEMANTIC_CHANNELS, H / 2, W / 2)``."""


def _conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution, batch normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class _Residual(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = _conv(inputs, outputs, 3, stride)
        self.second = nn.Sequential(nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.second(self.first(x)) + self.shortcut(x))


def _stage(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(_Residual(inputs, outputs, 2), _Residual(outputs, outputs, 1))


def _up(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


class PanopticNetwork(nn.Module):
    """The whole network; see the module's text."""

    def __init__(self) -> None:
        super().__init__()
        w2, w4, w8, w16, w32 = _WIDTHS
        self.stem = _conv(3, w2, 3, 2)
        self.stages = nn.ModuleList([_stage(w2, w4), _stage(w4, w8), _stage(w8, w16), _stage(w16, w32)])
        self.context = nn.Sequential(nn.Conv2d(w32, _PYRAMID, 1), nn.ReLU(inplace=True))
        self.lateral = nn.ModuleList([nn.Conv2d(w, _PYRAMID, 1) for w in (w4, w8, w16, w32)])
        self.smooth = nn.ModuleList([_conv(_PYRAMID, _PYRAMID) for _ in range(3)])
        self.thing_tower = nn.Sequential(_conv(_PYRAMID, _PYRAMID), _conv(_PYRAMID, _PYRAMID))
        self.centre = nn.Conv2d(_PYRAMID, len(THING_NAMES), 3, 1, 1)
        self.kernel = nn.Conv2d(_PYRAMID, KERNEL_CHANNELS, 3, 1, 1)
        self.semantic = nn.Conv2d(_PYRAMID, SEMANTIC_CHANNELS, 1)
        self.descend = nn.Sequential(nn.Conv2d(_PYRAMID, _FINE, 1, bias=False), nn.BatchNorm2d(_FINE))
        self.fine = nn.Sequential(_conv(_FINE + w2, _FINE), _conv(_FINE, _FINE))
        self.mask_tower = nn.Sequential(_conv(_PYRAMID, _PYRAMID), _conv(_PYRAMID, _PYRAMID))
        self.feature = nn.Conv2d(_PYRAMID, MASK_CHANNELS, 1)
        self.feature_fine = nn.Conv2d(_FINE, MASK_CHANNELS, 1)
        self.semantic_fine = nn.Conv2d(_FINE, SEMANTIC_CHANNELS, 1)
        # Most cells hold no centre: start there, or the first steps only unlearn a heatmap full of them.
        nn.init.constant_(cast(Tensor, self.centre.bias), -4.0)
        nn.init.normal_(self.kernel.weight, std=0.01)
        nn.init.zeros_(self.semantic_fine.weight)

    def forward(self, x: Tensor) -> Outputs:
        """Run on a batch.

        Args:
            x: Pictures, normalised. Shape ``(B, 3, H, W)``, sides multiples of `STRIDE`.
        """
        half = self.stem(x)
        levels = []
        y = half
        for stage in self.stages:
            y = stage(y)
            levels.append(y)
        top = self.lateral[3](levels[3]) + self.context(levels[3].mean((2, 3), keepdim=True))
        for index in (2, 1, 0):
            top = self.smooth[index](_up(top) + self.lateral[index](levels[index]))
            if index == 1:
                eighth = top
        things = self.thing_tower(eighth)
        fine = self.fine(torch.cat((_up(self.descend(top)), half), 1))
        return Outputs(
            centres=self.centre(things),
            kernels=self.kernel(things),
            features=_up(self.feature(self.mask_tower(top))) + self.feature_fine(fine),
            semantics=_up(self.semantic(top)) + self.semantic_fine(fine),
        )


def mask_logits(features: Tensor, kernels: Tensor, cells_xy: Tensor, step: int = 1) -> Tensor:
    """The masks of some things of one picture.

    Args:
        features: Mask features, every `step`-th in x and y. Shape ``(MASK_CHANNELS, h, w)``, float32.
        kernels: One kernel a thing. Shape ``(N, KERNEL_CHANNELS)``, float32.
        cells_xy: The heatmap cell, x and y, that each kernel was read from. Shape ``(N, 2)``, int64.
        step: 1 for the features as they are.

    Returns:
        Logits, shape ``(N, h, w)``.
    """
    channels, h, w = features.shape
    count = kernels.shape[0]
    linear = kernels[:, :channels]
    parabola, bias = kernels[:, channels : channels + PARABOLA_TERMS], kernels[:, -1:]
    logits = (linear @ features.reshape(channels, h * w)).reshape(count, h, w)
    # The centre of a heatmap cell, in mask samples.
    origin = (cells_xy.to(features.dtype) + 0.5) * (CENTRE_STRIDE / MASK_STRIDE)
    dx = (torch.arange(w, device=features.device) * step + 0.5 - origin[:, :1]) / DISTANCE_SCALE
    dy = (torch.arange(h, device=features.device) * step + 0.5 - origin[:, 1:]) / DISTANCE_SCALE
    across = parabola[:, 0:1] * dx + parabola[:, 2:3] * dx.square()
    down = parabola[:, 1:2] * dy + parabola[:, 3:4] * dy.square() + bias
    return logits + across[:, None, :] + down[:, :, None]
