"""From queries to segments with soft, overlapping masks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from worker.labels import LabelSet
from worker.segments import UNTRACKED, FramePrediction, Segment

FAINT = 4
"""Mask values below this are noise: they become 0, so that boxes stay tight."""
SAME_THING = 0.8
"""Two things of one category whose solid parts overlap by more (IoU) are one, found twice."""


@dataclass(frozen=True)
class MaskGrid:
    """Where the plate lies in the masks of a network."""

    canvas_hw: tuple[int, int]
    """The network's input."""
    picture_hw: tuple[int, int]
    """The plate's part of the input, from the upper left."""

    def cut(self, masks: Tensor) -> Tensor:
        """Leave the padding of the input away, so that the grid covers the plate exactly.

        Args:
            masks: Logits for the whole input. Shape ``(n, h, w)``.

        Returns:
            Shape ``(n, h', w')``. Where the plate ends inside a sample, all are interpolated to those of a grid
            that ends with it.
        """
        for axis in (1, 2):
            whole, part = self.canvas_hw[axis - 1], self.picture_hw[axis - 1]
            samples = masks.shape[axis]
            # A network that pads its own input has a last sample that is only partly covered.
            stride = max(1, round(whole / samples))
            exact = part / stride
            count = min(samples, math.ceil(exact))
            masks = masks.narrow(axis, 0, count)
            if exact != count and exact > 1:
                masks = _squeezed(masks, exact, axis)
        return masks


def _squeezed(masks: Tensor, exact: float, axis: int) -> Tensor:
    """The first `exact` samples along an axis, interpolated linearly to as many whole ones as there are."""
    count = masks.shape[axis]
    where = (torch.arange(count, device=masks.device) + 0.5) * (exact / count) - 0.5
    below = where.floor().clamp(0, count - 1).long()
    above = (below + 1).clamp(max=count - 1)
    weight = (where - below).clamp(0, 1)
    weight = weight[:, None] if axis == 1 else weight
    first, second = masks.index_select(axis, below), masks.index_select(axis, above)
    return first + (second - first) * weight.to(masks.dtype)


@dataclass(frozen=True)
class Keeping:
    """Which queries become segments."""

    labels: LabelSet
    min_score: float


def find_segments(
    classes: Tensor, masks: Tensor, grid: MaskGrid, keeping: Keeping, first_track: int | None = None
) -> FramePrediction:
    """The segments of one frame.

    A query becomes a segment if a category is its likeliest class, likelier than the least score, and its mask is
    solid somewhere. Stuff of one category is joined; a thing found twice is kept once.

    Args:
        classes: Logits of the categories and, last, of nothing. Shape ``(queries, categories + 1)``.
        masks: Logits. Shape ``(queries, h, w)``.
        grid: Where the plate lies in them.
        keeping: Categories and least score.
        first_track: The track of the first query's thing, the next's is one higher; None where queries carry none.
    """
    names, stuff = keeping.labels.names, [not c.is_thing for c in keeping.labels.categories]
    scores, categories = classes.float().softmax(-1).max(-1)
    kept = (categories < len(names)) & (scores > keeping.min_score)
    queries = kept.nonzero()[:, 0]
    queries = queries[scores[queries].argsort(descending=True, stable=True)]
    soft = torch.sigmoid(grid.cut(masks[queries].float()))
    grid_wh = (soft.shape[2], soft.shape[1])
    numbers, values, sources = categories[queries].tolist(), scores[queries].tolist(), queries.tolist()

    rows: list[tuple[str, bool, float, int]] = []
    joined: list[Tensor] = []
    place: dict[int, int] = {}
    for index, number in enumerate(numbers):
        if stuff[number] and number in place:
            joined[place[number]] = torch.maximum(joined[place[number]], soft[index])
            continue
        place[number] = len(rows)
        track = UNTRACKED if stuff[number] or first_track is None else first_track + sources[index]
        rows.append((names[number], not stuff[number], values[index], track))
        joined.append(soft[index])
    if not rows:
        return FramePrediction(grid_wh, ())
    layers = torch.stack(joined)
    solid = layers > 0.5
    good = solid.flatten(1).any(1) & ~_repeated(solid, rows)
    picked = good.nonzero()[:, 0].tolist()
    return FramePrediction(grid_wh, tuple(_boxed(_quantised(layers[good]), [rows[i] for i in picked])))


def _repeated(solid: Tensor, rows: list[tuple[str, bool, float, int]]) -> Tensor:
    """Which things repeat a better one of their category. `solid` has shape ``(n, h, w)``, the best first."""
    flat = solid.flatten(1).float()
    both = flat @ flat.T
    area = flat.sum(1)
    iou = both / (area[:, None] + area[None, :] - both).clamp(min=1)
    keys = {name: number for number, (name, *_) in enumerate(rows)}
    categories = torch.tensor([keys[name] for name, *_ in rows], device=solid.device)
    things = torch.tensor([is_thing for _, is_thing, *_ in rows], device=solid.device)
    same = (categories[:, None] == categories[None, :]) & things[None, :]
    return ((iou > SAME_THING) & same).triu(1).any(0)


def _quantised(soft: Tensor) -> Tensor:
    """Coverage in [0, 1] to uint8, faint values to 0."""
    values = (soft * 255.0 + 0.5).to(torch.uint8)
    return values * (values >= FAINT)


def _boxed(masks: Tensor, rows: list[tuple[str, bool, float, int]]) -> list[Segment]:
    """Cut masks to their boxes. `masks` is uint8 of shape ``(n, h, w)``, none of them empty."""
    lines, columns = masks.amax(2) > 0, masks.amax(1) > 0
    h, w = masks.shape[1:]
    x0, y0 = columns.int().argmax(1).tolist(), lines.int().argmax(1).tolist()
    x1, y1 = (w - columns.flip(1).int().argmax(1)).tolist(), (h - lines.flip(1).int().argmax(1)).tolist()
    pixels = masks.cpu().numpy()
    return [
        Segment(
            name, is_thing, score, (x0[i], y0[i], x1[i], y1[i]),
            np.ascontiguousarray(pixels[i, y0[i] : y1[i], x0[i] : x1[i]]), track,
        )
        for i, (name, is_thing, score, track) in enumerate(rows)
    ]  # fmt: skip
