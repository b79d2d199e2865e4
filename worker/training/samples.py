"""Frames to training samples: crop, flip, colour, and the targets of the network's heads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from worker.embedded.labels import STUFF_NAMES, THING_NAMES
from worker.embedded.network import CENTRE_STRIDE, MASK_STRIDE, SEMANTIC_CHANNELS
from worker.training.shards import StoredFrame

MAX_THINGS = 8
"""Most things of one sample that get a mask loss; the largest are kept."""
MIN_AREA = 0.0012
"""A thing that covers less of the crop is neither asked for nor held against the network."""


@dataclass(frozen=True)
class Sample:
    """One crop with its targets. h and w are its sides."""

    picture: Tensor
    """uint8, shape ``(3, h, w)``."""
    heat: Tensor
    """Centre heatmap, 1 at centres, falling off as a Gaussian. float32, ``(things, h / 8, w / 8)``."""
    heat_weight: Tensor
    """0 where something too small to ask for lies, else 1. Shape of `heat`'s planes."""
    semantics: Tensor
    """Coverage by semantic channel. uint8, ``(SEMANTIC_CHANNELS, h / 2, w / 2)``."""
    masks: Tensor
    """Coverage by thing. uint8, ``(n, h / 2, w / 2)``."""
    cells_xy: Tensor
    """Heatmap cell (x, y) that each thing's kernel is read from: its centre or next to it. int64, ``(n, 2)``."""


def _crop_box(
    rng: np.random.Generator, frame_wh: tuple[int, int], out_wh: tuple[int, int], zoom: tuple[float, float]
) -> tuple[int, int, int, int]:
    """A random part of the frame: `zoom` is the range of output pixels per frame pixel."""
    w, h = frame_wh
    factor = float(np.exp(rng.uniform(np.log(zoom[0]), np.log(zoom[1]))))
    stretch = float(np.exp(rng.uniform(-0.08, 0.08)))
    cw = min(w, max(32, round(out_wh[0] / factor * stretch)))
    ch = min(h, max(32, round(out_wh[1] / factor / stretch)))
    x, y = int(rng.integers(0, w - cw + 1)), int(rng.integers(0, h - ch + 1))
    return x, y, x + cw, y + ch


def _resized(planes: Tensor, out_wh: tuple[int, int]) -> Tensor:
    """uint8 planes ``(C, h, w)`` filtered to another size."""
    if planes.shape[0] == 0:
        return planes.new_zeros((0, out_wh[1], out_wh[0]))
    return F.interpolate(planes[None], (out_wh[1], out_wh[0]), mode="bilinear", antialias=True)[0]


def _halved(planes: Tensor) -> Tensor:
    """Means over squares of two by two, rounded. uint8 to uint8."""
    wide = planes.to(torch.int16)
    rows = wide[:, 0::2] + wide[:, 1::2]
    return ((rows[..., 0::2] + rows[..., 1::2] + 2) >> 2).to(torch.uint8)


def centre_cell(mask: Tensor) -> tuple[int, int]:
    """The heatmap cell (x, y) of a thing: the well covered cell nearest to the middle of its coverage.

    Args:
        mask: Coverage, uint8, shape ``(h / MASK_STRIDE, w / MASK_STRIDE)``; not all zero.
    """
    ratio = CENTRE_STRIDE // MASK_STRIDE
    cover = F.avg_pool2d(mask[None].float(), ratio)[0]
    ys, xs = torch.arange(cover.shape[0])[:, None], torch.arange(cover.shape[1])[None, :]
    total = cover.sum().clamp(min=1e-6)
    cy, cx = (cover * ys).sum() / total, (cover * xs).sum() / total
    distance = (ys - cy).square() + (xs - cx).square()
    distance = distance.masked_fill(cover < 0.5 * cover.max(), torch.inf)
    index = int(distance.argmin())
    return index % cover.shape[1], index // cover.shape[1]


def _splat(heat: Tensor, cell_xy: tuple[int, int], area: float) -> None:
    """Raise the heatmap to a Gaussian around a cell; its width grows with the thing's area (in cells)."""
    sigma = float(np.clip(0.12 * np.sqrt(area), 0.5, 2.2))
    h, w = heat.shape
    dx = (torch.arange(w) - cell_xy[0]).square()
    dy = (torch.arange(h) - cell_xy[1]).square()
    bump = torch.exp(-(dy[:, None] + dx[None, :]) / (2 * sigma**2))
    torch.maximum(heat, bump, out=heat)


