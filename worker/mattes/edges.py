"""The border kinds, each a function from a layer's soft mask to coverage on a window of the plate.

`hard` and `feather` are ramps over the signed distance to the mask's 0.5 level line; `natural` is the mask.
"""

from __future__ import annotations

import math

import torch

from bridge.borders import Border
from worker.mattes.distance import signed_distance
from worker.mattes.geometry import Box, Lattice
from worker.mattes.ramp import ANTI_ALIASING_PX, Ramp, coverage, ramp_of
from worker.mattes.resample import Kernel, at_positions
from worker.mattes.softmask import SoftMask, sample

SAMPLES_PER_CELL = 2
"""Least number of lattice points across a cell of the mask grid; a mask has no detail finer than its cells."""

SAMPLES_PER_RAMP = 24
"""Lattice points across a ramp; its slope hides errors far below its width."""

SAMPLES_PER_REACH = 48
"""Lattice points from the edge to the farthest distance that matters: bounds the cost of a large offset, far
from which the distance is nearly straight."""


def by_distance(mask: SoftMask, border: Border) -> tuple[Box, torch.Tensor]:
    """A `hard` or `feather` edge.

    The distance is computed on a lattice as fine as the mask's detail and the ramp's width need, which for a
    large plate is coarser than its pixels, and interpolated: a distance is linear across a straight edge.

    Returns:
        The window of the plate outside which coverage is 0, and the coverage in it, float16, in [0, 1].
    """
    ramp = ramp_of(border, mask.plate_wh[1])
    window = mask.plate_window(math.ceil(ramp.outward_px))
    step = _step_px(mask.cell_px, ramp)
    lattice = Lattice.around(window, step, ramp.reach_px)
    # Interpolation looks at points up to a diagonal beyond the last distance that matters.
    radius = ramp.reach_px / step + math.sqrt(2.0)
    distance = signed_distance(sample(mask, lattice), radius).mul_(step)
    x_px, y_px = Lattice(1.0, window).points_px(distance.device)
    left, top = lattice.box[:2]
    return window, at_positions(
        distance,
        x_px / step - 0.5 - left,
        y_px / step - 0.5 - top,
        Kernel.LINEAR,
        finish=lambda d: coverage(d, ramp),
        dtype=torch.float16,
    )


def _step_px(cell_px: float, ramp: Ramp) -> float:
    """How fine the lattice of a distance must be, in plate pixels.

    The level line is taken as chords between lattice points. A chord of length s leaves an arc of radius r by
    s^2 / 8r; masks bend no tighter than about a cell, so that sqrt(cell) keeps it to an eighth of a pixel.
    """
    detail = min(cell_px / SAMPLES_PER_CELL, math.sqrt(cell_px))
    return max(ANTI_ALIASING_PX, detail, ramp.width_px / SAMPLES_PER_RAMP, ramp.reach_px / SAMPLES_PER_REACH)


def natural(mask: SoftMask, border: Border) -> tuple[Box, torch.Tensor]:
    """The mask itself through the contrast curve.

    Returns:
        The window of the plate outside which coverage is 0, and the coverage in it, float16, in [0, 1].
    """
    window = mask.plate_window(0)
    curve = None if border.contrast == 1.0 else lambda p: contrasted(p, border.contrast)
    return window, sample(mask, Lattice(1.0, window), finish=curve, dtype=torch.float16)


def contrasted(probability: torch.Tensor, contrast: float) -> torch.Tensor:
    """Multiply the log-odds of a probability by `contrast`.

    The curve ``p^c / (p^c + (1 - p)^c)`` keeps 0, 1/2 and 1 and has the slope c at 1/2; 1 changes nothing.
    """
    up = probability.pow(contrast)
    return up / (up + (1.0 - probability).pow(contrast))
