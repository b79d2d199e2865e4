"""From the network's outputs to segments with soft masks."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from worker.embedded.labels import STUFF_NAMES, THING_NAMES
from worker.embedded.network import Outputs, mask_logits
from worker.segments import FramePrediction, Segment

MAX_THINGS = 32
"""Most peaks that are looked at."""
MIN_SCORE = 0.12
"""Things below are not worth handing on; a person sees better ones first."""
MIN_STUFF_SCORE = 0.6
"""Stuff below is mostly a patch of something else that the network cannot name."""
MIN_MASS = 0.0003
"""Least sum of a mask, as a share of the grid."""
FAINT = 4
"""Mask values below this are noise: they become 0, so that boxes stay tight."""


def _peaks(centres: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Local maxima of the heatmap.

    Args:
        centres: Logits, shape ``(things, h, w)``.

    Returns:
        Scores ``(n,)``, classes ``(n,)`` and cells, x and y, ``(n, 2)``; highest score first.
    """
    heat = torch.sigmoid(centres.float())
    is_peak = (F.max_pool2d(heat[None], 3, 1, 1)[0] == heat) & (heat > MIN_SCORE)
    flat = (heat * is_peak).flatten()
    scores, order = flat.topk(min(MAX_THINGS, flat.numel()))
    order = order[scores > 0]
    _, h, w = heat.shape
    cells = torch.stack((order % w, order // w % h), 1)
    return scores[scores > 0], order // (h * w), cells


def _suppressed(scores: Tensor, classes: Tensor, solid: Tensor) -> Tensor:
    """Lower the score of things that repeat a better one (soft suppression by mask overlap).

    Args:
        scores: Highest first. Shape ``(n,)``.
        classes: Shape ``(n,)``.
        solid: Whether each sample is covered. bool, shape ``(n, h, w)``.

    Returns:
        New scores, shape ``(n,)``.
    """
    flat = solid.flatten(1).float()
    both = flat @ flat.T
    area = flat.sum(1)
    iou = both / (area[:, None] + area[None, :] - both).clamp(min=1)
    # A part of a thing, found again as a thing of its own, overlaps little by union but wholly by its own area.
    inside = both / area[None, :].clamp(min=1) * (classes[:, None] == classes[None, :])
    overlap = torch.maximum(iou, inside * 0.9).triu(1)
    worst = overlap.amax(0)
    return scores * torch.exp(-4.0 * worst.square()) * (worst < 0.8)


def _boxed_segments(masks: Tensor, scores: list[float], names: list[str], is_thing: bool) -> list[Segment]:
    """Cut masks to their boxes. `masks` is uint8 of shape ``(n, h, w)``."""
    rows, cols = masks.amax(2) > 0, masks.amax(1) > 0
    h, w = masks.shape[1:]
    x0, y0 = cols.int().argmax(1).tolist(), rows.int().argmax(1).tolist()
    x1, y1 = (w - cols.flip(1).int().argmax(1)).tolist(), (h - rows.flip(1).int().argmax(1)).tolist()
    pixels = masks.cpu().numpy()
    return [
        Segment(
            names[i], is_thing, scores[i], (x0[i], y0[i], x1[i], y1[i]),
            np.ascontiguousarray(pixels[i, y0[i] : y1[i], x0[i] : x1[i]]),
        )
        for i in range(len(names))
    ]  # fmt: skip


def _quantised(p: Tensor) -> Tensor:
    """Coverage in [0, 1] to uint8, faint values to 0."""
    values = (p * 255.0 + 0.5).to(torch.uint8)
    return values * (values >= FAINT)


def _things(outputs: Outputs) -> list[Segment]:
    scores, classes, cells = _peaks(outputs.centres[0])
    if len(scores) == 0:
        return []
    kernels = outputs.kernels[0, :, cells[:, 1], cells[:, 0]].T.float()
    features = outputs.features[0].float()
    # Most peaks are turned down; a quarter of the samples is enough to know which.
    coarse = torch.sigmoid(mask_logits(features[:, ::2, ::2], kernels, cells, step=2))
    solid = coarse > 0.5
    # How sure the mask is of what it covers: a peak with a vague mask is seldom a thing.
    firmness = (coarse * solid).sum((1, 2)) / solid.sum((1, 2)).clamp(min=1)
    scores = _suppressed(scores, classes, solid) * firmness
    keep = (scores >= MIN_SCORE) & (coarse.mean((1, 2)) >= MIN_MASS) & solid.any(2).any(1)
    p = torch.sigmoid(mask_logits(features, kernels[keep], cells[keep]))
    names = [THING_NAMES[c] for c in classes[keep].tolist()]
    return _boxed_segments(_quantised(p), scores[keep].tolist(), names, True) if names else []


def _stuff(outputs: Outputs) -> list[Segment]:
    p = outputs.semantics[0].float().softmax(0)[: len(STUFF_NAMES)]
    solid = p > 0.5
    count = solid.sum((1, 2))
    scores = (p * solid).sum((1, 2)) / count.clamp(min=1)
    keep = (scores >= MIN_STUFF_SCORE) & (count >= MIN_MASS * solid[0].numel())
    names = [name for name, kept in zip(STUFF_NAMES, keep.tolist(), strict=True) if kept]
    return _boxed_segments(_quantised(p[keep]), scores[keep].tolist(), names, False) if names else []


def decode(outputs: Outputs) -> FramePrediction:
    """The segments of one picture.

    Args:
        outputs: The network's outputs for a batch of one.
    """
    h, w = outputs.semantics.shape[-2:]
    segments = sorted([*_things(outputs), *_stuff(outputs)], key=lambda segment: -segment.score)
    return FramePrediction((w, h), tuple(segments))
