"""The level line of a sampled function as short straight pieces: marching squares.

Lorensen and Cline, "Marching cubes", SIGGRAPH 1987, in the plane; the two ambiguous cases are decided by the
mean of the four corners.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch

# The corners of a square: top left, top right, bottom right, bottom left; bit n of its case says that corner n is
# inside. The sides: where each starts and the corner at its other end.
_CORNERS = ((0, 0), (1, 0), (1, 1), (0, 1))
_TOP, _RIGHT, _BOTTOM, _LEFT = (0, 1), (1, 2), (3, 2), (0, 3)

# The piece of each case, from one side to another.
_PIECES = {
    1: (_LEFT, _TOP),
    2: (_TOP, _RIGHT),
    3: (_LEFT, _RIGHT),
    4: (_RIGHT, _BOTTOM),
    6: (_TOP, _BOTTOM),
    7: (_LEFT, _BOTTOM),
    8: (_BOTTOM, _LEFT),
    9: (_TOP, _BOTTOM),
    11: (_RIGHT, _BOTTOM),
    12: (_LEFT, _RIGHT),
    13: (_TOP, _RIGHT),
    14: (_LEFT, _TOP),
}
_FALLING, _RISING, _ALL = 5, 10, 15
# The two pieces of a square of which two opposite corners are inside, by whether its middle is.
_PAIRS = {
    (_FALLING, False): (1, 4),
    (_FALLING, True): (2, 8),
    (_RISING, False): (2, 8),
    (_RISING, True): (1, 4),
}


def level_line(values: torch.Tensor, level: float = 0.5) -> torch.Tensor:
    """The line where a sampled function crosses a level.

    Args:
        values: Shape ``(h, w)``, float32: samples at whole coordinates.
        level: Samples at or above it are inside.

    Returns:
        Shape ``(4, n)``, float32: ``ax, ay, bx, by`` of n straight pieces, each inside one square of four
        samples. Ends lie where the linear function between two neighbouring samples crosses the level.
    """
    corner, case = _crossed(values, level)
    width, flat = values.shape[1], values.reshape(-1)
    twice = torch.nonzero((case == _FALLING) | (case == _RISING)).view(-1)
    if twice.numel():
        at = corner[twice]
        corners = torch.stack([flat[at + (down * width + right)] for right, down in _CORNERS])
        joined = corners.mean(0) >= level
        pairs = _pairs(values.device)[(case[twice] == _RISING).long(), joined.long()]
        case[twice] = pairs[:, 0]
        case = torch.cat([case, pairs[:, 1]])
        corner = torch.cat([corner, at])

    # Both ends, (2, n): the corners between which each lies, and how far it is from the one to the other.
    right, down, along_x, along_y = _ends(values.device).index_select(1, case).view(4, 2, -1)
    first = (down * width).add_(right).add_(corner)
    before = flat.index_select(0, first.view(-1)).view(2, -1)
    after = flat.index_select(0, first.add_(along_y * width).add_(along_x).view(-1)).view(2, -1)
    share = (level - before).div_(after - before).clamp_(0.0, 1.0)
    y = corner // width
    x = corner - y * width
    end_x = (right + x).float().addcmul_(share, along_x.float())
    end_y = (down + y).float().addcmul_(share, along_y.float())
    return torch.stack([end_x[0], end_y[0], end_x[1], end_y[1]])


@lru_cache(maxsize=8)
def _ends(device: torch.device) -> torch.Tensor:
    """Where the ends of each case's piece lie: column and row of the corner its side starts from, then the side's
    direction; in each, first those of the piece's start. Shape ``(8, 16)``, int64; 0 where a case has none.
    """
    rows = torch.zeros((4, 2, 16), dtype=torch.int64)
    for case, piece in _PIECES.items():
        for number, (start, end) in enumerate(piece):
            (x, y), (to_x, to_y) = _CORNERS[start], _CORNERS[end]
            rows[:, number, case] = torch.tensor([x, y, to_x - x, to_y - y])
    return rows.view(8, 16).to(device)


@lru_cache(maxsize=8)
def _pairs(device: torch.device) -> torch.Tensor:
    """`_PAIRS` by whether the case rises and whether the middle is inside. Shape ``(2, 2, 2)``, int64."""
    return torch.tensor(
        [[_PAIRS[case, joined] for joined in (False, True)] for case in (_FALLING, _RISING)], device=device
    )


def _crossed(values: torch.Tensor, level: float) -> tuple[torch.Tensor, torch.Tensor]:
    """The squares of four samples that are not all on one side of a level: the first sample of each, in a row of
    all samples, and its case. Both of shape ``(n,)``, int64.
    """
    # Numpy compares many times quicker than torch.
    return _crossed_by_numpy(values, level) if values.device.type == "cpu" else _crossed_by_torch(values, level)


def _crossed_by_numpy(values: torch.Tensor, level: float) -> tuple[torch.Tensor, torch.Tensor]:
    inside = values.numpy() >= level
    across, down = inside[:, 1:] != inside[:, :-1], inside[1:] != inside[:-1]
    mixed = np.zeros(inside.shape, bool)
    mixed[:-1, :-1] = across[1:] | across[:-1] | down[:, 1:]
    corner, bits = np.flatnonzero(mixed), inside.view(np.uint8).ravel()
    case = np.zeros(len(corner), np.int64)
    for bit, (x, y) in enumerate(_CORNERS):
        case |= bits[corner + (y * inside.shape[1] + x)].astype(np.int64) << bit
    return torch.from_numpy(corner), torch.from_numpy(case)


def _crossed_by_torch(values: torch.Tensor, level: float) -> tuple[torch.Tensor, torch.Tensor]:
    height, width = values.shape
    sides = (values >= level).long()
    cases = torch.zeros((height - 1, width - 1), dtype=torch.int64, device=values.device)
    for bit, (x, y) in enumerate(_CORNERS):
        cases |= sides[y : height - 1 + y, x : width - 1 + x] << bit
    row, column = torch.nonzero((cases != 0) & (cases != _ALL), as_tuple=True)
    return row * width + column, cases[row, column]
