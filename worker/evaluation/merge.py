"""From soft, overlapping segments to a map with one segment a pixel, for scoring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from worker.evaluation.panoptic import VOID, PanopticMap
from worker.segments import FramePrediction, full_mask

MIN_SHARE = 0.001
"""Segments that end up with less of the picture are left out (void)."""
MIN_KEPT = 0.4
"""A thing that keeps less of its own mask after the others took theirs is left out."""


@dataclass(frozen=True)
class LeastScores:
    """Segments below take no part."""

    thing: float
    stuff: float


def merge(prediction: FramePrediction, size_wh: tuple[int, int], least: LeastScores) -> PanopticMap:
    """Give every pixel to the segment whose mask, weighted with its score, is highest there.

    Segments below their least score take no part. A thing that loses most of its own mask (its values above one
    half) to others, or a segment that keeps less than `MIN_SHARE` of the picture, leaves its pixels void.

    Args:
        prediction: The segments.
        size_wh: Size of the map; masks are interpolated to it bilinearly.
        least: Least scores.
    """
    segments = [s for s in prediction.segments if s.score >= (least.thing if s.is_thing else least.stuff)]
    width, height = size_wh
    if not segments:
        return PanopticMap(np.full((height, width), VOID, np.int32), {})
    masks = np.stack([full_mask(s, prediction.grid_wh) for s in segments])
    soft = F.interpolate(
        torch.from_numpy(masks)[None].float() / 255.0, (height, width), mode="bilinear", align_corners=False
    )[0]
    weights = torch.tensor([s.score**0.5 if s.is_thing else 1.0 for s in segments])
    weighted = soft * weights[:, None, None]
    best, owner = weighted.max(0)
    ids = torch.where(best > 0, owner + 1, VOID).to(torch.int32)
    categories: dict[int, str] = {}
    for index, segment in enumerate(segments):
        mine = ids == index + 1
        area = int(mine.sum())
        own = int((soft[index] > 0.5).sum())
        lost = segment.is_thing and int((mine & (soft[index] > 0.5)).sum()) < MIN_KEPT * own
        if area < MIN_SHARE * width * height or lost:
            ids[mine] = VOID
        else:
            categories[index + 1] = segment.category
    return PanopticMap(ids.numpy(), categories)
