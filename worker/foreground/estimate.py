"""Multi-level foreground estimation.

After T. Germer, T. Uelwer, S. Conrad and S. Harmeling, "Fast Multi-Level Foreground Estimation", ICPR 2020
(arXiv 2006.14970). A plate is taken as ``I = alpha F + (1 - alpha) B`` (equation 1). F and B are sought that
fulfil this and are smooth, most of all where alpha changes; the paper's cost of one channel is

    sum_i (alpha_i F_i + (1 - alpha_i) B_i - I_i)^2
        + sum_i sum_{j next to i} (eps + omega |alpha_i - alpha_j|) ((F_i - F_j)^2 + (B_i - B_j)^2)

It is minimized pixel by pixel with the neighbours held, at the coarsest size first; what is found there begins the
next finer size. Three things differ from the paper:

- F is the plate where alpha is 1, and B where it is 0: only partly covered pixels and those beside them are solved
  for, which is most of the speed and, on thin edges, most of the accuracy.
- Pixels are visited like the fields of a chessboard, so that neighbours never change together and the result does
  not depend on the device's order.
- Colours may be brighter than 1. All steps but the lower bound are linear in the plate, so that exposure does not
  matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch

from worker.foreground.pyramid import Level, parents, pyramid

_EPSILON = 1e-5
"""The paper's eps_r: how smooth F and B are where alpha does not change."""

_OMEGA = 1.0
"""The paper's omega: how much smoother they are where it does."""

_SMALL_PX = 32
"""Levels with no side longer than this are cheap and are solved well."""

_SWEEPS_SMALL, _SWEEPS_LARGE = 10, 4
"""How often each pixel of a level is solved for. The paper has 2 for large ones; 4 err by a third less on fur."""


def estimate_foreground(plate_linear: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
    """The colour of what a matte covers.

    Args:
        plate_linear: Scene-linear colour, shape ``(h, w, 3)``, float32, finite; may lie above 1 and below 0.
        alpha: Coverage in [0, 1], shape ``(h, w)``, float32, on the same device.

    Returns:
        Colour that is not premultiplied, shape ``(h, w, 3)``, float32. It is the plate's own where alpha is 1 and
        0 where alpha is 0. In between it is nowhere below 0 unless the plate is.
    """
    if not alpha.numel():
        return torch.zeros_like(plate_linear)
    levels = pyramid(plate_linear, alpha)
    colors = torch.cat([levels[0].plate, levels[0].plate], 1)
    _solve(colors, levels[0])
    for coarser, level in pairwise(levels):
        colors = colors.index_select(0, parents(level, coarser))
        _solve(colors, level)
    color = torch.where(alpha[..., None] == 1, plate_linear, colors[:, :3].view_as(plate_linear))
    return color.mul_(alpha[..., None] > 0)


def _solve(colors: torch.Tensor, level: Level) -> None:
    """Improve F and B, shape ``(n, 6)``, in place where a level is partly covered, and one pixel around."""
    partly = ((level.alpha > 0) & (level.alpha < 1)).view(level.height, level.width)
    rows = torch.nonzero(_with_neighbours(partly).view(-1)).view(-1)
    odd = (rows // level.width + rows % level.width) % 2 == 1
    fields = [_Field.of(rows[chosen], level) for chosen in (~odd, odd)]
    sweeps = _SWEEPS_SMALL if max(level.width, level.height) <= _SMALL_PX else _SWEEPS_LARGE
    for _ in range(sweeps):
        for field in fields:
            field.solve(colors)


def _with_neighbours(marked: torch.Tensor) -> torch.Tensor:
    """Marked pixels and the eight around each. Bool, shape ``(h, w)``."""
    tall = marked.clone()
    tall[1:] |= marked[:-1]
    tall[:-1] |= marked[1:]
    wide = tall.clone()
    wide[:, 1:] |= tall[:, :-1]
    wide[:, :-1] |= tall[:, 1:]
    return wide


@dataclass(frozen=True)
class _Field:
    """Pixels of one level, no two of which share a side, and all that does not change between sweeps."""

    rows: torch.Tensor
    """Which pixels. Shape: ``(n,)``."""
    neighbours: torch.Tensor
    """The rows left, right, above and below. Shape: ``(4, n)``."""
    shares: torch.Tensor
    """The neighbours' weights, divided by their sum s. Shape: ``(4, n, 1)``."""
    alpha: torch.Tensor
    """Shape: ``(n, 1)``."""
    stiffness: torch.Tensor
    """``s + alpha^2 + (1 - alpha)^2``. Shape: ``(n, 1)``."""
    plate: torch.Tensor
    """Shape: ``(n, 3)``."""

    @classmethod
    def of(cls, rows: torch.Tensor, level: Level) -> _Field:
        """The field of some rows of a level."""
        x, y, w = rows % level.width, rows // level.width, level.width
        # At the picture's rim a pixel is its own neighbour, which only makes it slower to change.
        left, right = (x - 1).clamp(min=0), (x + 1).clamp(max=w - 1)
        above, below = (y - 1).clamp(min=0), (y + 1).clamp(max=level.height - 1)
        neighbours = torch.stack([y * w + left, y * w + right, above * w + x, below * w + x])
        alpha = level.alpha[rows]
        weights = _EPSILON + _OMEGA * (level.alpha[neighbours] - alpha).abs()
        total = weights.sum(0)
        return cls(
            rows,
            neighbours,
            (weights / total)[..., None],
            alpha[:, None],
            (total + alpha.square() + (1.0 - alpha).square())[:, None],
            level.plate[rows],
        )

    def solve(self, colors: torch.Tensor) -> None:
        """Put the F and B in place that cost least while their neighbours stay.

        Where the cost's derivatives vanish there are two linear equations, whose matrix is ``s`` times the
        identity plus the outer product of ``(alpha, 1 - alpha)`` with itself. By Sherman and Morrison's formula
        the solution is the mean of the neighbours, moved along ``(alpha, 1 - alpha)`` by what the plate and that
        mean disagree about. So no determinant is formed, which for small weights would cancel in 32 bits.
        """
        mean = colors[self.neighbours[0]].mul_(self.shares[0])
        for rows, share in zip(self.neighbours[1:], self.shares[1:], strict=True):
            mean.addcmul_(colors[rows], share)
        foreground, background = mean[:, :3], mean[:, 3:]
        beyond = 1.0 - self.alpha
        move = (self.plate - self.alpha * foreground - beyond * background) / self.stiffness
        foreground.addcmul_(self.alpha, move)
        background.addcmul_(beyond, move)
        # Light is not negative; colours outside the space's gamut are, but no more than the plate shows.
        lowest = self.plate.clamp(max=0.0)
        torch.where(self.alpha == 1, self.plate, foreground.clamp_(min=lowest), out=foreground)
        torch.where(self.alpha == 0, self.plate, background.clamp_(min=lowest), out=background)
        colors[self.rows] = mean
