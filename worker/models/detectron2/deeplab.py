"""Soft masks from Panoptic-DeepLab's heads: centres, the way from each pixel to its centre, and semantics.

The network's own post-processing gives each pixel to the nearest centre (Cheng et al., "Panoptic-DeepLab",
CVPR 2020, section 3.2). Here a pixel belongs to every centre by how near it points to it, times the probability
that it shows a thing at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from worker.models.detectron2.classes import Classes
from worker.models.detectron2.segmenting import Settings, cut_things, stuff_segments, to_grid
from worker.segments import Segment

_AT_ONCE = 1 << 25


@dataclass(frozen=True)
class Heads:
    """What the heads give for one picture, at the size of the network's input with its padding."""

    semantic: Tensor
    """Logits. Shape ``(channels, H, W)``."""
    centres: Tensor
    """How much a pixel is a thing's centre, about [0, 1]. Shape ``(1, H, W)``."""
    offsets: Tensor
    """From each pixel to its thing's centre: down, right, in pixels. Shape ``(2, H, W)``."""


@dataclass(frozen=True)
class Grouping:
    """How pixels find their centre; the names of the config are `MODEL.PANOPTIC_DEEPLAB`'s."""

    threshold: float
    """Least value of a centre (``CENTER_THRESHOLD``)."""
    nms_px: int
    """Side of the window in which a centre is the highest (``NMS_KERNEL``)."""
    top: int
    """Most centres (``TOP_K_INSTANCE``)."""
    sigma_px: float
    """How far from a centre a pixel may point before it doubts; the width that centres were drawn with."""


def deeplab_segments(
    heads: Heads,
    classes: Classes,
    size_wh: tuple[int, int],
    grid_wh: tuple[int, int],
    grouping: Grouping,
    settings: Settings,
) -> list[Segment]:
    """The segments of one picture, with masks on a grid that covers it exactly."""
    probabilities = to_grid(heads.semantic.float().softmax(0), size_wh, grid_wh)
    stuff = stuff_segments(probabilities, classes, size_wh, settings)
    where, heat = find_centres(heads.centres[:, : size_wh[1], : size_wh[0]], grouping)
    if len(where) == 0 or not classes.thing_channels:
        return stuff
    offsets = to_grid(heads.offsets.float(), size_wh, grid_wh)
    share = membership(offsets, where, size_wh, grouping.sigma_px)
    things = probabilities[list(classes.thing_channels)]
    masks = share * things.sum(0)
    # The class of a thing is what its pixels say together.
    votes = masks.flatten(1) @ things.flatten(1).T
    best = votes.argmax(1)
    # How sure it is shows where it covers, not in its edge.
    solid = torch.where(masks > 0.5, masks, 1e-3 * masks).flatten(1)
    sure = (solid @ things.flatten(1).T).gather(1, best[:, None])[:, 0] / solid.sum(1).clamp(min=1e-6)
    scores = sure * heat.clamp(0, 1)
    order = scores.argsort(descending=True, stable=True)
    order = order[scores[order] >= settings.min_score]
    quantised = (masks[order].clamp(0, 1) * 255.0 + 0.5).to(torch.uint8)
    names = [classes.semantic[classes.thing_channels[i]] for i in best[order].tolist()]
    return cut_things(quantised, names, scores[order].tolist(), classes.things) + stuff


def find_centres(centres: Tensor, grouping: Grouping) -> tuple[Tensor, Tensor]:
    """The centres of things.

    Returns:
        Pixel positions, down and right, shape ``(n, 2)``, and their values, shape ``(n,)``; highest first.
    """
    heat = centres.float()
    padding = (grouping.nms_px - 1) // 2
    highest = F.max_pool2d(heat[None], grouping.nms_px, stride=1, padding=padding)[0]
    if highest.shape != heat.shape:
        highest = F.pad(highest, (0, heat.shape[2] - highest.shape[2], 0, heat.shape[1] - highest.shape[1]))
    peaks = torch.where((heat == highest) & (heat > grouping.threshold), heat, torch.zeros_like(heat))[0]
    values, at = peaks.flatten().topk(min(grouping.top, peaks.numel()))
    values, at = values[values > 0], at[values > 0]
    width = peaks.shape[1]
    return torch.stack((at // width, at % width), 1), values


def membership(offsets: Tensor, where: Tensor, size_wh: tuple[int, int], sigma_px: float) -> Tensor:
    """How much each cell of the grid belongs to each centre; over the centres it sums to 1.

    A centre's weight falls with the distance to where a cell points as a Gaussian of `sigma_px` does.

    Args:
        offsets: Shape ``(2, h, w)``, down and right, in pixels.
        where: Shape ``(n, 2)``.
        size_wh: Width and height of what the grid covers, in pixels.
        sigma_px: See `Grouping.sigma_px`.

    Returns:
        Shape ``(n, h, w)``.
    """
    _, h, w = offsets.shape
    y = (torch.arange(h, device=offsets.device, dtype=torch.float32) + 0.5) * (size_wh[1] / h) - 0.5
    x = (torch.arange(w, device=offsets.device, dtype=torch.float32) + 0.5) * (size_wh[0] / w) - 0.5
    down, right = y[:, None] + offsets[0], x[None, :] + offsets[1]
    logits = torch.empty((len(where), h, w), device=offsets.device)
    step = max(1, _AT_ONCE // (h * w))
    for first in range(0, len(where), step):
        part = where[first : first + step].float()
        squared = (down - part[:, 0, None, None]) ** 2 + (right - part[:, 1, None, None]) ** 2
        logits[first : first + step] = squared / (-2.0 * sigma_px**2)
    return logits.softmax(0)
