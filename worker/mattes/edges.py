"""Edges made from the mask alone, each a function from a layer's soft mask to coverage on a window of the plate.

`hard` and `feather` are ramps over the signed distance to the mask's 0.5 level line; `natural` is the mask.
"""

from __future__ import annotations

import math

import torch

from bridge.borders import Border
from worker.mattes.field import distance_field
from worker.mattes.geometry import Box, Lattice
from worker.mattes.ramp import ramp_of
from worker.mattes.softmask import SoftMask, sample


def by_distance(mask: SoftMask, border: Border) -> tuple[Box, torch.Tensor]:
    """A `hard` or `feather` edge.

    Returns:
        The window of the plate outside which coverage is 0, and the coverage in it, float16, in [0, 1].
    """
    ramp = ramp_of(border, mask.plate_wh[1])
    window = mask.inner_window(math.ceil(ramp.outward_px))
    field = distance_field(mask, window, ramp.width_px, ramp.reach_px)
    return window, field.covered(window, ramp)


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
