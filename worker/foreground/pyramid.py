"""A picture and its coverage at ever coarser sizes, down to one pixel."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn.functional import avg_pool2d


@dataclass(frozen=True)
class Level:
    """One size. Pixels are in rows: pixel ``(x, y)`` is row ``y * width + x``."""

    width: int
    height: int
    plate: torch.Tensor
    """Scene-linear colour, float32, shape ``(height * width, 3)``."""
    alpha: torch.Tensor
    """Coverage in [0, 1], float32, shape ``(height * width,)``."""


def pyramid(plate: torch.Tensor, alpha: torch.Tensor) -> list[Level]:
    """The levels, the coarsest first; each is half as wide and high as the next, rounded up.

    A coarse pixel is the mean of the pixels it stands for, so that it is partly covered wherever one of them is.

    Args:
        plate: Shape ``(h, w, 3)``, float32.
        alpha: Shape ``(h, w)``, float32, in [0, 1].
    """
    planes = torch.cat([plate.permute(2, 0, 1), alpha[None]])
    levels = [_level(planes)]
    while max(planes.shape[1:]) > 1:
        planes = avg_pool2d(planes, 2, ceil_mode=True, count_include_pad=False)
        levels.append(_level(planes))
    return levels[::-1]


def parents(level: Level, coarser: Level) -> torch.Tensor:
    """The row of the coarser level that stands for each row of a level. Shape ``(height * width,)``, int64."""
    device = level.alpha.device
    rows = torch.arange(level.height, device=device) // 2 * coarser.width
    columns = torch.arange(level.width, device=device) // 2
    return (rows[:, None] + columns).view(-1)


def _level(planes: torch.Tensor) -> Level:
    height, width = planes.shape[1:]
    return Level(width, height, planes[:3].permute(1, 2, 0).reshape(-1, 3), planes[3].reshape(-1))
