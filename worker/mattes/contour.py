"""The level line of a sampled function as short straight pieces: marching squares.

Lorensen and Cline, "Marching cubes", SIGGRAPH 1987, in the plane; the two ambiguous cases are decided by the
mean of the four corners.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch

_TOP, _RIGHT, _BOTTOM, _LEFT, _NONE = 0, 1, 2, 3, -1

# Corner bits: 1 top left, 2 top right, 4 bottom right, 8 bottom left. Each case has up to two pieces, each from
# one side of the square to another. Rows 16 and 17 are cases 5 and 10 with the centre inside the line.
_PIECES = (
    ((_NONE, _NONE), (_NONE, _NONE)),
    ((_LEFT, _TOP), (_NONE, _NONE)),
    ((_TOP, _RIGHT), (_NONE, _NONE)),
    ((_LEFT, _RIGHT), (_NONE, _NONE)),
    ((_RIGHT, _BOTTOM), (_NONE, _NONE)),
    ((_LEFT, _TOP), (_RIGHT, _BOTTOM)),
    ((_TOP, _BOTTOM), (_NONE, _NONE)),
    ((_LEFT, _BOTTOM), (_NONE, _NONE)),
    ((_BOTTOM, _LEFT), (_NONE, _NONE)),
    ((_TOP, _BOTTOM), (_NONE, _NONE)),
    ((_TOP, _RIGHT), (_BOTTOM, _LEFT)),
    ((_RIGHT, _BOTTOM), (_NONE, _NONE)),
    ((_LEFT, _RIGHT), (_NONE, _NONE)),
    ((_TOP, _RIGHT), (_NONE, _NONE)),
    ((_LEFT, _TOP), (_NONE, _NONE)),
    ((_NONE, _NONE), (_NONE, _NONE)),
    ((_TOP, _RIGHT), (_BOTTOM, _LEFT)),
    ((_LEFT, _TOP), (_RIGHT, _BOTTOM)),
)


def level_line(values: torch.Tensor, level: float = 0.5) -> torch.Tensor:
    """The line where a sampled function crosses a level.

    Args:
        values: Shape ``(h, w)``, float32: samples at whole coordinates.
        level: Samples at or above it are inside.

    Returns:
        Shape ``(n, 4)``, float32: ``ax, ay, bx, by`` of n straight pieces, each inside one square of four
        samples. Ends lie where the linear function between two neighbouring samples crosses the level.
    """
    square = _crossed(values, level)
    width = values.shape[1]
    y = square // (width - 1)
    x = square - y * (width - 1)
    corner, flat = y * width + x, values.reshape(-1)
    corners = torch.stack([flat.index_select(0, corner + by) for by in (0, 1, width + 1, width)])
    bits, cases = _tables(values.device)
    case = ((corners >= level) * bits).sum(0)
    joined = corners.mean(0) >= level
    case = torch.where(joined & (case == 5), 16, case)
    case = torch.where(joined & (case == 10), 17, case)

    # How far along each side the line crosses it; only sides that are crossed are looked up below.
    ends = torch.stack([corners[1], corners[2], corners[2], corners[3]])
    starts = torch.stack([corners[0], corners[1], corners[3], corners[0]])
    along = ((level - starts) / (ends - starts)).clamp_(0.0, 1.0)
    one, zero = torch.ones_like(along[0]), torch.zeros_like(along[0])
    side_x = torch.stack([along[0], one, along[2], zero]) + x
    side_y = torch.stack([zero, along[1], one, along[3]]) + y

    pieces = cases[case]
    number, which = torch.nonzero(pieces[:, :, 0] != _NONE, as_tuple=True)
    start, end = pieces[number, which].unbind(1)
    return torch.stack(
        [side_x[start, number], side_y[start, number], side_x[end, number], side_y[end, number]], dim=1
    )


@lru_cache(maxsize=8)
def _tables(device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """The bits of a square's corners, shape ``(4, 1)``, and `_PIECES`."""
    return torch.tensor([[1], [2], [4], [8]], device=device), torch.tensor(_PIECES, device=device)


def _crossed(values: torch.Tensor, level: float) -> torch.Tensor:
    """The squares of four samples that are not all on one side of a level, in a row. Shape ``(n,)``, int64."""
    if values.device.type == "cpu":
        # Numpy compares many times quicker than torch.
        inside = values.numpy() >= level
        across, down = inside[:, 1:] != inside[:, :-1], inside[1:] != inside[:-1]
        return torch.from_numpy(np.flatnonzero(across[1:] | across[:-1] | down[:, 1:]))
    sides = (values >= level).byte()
    pairs = sides[:, 1:] + sides[:, :-1]
    return torch.nonzero(((pairs[1:] + pairs[:-1]) & 3).view(-1)).view(-1)
