"""Signed Euclidean distance to the 0.5 level line of a sampled function, within a band.

The line is taken as straight pieces at sub-sample precision, and each piece gives its exact distance to the
points around it, so that the cost grows with the length of the line and not with the picture.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch

from worker.mattes.contour import level_line

_CHUNK = {"cpu": 1 << 17}
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
    # Room around the raster for the samples that a piece near its rim would reach.
    rim = math.floor(radius)
    padded = (height + 2 * rim, width + 2 * rim)
    distance = torch.full(padded, radius, dtype=torch.float32, device=values.device)
    dx, dy = _around_square(radius, values.device)
    points = torch.stack([dx, dy, torch.ones_like(dx)]).float()
    near = (dy + rim) * padded[1] + (dx + rim)
    chunk = _CHUNK.get(values.device.type, _LARGE_CHUNK)
    for pieces in torch.split(level_line(values), max(1, chunk // dx.numel()), dim=1):
        start_x, start_y, end_x, end_y = pieces
        left = (start_x + end_x).mul_(0.5).floor_().clamp_(max=width - 2)
        top = (start_y + end_y).mul_(0.5).floor_().clamp_(max=height - 2)
        index = (top.long().mul_(padded[1]) + left.long())[:, None] + near
        squared = _squared_to_pieces(points, (start_x - left, start_y - top, end_x - left, end_y - top))
        distance.view(-1).scatter_reduce_(0, index.view(-1), squared.sqrt_().view(-1), "amin")
    return distance[rim : rim + height, rim : rim + width].copysign(values - 0.5)


@lru_cache(maxsize=64)
def _around_square(radius: float, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """The samples within `radius` of a square of four: how far right of and below its first they are.

    Both of shape ``(k,)``, int64. A piece lies inside its square, so that it is no nearer to any other sample.
    """
    n = math.floor(radius)
    steps = torch.arange(-n, n + 2, device=device)
    beyond = torch.maximum(-steps, steps - 1).clamp_(min=0).square_()
    dy, dx = torch.nonzero(beyond[:, None] + beyond <= radius * radius, as_tuple=True)
    return dx - n, dy - n


def _squared_to_pieces(points: torch.Tensor, pieces: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """Squared distance of k points to n straight pieces: that across the piece, and that beyond its ends along it.

    Args:
        points: x, y and 1 of each. Shape ``(3, k)``, float32.
        pieces: Start x and y, end x and y, each of shape ``(n,)``.

    Returns:
        Shape ``(n, k)``.
    """
    start_x, start_y, end_x, end_y = pieces
    x, y = end_x - start_x, end_y - start_y
    length = (x * x).addcmul_(y, y).sqrt_()
    # A piece without length has any direction; that of x does as well as others.
    long = length > 1e-12
    x, y = torch.where(long, x / length, 1.0), torch.where(long, y / length, 0.0)
    way = torch.stack([x, y, (start_x * x).addcmul_(start_y, y).neg_()]).T @ points
    side = torch.stack([-y, x, (start_x * y).addcmul_(start_y, x, value=-1.0)]).T @ points
    beyond = way.sub_(torch.minimum(way.clamp(min=0.0), length[:, None]))
    return side.square_().addcmul_(beyond, beyond)
