"""Segments from what detectron2's heads give: boxed masks with scores, and semantic probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from worker.models.detectron2.classes import Classes
from worker.models.detectron2.paste import paste
from worker.segments import FramePrediction, Segment, boxed

FAINT = 4
"""Mask values (of 255) below this are noise: they become 0, so that boxes stay tight."""
SAME = 0.7
"""An instance whose mask agrees with a better one to this intersection over union repeats it."""
PART = 0.8
"""So does one of the same category that lies inside a better one with this share of itself."""


@dataclass(frozen=True)
class Instances:
    """The instances of one picture as a mask head gives them, at the network's input."""

    scores: Tensor
    """In [0, 1]. Shape ``(n,)``."""
    classes: Tensor
    """Class numbers. Shape ``(n,)``."""
    boxes: Tensor
    """``x0, y0, x1, y1`` in pixels. Shape ``(n, 4)``."""
    masks: Tensor
    """Probabilities in each box. Shape ``(n, m, m)``."""


@dataclass(frozen=True)
class Settings:
    """What of a network's output becomes segments."""

    min_score: float
    """Instances below are left out."""
    min_stuff_px: float
    """Stuff that prevails in fewer pixels of the network's input is left out."""


def mask_grid(size_wh: tuple[int, int], stride: int) -> tuple[int, int]:
    """Width and height of the grid with about one sample for `stride` x `stride` pixels of the network's input."""
    return max(1, round(size_wh[0] / stride)), max(1, round(size_wh[1] / stride))


def to_grid(maps: Tensor, size_wh: tuple[int, int], grid_wh: tuple[int, int]) -> Tensor:
    """The means of maps over the cells of a grid that covers the network's input without its padding.

    Args:
        maps: Shape ``(c, H, W)``, padded to the right and below.
        size_wh: Width and height of the input without padding.
        grid_wh: Width and height of the grid.

    Returns:
        Shape ``(c, h, w)``.
    """
    inside = maps[:, : size_wh[1], : size_wh[0]]
    return F.adaptive_avg_pool2d(inside, (grid_wh[1], grid_wh[0]))


def prediction(segments: Sequence[Segment], grid_wh: tuple[int, int]) -> FramePrediction:
    """A frame's prediction, highest score first."""
    return FramePrediction(grid_wh, tuple(sorted(segments, key=lambda segment: -segment.score)))


def thing_segments(
    found: Instances, classes: Classes, size_wh: tuple[int, int], grid_wh: tuple[int, int], settings: Settings
) -> list[Segment]:
    """The things among instances, each with its own mask: they overlap as they do in the picture.

    What repeats a better instance is left out, and nothing else: a tie on a person stays.
    """
    sides = found.boxes[:, 2:] - found.boxes[:, :2]
    order = found.scores.argsort(descending=True, stable=True)
    good = (found.scores >= settings.min_score) & (sides > 0).all(1) & torch.isfinite(sides).all(1)
    kept = order[good[order]]
    masks = paste(found.masks[kept], found.boxes[kept], size_wh, grid_wh)
    numbers = found.classes[kept].tolist()
    scores = found.scores[kept].tolist()
    return cut_things(masks, [classes.instances[i] for i in numbers], scores, classes.things)


def cut_things(
    masks: Tensor, names: Sequence[str], scores: Sequence[float], things: frozenset[str]
) -> list[Segment]:
    """Things from masks on the grid, without those that repeat a better one.

    Args:
        masks: uint8, shape ``(n, h, w)``, highest score first.
        names: The category of each.
        scores: In [0, 1].
        things: Names; masks of other categories are left out.
    """
    if len(masks) == 0:
        return []
    pixels = masks.cpu().numpy()
    alone = _alone(masks, names)
    found = []
    for mask, name, score, kept in zip(pixels, names, scores, alone, strict=True):
        if kept and name in things:
            found += segment_of(mask, name, True, score)
    return found


def _alone(masks: Tensor, names: Sequence[str]) -> list[bool]:
    """For each mask, best first, whether it is the first to show what it shows."""
    solid = F.avg_pool2d(masks[:, None].float(), 2, ceil_mode=True)[:, 0].flatten(1).ge(127.5).float()
    both = (solid @ solid.T).cpu().numpy()
    area = np.maximum(np.diag(both), 1)
    alone: list[bool] = []
    for i, name in enumerate(names):
        repeats = False
        for j in range(i):
            if not alone[j]:
                continue
            union = area[i] + area[j] - both[i, j]
            repeats = both[i, j] > SAME * union or (names[j] == name and both[i, j] > PART * area[i])
            if repeats:
                break
        alone.append(not repeats)
    return alone


def stuff_segments(
    probabilities: Tensor, classes: Classes, size_wh: tuple[int, int], settings: Settings
) -> list[Segment]:
    """Stuff from semantic probabilities on the grid, one segment a category.

    A category is there where it prevails, over things as well, in enough of the picture; its score is the mean
    of its probability there.

    Args:
        probabilities: In [0, 1]. Shape ``(channels, h, w)``.
        classes: What the channels are.
        size_wh: Width and height of the network's input.
        settings: What is left out.
    """
    prevails = probabilities.argmax(0)
    cell_px = size_wh[0] * size_wh[1] / prevails.numel()
    found = []
    for channel in classes.stuff_channels:
        here = prevails == channel
        area = int(here.sum())
        if area == 0 or area * cell_px < settings.min_stuff_px:
            continue
        score = float(probabilities[channel][here].float().mean())
        mask = (probabilities[channel].float().clamp(0, 1) * 255.0 + 0.5).to(torch.uint8)
        found += segment_of(mask.cpu().numpy(), classes.semantic[channel], False, score)
    return found


def segment_of(mask: npt.NDArray[np.uint8], name: str, is_thing: bool, score: float) -> list[Segment]:
    """One segment, or none where the mask (uint8, shape ``(h, w)``, the whole grid) covers nothing."""
    cut = boxed(np.where(mask < FAINT, 0, mask).astype(np.uint8))
    if cut is None:
        return []
    box, inside = cut
    return [Segment(name, is_thing, min(1.0, max(0.0, score)), box, inside)]
