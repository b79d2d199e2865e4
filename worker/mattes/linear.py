"""Coverage as a linear function of colour, fitted around every cell of the mask grid.

He, Sun and Tang, "Guided image filtering", IEEE TPAMI 35(6), 2013, equations 19 to 21, at the mask's own
resolution as in He and Sun, "Fast guided filter", arXiv:1505.00996, 2015. There the fit is exact: where coverage
is ``a . I + b``, so are the means of coverage and of colour over any cell. A mask enlarged to the plate is
blurred, and a fit to it is too flat.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F

RADIUS = 2
"""Windows of 5 x 5 cells: 25 equations for 4 unknowns. `_means` adds up windows of this size only."""

NOISE = 1e-4
"""Variance of a colour, in [0, 1], that is not taken for an edge: the grain of a good camera, 1 % of the range."""


@dataclass(frozen=True)
class Spread:
    """How colours vary around each cell: all that a fit needs to know of them, whatever it is a fit of."""

    mean: torch.Tensor
    """Mean colour of the window around a cell. Shape ``(3, h, w)``, float64."""
    inverse: torch.Tensor
    """Inverse of the covariance of its colours plus `NOISE`: rr, rg, rb, gg, gb, bb. Shape ``(6, h, w)``."""


def spread(colour: torch.Tensor) -> Spread:
    """How colours vary in every window.

    Args:
        colour: Shape ``(3, h, w)``, float32, in [0, 1]: the mean colour of each cell.
    """
    # Colours of a grey plate are one line in their space; in single precision its inverse would be noise.
    r, g, b = colour.double()
    mean = _means(torch.stack([r, g, b, r * r, r * g, r * b, g * g, g * b, b * b]))
    mr, mg, mb = mean[:3]
    rr, rg, rb, gg, gb, bb = mean[3:] - torch.stack([mr * mr, mr * mg, mr * mb, mg * mg, mg * mb, mb * mb])
    rr, gg, bb = rr + NOISE, gg + NOISE, bb + NOISE
    # The inverse of a symmetric matrix of 3 x 3 by its cofactors.
    c_rr, c_rg, c_rb = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    c_gg, c_gb, c_bb = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    inverse = torch.stack([c_rr, c_rg, c_rb, c_gg, c_gb, c_bb]).div_(rr * c_rr + rg * c_rg + rb * c_rb)
    return Spread(mean[:3], inverse)


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
    coverage = coverage.double()
    mean = _means(torch.cat([coverage[None], coverage * colour.double()]))
    pr, pg, pb = mean[1:] - mean[0] * around.mean
    rr, rg, rb, gg, gb, bb = around.inverse
    a = torch.stack([rr * pr + rg * pg + rb * pb, rg * pr + gg * pg + gb * pb, rb * pr + gb * pg + bb * pb])
    offset = mean[0] - (a * around.mean).sum(0)
    smooth = _means(torch.cat([a, offset[None]])).float()
    return smooth[:3], smooth[3]


def _means(rasters: torch.Tensor) -> torch.Tensor:
    """Means over windows; those at the rim are over what there is. Shape ``(n, h, w)``, float64.

    Sums of two make sums of four and those sums of five, in a sixth of the time that average pooling takes;
    nothing is subtracted, so nothing is lost.
    """
    for axis in (1, 2):
        count = rasters.shape[axis]
        padded = F.pad(rasters, (RADIUS, RADIUS) if axis == 2 else (0, 0, RADIUS, RADIUS))
        twos = padded.narrow(axis, 0, count + 3) + padded.narrow(axis, 1, count + 3)
        fours = twos.narrow(axis, 0, count) + twos.narrow(axis, 2, count)
        place = torch.arange(count, device=rasters.device)
        held = (place + RADIUS).clamp_(max=count - 1) - (place - RADIUS).clamp_(min=0) + 1
        shares = 1.0 / held.to(rasters.dtype)
        rasters = (fours + padded.narrow(axis, 4, count)).mul_(shares[:, None] if axis == 1 else shares)
    return rasters
