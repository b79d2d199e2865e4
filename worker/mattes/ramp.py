"""From signed distance to coverage: the profile of a hard or feathered edge."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from bridge.borders import Border, BorderKind, Profile, Side

ANTI_ALIASING_PX = 1.0
"""No ramp is narrower: a straight edge through a pixel then covers as much of it as lies inside."""

_Z99 = 2.3263478740408408
"""Standard deviations from the middle of a Gaussian to the point that 99 % lie below."""


@dataclass(frozen=True)
class Ramp:
    """Coverage as a function of signed distance; distances are in plate pixels, above 0 inside."""

    start_px: float
    """Where coverage leaves 0."""
    width_px: float
    """From there to where coverage reaches 1."""
    profile: Profile

    @property
    def reach_px(self) -> float:
        """How far from the edge coverage may still differ from plain 0 or 1."""
        return max(abs(self.start_px), abs(self.start_px + self.width_px))

    @property
    def outward_px(self) -> float:
        """How far outside the edge there may be coverage."""
        return max(0.0, -self.start_px)


def ramp_of(border: Border, plate_height_px: int) -> Ramp:
    """The ramp of a `hard` or `feather` border on a plate of that height."""
    offset = border.offset.px(plate_height_px)
    if border.kind is BorderKind.HARD:
        return Ramp(-offset - ANTI_ALIASING_PX / 2.0, ANTI_ALIASING_PX, Profile.LINEAR)
    asked = border.soft_width.px(plate_height_px)
    width = max(asked, ANTI_ALIASING_PX)
    # The side moves the ramp by half the width asked for, so that a width of 0 is a hard edge on every side.
    centre = {Side.INNER: asked / 2.0, Side.CENTRED: 0.0, Side.OUTER: -asked / 2.0}[border.side]
    return Ramp(centre - offset - width / 2.0, width, border.profile)


def coverage(distance_px: torch.Tensor, ramp: Ramp) -> torch.Tensor:
    """Coverage of pixels by their signed distance.

    Args:
        distance_px: Any shape, float32; overwritten.
        ramp: The edge's ramp.

    Returns:
        The same shape, float32, in [0, 1].
    """
    t = distance_px.sub_(ramp.start_px).mul_(1.0 / ramp.width_px).clamp_(0.0, 1.0)
    if ramp.profile is Profile.SMOOTH:
        return t * t * (3.0 - 2.0 * t)
    if ramp.profile is Profile.GAUSSIAN:
        # The normal distribution between its 1 % and 99 % points, stretched so that it reaches 0 and 1.
        normal = torch.erf(t.sub_(0.5).mul_(2.0 * _Z99 / math.sqrt(2.0))).mul_(0.5)
        return normal.div_(0.98).add_(0.5).clamp_(0.0, 1.0)
    return t
