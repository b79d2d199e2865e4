"""Signed Euclidean distance to the 0.5 level line of a sampled function, within a band.

The line is taken as straight pieces at sub-sample precision, and each piece gives its exact distance to the
points around it, so that the cost grows with the length of the line and not with the picture.
"""

from __future__ import annotations

import math

import torch

from worker.mattes.contour import level_line

_CHUNK = 1 << 21
"""Distances computed at once: bounds the memory to some tens of megabytes."""


def signed_distance(values: torch.Tensor, radius: float) -> torch.Tensor:
    """Distance of every sample to the 0.5 level line.

    Args:
        values: Shape ``(h, w)``, float32: samples at whole coordinates; inside is 0.5 and above.
        radius: Distances beyond it are cut to it. In samples.

    Returns:
        Shape ``(h, w)``, float32, in ``[-radius, radius]``: in samples, above 0 inside.
    """
    height, width = values.shape
    pieces = level_line(values)
    # One sample more than the raster, for the points that fall outside of it.
    squared = torch.full((height * width + 1,), radius * radius, dtype=torch.float32, device=values.device)
    dx, dy = _disc(radius, values.device)
    for part in torch.split(pieces, max(1, _CHUNK // dx.numel())):
        near_x = (part[:, 0] + part[:, 2]).mul_(0.5).round_().long()[:, None] + dx
        near_y = (part[:, 1] + part[:, 3]).mul_(0.5).round_().long()[:, None] + dy
        index = near_y * width + near_x
        outside = (near_x < 0) | (near_x >= width) | (near_y < 0) | (near_y >= height)
        index.masked_fill_(outside, height * width)
        d2 = _squared_to_piece(near_x, near_y, part)
        squared.scatter_reduce_(0, index.view(-1), d2.view(-1), "amin")
    distance = squared[:-1].sqrt_().view(height, width)
    return torch.where(values >= 0.5, distance, -distance)


def _disc(radius: float, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Whole offsets from the sample nearest a piece's middle that hold every sample within `radius` of it."""
    # The middle is up to sqrt(1/2) from its nearest sample, and a piece's end up to sqrt(1/2) from its middle.
    extent = radius + math.sqrt(2.0)
    n = math.floor(extent)
    steps = torch.arange(-n, n + 1, device=device)
    dx, dy = torch.meshgrid(steps, steps, indexing="xy")
    keep = dx * dx + dy * dy <= extent * extent
    return dx[keep], dy[keep]


def _squared_to_piece(x: torch.Tensor, y: torch.Tensor, pieces: torch.Tensor) -> torch.Tensor:
    """Squared distance of points, shape ``(n, k)``, to the straight piece of their row."""
    ax, ay, bx, by = (column[:, None] for column in pieces.unbind(1))
    ex, ey = bx - ax, by - ay
    px, py = x - ax, y - ay
    along = (px * ex + py * ey) / (ex * ex + ey * ey).clamp_(min=1e-12)
    along.clamp_(0.0, 1.0)
    return (px - along * ex).square_().add_((py - along * ey).square_())
