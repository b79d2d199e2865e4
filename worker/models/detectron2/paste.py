"""Instance masks from their boxes into a mask grid, with their softness."""

from __future__ import annotations

import torch
from torch import Tensor

_AT_ONCE = 1 << 26
"""Values that are pasted at once."""


def paste(masks: Tensor, boxes: Tensor, size_wh: tuple[int, int], grid_wh: tuple[int, int]) -> Tensor:
    """Lay masks over their boxes and take the mean over each cell of a grid.

    A mask is continued between the centres of its samples linearly, and from the outer ones to 0 one sample
    further out, as detectron2's own pasting does; that one looks at single points, this at the exact mean of a
    cell. Both steps are linear and separable, so that they are two small matrices an instance.

    Args:
        masks: Probabilities in [0, 1]. Shape ``(n, m, m)``, float.
        boxes: ``x0, y0, x1, y1`` in pixels of the network's input, of width and height above 0. Shape ``(n, 4)``.
        size_wh: Width and height of the network's input, without padding.
        grid_wh: Width and height of the grid, which covers it exactly.

    Returns:
        Coverage in [0, 1]. uint8, 255 is full. Shape ``(n, h, w)``.
    """
    grid_w, grid_h = grid_wh
    out = torch.empty((len(masks), grid_h, grid_w), dtype=torch.uint8, device=masks.device)
    step = max(1, _AT_ONCE // (grid_w * grid_h))
    for first in range(0, len(masks), step):
        part = slice(first, first + step)
        across = _cell_means(boxes[part, 0], boxes[part, 2], masks.shape[2], size_wh[0], grid_w)
        down = _cell_means(boxes[part, 1], boxes[part, 3], masks.shape[1], size_wh[1], grid_h)
        pasted = down @ masks[part].float() @ across.transpose(1, 2)
        out[part] = (pasted.clamp(0, 1) * 255.0 + 0.5).to(torch.uint8)
    return out


def _cell_means(low: Tensor, high: Tensor, samples: int, size: int, cells: int) -> Tensor:
    """How much of each sample is in the mean over each cell, along one axis. Shape ``(n, cells, samples)``."""
    # In double precision: the differences below are small where a box is much larger than a cell.
    edges = torch.arange(cells + 1, dtype=torch.float64, device=low.device) * (size / cells)
    scale = samples / (high.double() - low.double())
    at = (edges[None, :] - low.double()[:, None]) * scale[:, None] - 0.5
    reached = _hat_integral(at[:, :, None] - torch.arange(samples, dtype=torch.float64, device=low.device))
    return ((reached[:, 1:] - reached[:, :-1]) / (at[:, 1:] - at[:, :-1])[:, :, None]).float()


def _hat_integral(t: Tensor) -> Tensor:
    """The integral up to `t` of the hat ``max(0, 1 - |t|)``."""
    t = t.clamp(-1, 1)
    return torch.where(t < 0, 0.5 * (1 + t) ** 2, 1 - 0.5 * (1 - t) ** 2)
