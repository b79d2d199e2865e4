"""Growing and shrinking a soft mask as it is, with all of its softness."""

from __future__ import annotations

import dataclasses
import math

import torch
import torch.nn.functional as F

from worker.mattes.geometry import box_wh, clip, grow
from worker.mattes.softmask import SoftMask


def grown(mask: SoftMask, offset_px: float) -> SoftMask:
    """Move every level line of a mask outwards by `offset_px`, or inwards where it is below 0.

    This is grey-scale dilation by a disc, for any radius and not only whole cells: the level lines of
    ``dp/dt = |grad p|`` move outwards at the speed 1 (Brockett and Maragos, "Evolution equations for
    continuous-scale morphology", ICASSP 1992), solved by the monotone upwind scheme of Rouy and Tourin, "A
    viscosity solutions approach to shape-from-shading", SIAM J. Numerical Analysis 29(3), 1992. Beyond the
    plate's frame the mask goes on by replication.
    """
    if offset_px == 0.0:
        return mask
    cell_w_px, cell_h_px = (plate / grid for plate, grid in zip(mask.plate_wh, mask.grid_wh, strict=True))
    # No line can move farther than across the plate.
    distance_px = min(abs(offset_px), math.hypot(*mask.plate_wh))
    box = mask.box
    if offset_px > 0.0:
        box = clip(grow(box, math.ceil(distance_px / mask.cell_px)), mask.grid_wh)
    width, height = box_wh(box)
    # One cell more where the grid goes on, so that replication does not hold there what ends there.
    rim = clip(grow(box, 1), mask.grid_wh)
    left, top = box[0] - rim[0], box[1] - rim[1]
    values = torch.zeros((rim[3] - rim[1], rim[2] - rim[0]), device=mask.values.device)
    x0, y0 = mask.box[0] - rim[0], mask.box[1] - rim[1]
    values[y0 : y0 + mask.values.shape[0], x0 : x0 + mask.values.shape[1]] = mask.values
    if offset_px < 0.0:
        values = 1.0 - values
    # The scheme is monotone, and so stays in [0, 1], up to this step.
    steps = math.ceil(distance_px * math.hypot(1.0 / cell_w_px, 1.0 / cell_h_px))
    for _ in range(steps):
        values = _step(values, distance_px / steps / cell_w_px, distance_px / steps / cell_h_px)
    if offset_px < 0.0:
        values = 1.0 - values
    return dataclasses.replace(mask, values=values[top : top + height, left : left + width].contiguous(), box=box)


def _step(values: torch.Tensor, across: float, down: float) -> torch.Tensor:
    """One step outwards, given in cells along each axis."""
    padded = F.pad(values[None], (1, 1, 1, 1), mode="replicate")[0]
    rise_x = torch.maximum(padded[1:-1, :-2], padded[1:-1, 2:]).sub_(values).clamp_(min=0.0)
    rise_y = torch.maximum(padded[:-2, 1:-1], padded[2:, 1:-1]).sub_(values).clamp_(min=0.0)
    return values + torch.hypot(rise_x.mul_(across), rise_y.mul_(down))
