"""From a plate and a matte to the matte's own colour, on the matte's window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from worker.foreground.estimate import estimate_foreground
from worker.mattes import Matte
from worker.mattes.geometry import Box, clip, grow

_MARGIN_PX = 4
"""How much of the plate around a matte is looked at, to see the background past its edge; more changes nothing."""

_LARGEST = float(np.finfo(np.float16).max)
"""The brightest light a half float holds; files hold no more."""


def _nothing() -> npt.NDArray[np.float16]:
    return np.zeros((0, 0, 3), np.float16)


@dataclass(frozen=True)
class Foreground:
    """The colour of one layer in one frame."""

    layer: str
    """The layer's name."""
    window: Box | None
    """The matte's window: ``x0, y0, x1, y1`` in plate pixels, half open; None where nothing is covered."""
    premultiplied: npt.NDArray[np.float16]
    """Scene-linear colour times coverage, shape ``(y1 - y0, x1 - x0, 3)``, finite; ``(0, 0, 3)`` for no window."""


def make_foreground(
    plate_linear: npt.NDArray[np.float32], matte: Matte, device: torch.device | str = "cpu"
) -> Foreground:
    """The colour of a matte's layer without the background at its edge.

    Args:
        plate_linear: The frame in scene-linear light, shape ``(H, W, 3)``. NaN counts as 0; values beyond what a
            half float holds count as the largest it does.
        matte: A matte of that frame.
        device: Where to compute.
    """
    if matte.window is None:
        return Foreground(matte.layer, None, _nothing())
    height, width = plate_linear.shape[:2]
    x0, y0, x1, y1 = clip(grow(matte.window, _MARGIN_PX), (width, height))
    left, top = matte.window[0] - x0, matte.window[1] - y0
    rows, columns = matte.coverage.shape
    inside = (slice(top, top + rows), slice(left, left + columns))
    with torch.inference_mode():
        plate = torch.from_numpy(plate_linear[y0:y1, x0:x1]).to(device)
        plate = plate.nan_to_num(0.0, _LARGEST, -_LARGEST).clamp(-_LARGEST, _LARGEST)
        coverage = torch.from_numpy(matte.coverage).to(device).float()
        alpha = plate.new_zeros(plate.shape[:2])
        alpha[inside] = coverage
        color = estimate_foreground(plate, alpha)[inside]
        # Where little is covered the estimate may overshoot, but never to what a half float cannot hold.
        premultiplied = (color * coverage[..., None]).clamp(-_LARGEST, _LARGEST)
        return Foreground(matte.layer, matte.window, premultiplied.half().cpu().numpy())
