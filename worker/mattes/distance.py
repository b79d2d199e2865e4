"""Signed Euclidean distance to the 0.5 level line of a sampled function, within a band.

The line is taken as straight pieces at sub-sample precision, and each piece gives its exact distance to the
points around it, so that the cost grows with the length of the line and not with the picture.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch

from worker.mattes.contour import level_line

_CHUNK = {"cpu": 1 << 16}
"""Distances computed at once, by kind of device: on the CPU as many as its cache holds."""

_LARGE_CHUNK = 1 << 22


def signed_distance(values: torch.Tensor, radius: float) -> torch.Tensor:
    """Distance of every sample to the 0.5 level line.

    Args:
        values: Shape ``(h, w)``, float32: samples at whole coordinates; inside is 0.5 and above.
        radius: Distances beyond it are cut to it. In samples.

    Returns:
        Shape ``(h, w)``, float32, in ``[-radius, radius]``: in samples, above 0 inside.
    """
    height, width = values.shape
    # The middle of a piece is up to sqrt(1/2) from its nearest sample, and its ends up to sqrt(1/2) from there.
    extent = radius + math.sqrt(2.0)
    # Room around the raster for the samples that a piece near its rim would reach.
    rim = math.floor(extent)
    padded = (height + 2 * rim, width + 2 * rim)
    squared = torch.full(padded, radius * radius, dtype=torch.float32, device=values.device)
    dx, dy = _disc(extent, values.device)
    index_in_disc = (dy + rim) * padded[1] + (dx + rim)
    chunk = _CHUNK.get(values.device.type, _LARGE_CHUNK)
    for pieces in torch.split(level_line(values), max(1, chunk // dx.numel())):
        nearest = pieces.view(-1, 2, 2).mean(1).round_()
        index = (nearest[:, 1].long() * padded[1] + nearest[:, 0].long())[:, None] + index_in_disc
        d2 = _squared_to_pieces(dx.float(), dy.float(), pieces.view(-1, 2, 2) - nearest[:, None])
        squared.view(-1).scatter_reduce_(0, index.view(-1), d2.view(-1), "amin")
    distance = squared[rim : rim + height, rim : rim + width].sqrt()
    return distance.copysign_(values - 0.5)


@lru_cache(maxsize=64)
def _disc(extent: float, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """The whole offsets within `extent` of 0."""
    n = math.floor(extent)
    steps = torch.arange(-n, n + 1, device=device)
    dx, dy = torch.meshgrid(steps, steps, indexing="xy")
    keep = dx * dx + dy * dy <= extent * extent
    return dx[keep], dy[keep]


def _squared_to_pieces(x: torch.Tensor, y: torch.Tensor, pieces: torch.Tensor) -> torch.Tensor:
    """Squared distance of k points to n straight pieces.

    With p from a piece's start to the point, e from its start to its end and t = p.e / e.e cut to [0, 1], it is
    p.p - t (2 p.e - t e.e).

    Args:
        x: Shape ``(k,)``.
        y: Shape ``(k,)``.
        pieces: Shape ``(n, 2, 2)``: start and end, each x and y.

    Returns:
        Shape ``(n, k)``.
    """
    start_x, start_y, end_x, end_y = (column[:, None] for column in pieces.reshape(-1, 4).unbind(1))
    ex, ey = end_x - start_x, end_y - start_y
    ee = (ex * ex + ey * ey).clamp_(min=1e-12)
    squared = (x - start_x).square_()
    squared += (y - start_y).square_()
    pe = torch.addcmul(-(start_x * ex + start_y * ey), x, ex).addcmul_(y, ey)
    t = (pe / ee).clamp_(0.0, 1.0)
    return squared.addcmul_(t, pe.mul_(2.0).addcmul_(t, ee, value=-1.0), value=-1.0).clamp_(min=0.0)
