"""Coverage as a linear function of colour, fitted around every cell of the mask grid.

He, Sun and Tang, "Guided image filtering", IEEE TPAMI 35(6), 2013, equations 19 to 21, at the mask's own
resolution as in He and Sun, "Fast guided filter", arXiv:1505.00996, 2015. There the fit is exact: where coverage
is ``a . I + b``, so are the means of coverage and of colour over any cell. A mask enlarged to the plate is
blurred, and a fit to it is too flat.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch

RADIUS = 2
"""Windows of 5 x 5 cells: 25 equations for 4 unknowns. `_means` adds up windows of this size only."""

NOISE = 1e-4
"""Variance of a colour, in [0, 1], that is not taken for an edge: the grain of a good camera, 1 % of the range."""


@dataclass(frozen=True)
class Spread:
    """How colours vary around each cell: all that a fit needs to know of them, whatever it is a fit of."""

    centre: torch.Tensor
    """A colour that is subtracted from others before they are multiplied, so that single precision is enough.
    Shape ``(3, 1, 1)``, float32."""
    mean: torch.Tensor
    """Mean colour of the window around a cell, less `centre`. Shape ``(3, h, w)``, float32."""
    factors: torch.Tensor
    """The covariance of its colours plus `NOISE` as ``L D L^T``: the entries gr, br and bg of L, below its
    diagonal of ones, and the reciprocals of D's. Shape ``(6, h, w)``, float32."""


def spread(colour: torch.Tensor, centre: torch.Tensor | None = None) -> Spread:
    """How colours vary in every window.

    Args:
        colour: Shape ``(3, h, w)``, float32, in [0, 1]: the mean colour of each cell.
        centre: Shape ``(3, 1, 1)``, float32: a colour in the middle of these or of their surroundings; None for
            their mean.
    """
    if centre is None:
        centre = colour.mean((1, 2), keepdim=True)
    sums = _padded(9, colour)
    torch.sub(colour, centre, out=_within(sums[:3]))
    torch.mul(sums[:3], sums[0], out=sums[3:6])
    torch.mul(sums[1:3], sums[1], out=sums[6:8])
    torch.mul(sums[2], sums[2], out=sums[8])
    means = _means(sums)
    mean, of_products = means[:3], means[3:]
    of_products[:3].addcmul_(mean, mean[0], value=-1.0)
    of_products[3:5].addcmul_(mean[1:], mean[1], value=-1.0)
    of_products[5].addcmul_(mean[2], mean[2], value=-1.0)
    rr, rg, rb, gg, gb, bb = of_products
    for variance in (rr, gg, bb):
        variance.add_(NOISE)
    # Colours of a grey plate are one line in their space. Cofactors would need double precision there; this way of
    # solving loses no more than the covariance itself has lost.
    factors = torch.empty_like(of_products)
    gr, br, bg, r, g, b = factors
    torch.reciprocal(rr, out=r)
    torch.mul(rg, r, out=gr)
    torch.mul(rb, r, out=br)
    torch.reciprocal(gg.addcmul_(rg, gr, value=-1.0), out=g)
    gb.addcmul_(rg, br, value=-1.0)
    torch.mul(gb, g, out=bg)
    bb.addcmul_(rb, br, value=-1.0).addcmul_(gb, bg, value=-1.0)
    torch.reciprocal(bb, out=b)
    return Spread(centre, mean, factors)


def fit(colour: torch.Tensor, around: Spread, coverage: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Fit ``a . colour + b`` to coverage in every window; each cell has the mean of the windows that hold it.

    Args:
        colour: Shape ``(3, h, w)``, float32, in [0, 1]: the mean colour of each cell.
        around: What `spread` says of these colours.
        coverage: Shape ``(h, w)``, float32, in [0, 1].

    Returns:
        a, of shape ``(3, h, w)``, and b, of shape ``(h, w)``. a is 0 where colour does not tell inside from
        outside; b is then the mean coverage.
    """
    sums = _padded(4, colour)
    _within(sums[3]).copy_(coverage)
    torch.sub(colour, around.centre, out=_within(sums[:3])).mul_(coverage)
    mean = _means(sums)
    covariance, offset = mean[:3], mean[3]
    covariance.addcmul_(around.mean, offset, value=-1.0)
    gr, br, bg = around.factors[:3]
    r, g, b = covariance
    g.addcmul_(gr, r, value=-1.0)
    b.addcmul_(br, r, value=-1.0).addcmul_(bg, g, value=-1.0)
    lines = _padded(4, colour)
    a = _within(lines[:3])
    torch.mul(covariance, around.factors[3:], out=a)
    a[1].addcmul_(bg, a[2], value=-1.0)
    a[0].addcmul_(br, a[2], value=-1.0).addcmul_(gr, a[1], value=-1.0)
    for channel in range(3):
        offset.addcmul_(a[channel], around.mean[channel], value=-1.0)
    _within(lines[3]).copy_(offset)
    smooth = _means(lines)
    for channel in range(3):
        smooth[3].addcmul_(smooth[channel], around.centre[channel], value=-1.0)
    return smooth[:3], smooth[3]


def _padded(count: int, like: torch.Tensor) -> torch.Tensor:
    """Zeros for rasters of the size of others, and `RADIUS` more on each side. Shape ``(count, H, W)``."""
    height, width = like.shape[-2:]
    return like.new_zeros((count, height + 2 * RADIUS, width + 2 * RADIUS))


def _within(padded: torch.Tensor) -> torch.Tensor:
    """Padded rasters without their padding."""
    return padded[..., RADIUS:-RADIUS, RADIUS:-RADIUS]


def _means(padded: torch.Tensor) -> torch.Tensor:
    """Means over windows; those at the rim are over what there is. Shape ``(n, H, W)`` in, ``(n, h, w)`` out.

    Sums of two make sums of four and those sums of five. All rasters are summed as one row of numbers, whatever
    comes together across the ends of their rows: that is nothing but padding, and long rows are quick to add.
    """
    count, height, width = padded.shape
    sums = padded.view(-1)
    for step in (1, width):
        twos = sums[:-step] + sums[step:]
        fours = twos[: -2 * step] + twos[2 * step :]
        sums = fours[:-step].add_(sums[4 * step :])
    rows, columns = height - 2 * RADIUS, width - 2 * RADIUS
    means = sums.as_strided((count, rows, columns), (height * width, width, 1))
    return means * _shares(rows, columns, padded.device)


@lru_cache(maxsize=64)
def _shares(rows: int, columns: int, device: torch.device) -> torch.Tensor:
    """One over the number of cells in each window. Shape ``(rows, columns)``, float32."""
    down, across = (
        (place + RADIUS).clamp_(max=len(place) - 1) - (place - RADIUS).clamp_(min=0) + 1
        for place in (torch.arange(rows, device=device), torch.arange(columns, device=device))
    )
    return 1.0 / (down[:, None] * across)