def make_sample(
    frame: StoredFrame, rng: np.random.Generator, out_wh: tuple[int, int], zoom: tuple[float, float]
) -> Sample:
    """Cut a sample from a frame.

    Args:
        frame: The frame.
        rng: Decides crop and flip.
        out_wh: Size of the sample.
        zoom: Range of output pixels per frame pixel.
    """
    h, w = frame.rgb.shape[:2]
    x0, y0, x1, y1 = _crop_box(rng, (w, h), out_wh, zoom)
    flip = rng.random() < 0.5
    picture = torch.from_numpy(np.ascontiguousarray(frame.rgb[y0:y1, x0:x1].transpose(2, 0, 1)))
    planes = np.zeros((SEMANTIC_CHANNELS, y1 - y0, x1 - x0), np.uint8)
    things: list[np.ndarray] = []
    classes: list[int] = []
    for segment in frame.segments:
        sx0, sy0, sx1, sy1 = segment.box
        ax, ay, bx, by = max(sx0, x0), max(sy0, y0), min(sx1, x1), min(sy1, y1)
        if ax >= bx or ay >= by:
            continue
        part = segment.alpha[ay - sy0 : by - sy0, ax - sx0 : bx - sx0]
        target = (slice(ay - y0, by - y0), slice(ax - x0, bx - x0))
        if segment.is_thing:
            whole = np.zeros(planes.shape[1:], np.uint8)
            whole[target] = part
            things.append(whole)
            classes.append(THING_NAMES.index(segment.category))
            planes[-1] += whole
        else:
            planes[STUFF_NAMES.index(segment.category)][target] = part
    picture = _resized(picture, out_wh)
    semantics = _halved(_resized(torch.from_numpy(planes), out_wh))
    stacked = np.stack(things) if things else np.zeros((0, *planes.shape[1:]), np.uint8)
    masks = _halved(_resized(torch.from_numpy(stacked), out_wh))
    if flip:
        picture, semantics, masks = picture.flip(-1), semantics.flip(-1), masks.flip(-1)
    return _with_targets(picture, semantics, masks, classes, rng)


def _kernel_cell(rng: np.random.Generator, cell_xy: tuple[int, int], grid_hw: tuple[int, int]) -> tuple[int, int]:
    """The centre, or half the time a cell next to it: at inference, peaks are off by one now and then."""
    if rng.random() < 0.5:
        return cell_xy
    dx, dy = rng.integers(-1, 2, 2).tolist()
    return min(max(cell_xy[0] + dx, 0), grid_hw[1] - 1), min(max(cell_xy[1] + dy, 0), grid_hw[0] - 1)


def _with_targets(
    picture: Tensor, semantics: Tensor, masks: Tensor, classes: list[int], rng: np.random.Generator
) -> Sample:
    """Add heatmap and centres; drop things that are too small."""
    grid = (picture.shape[1] // CENTRE_STRIDE, picture.shape[2] // CENTRE_STRIDE)
    heat = torch.zeros((len(THING_NAMES), *grid))
    weight = torch.ones(grid)
    ratio = CENTRE_STRIDE // MASK_STRIDE
    shares = masks.sum((1, 2), dtype=torch.float32) / (255.0 * masks[0].numel() if len(masks) else 1.0)
    cells: list[tuple[int, int]] = []
    kept: list[int] = []
    for index in torch.argsort(shares, descending=True).tolist():
        share = float(shares[index])
        if share < MIN_AREA:
            cover = F.max_pool2d(masks[index][None].float(), ratio)[0]
            weight[cover > 64] = 0.0
            continue
        cell = centre_cell(masks[index])
        _splat(heat[classes[index]], cell, share * grid[0] * grid[1])
        if len(kept) < MAX_THINGS:
            cells.append(_kernel_cell(rng, cell, grid))
            kept.append(index)
    # A centre always counts, even on top of something small.
    weight[heat.amax(0) == 1.0] = 1.0
    return Sample(
        picture, heat, weight, semantics, masks[kept], torch.tensor(cells, dtype=torch.int64).reshape(-1, 2)
    )
