"""The `matting` edge: inside a band round the mask's edge, coverage is a matting network's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch

from bridge.borders import Border
from worker import signs
from worker.mattes.band import Band, band_of, tiles
from worker.mattes.geometry import Box, Lattice, box_wh, clip, grow, meet, part_of
from worker.mattes.picture import pixels
from worker.mattes.softmask import SoftMask

Network = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""From a picture, shape ``(3, h, w)``, float32, sRGB in [0, 1], and its trimap, shape ``(h, w)``: 0 outside, 1
inside, 0.5 unknown, to coverage, shape ``(h, w)``, in [0, 1]. Any height and width."""

TILE_PX = 384
"""Side of the tiles of a plate."""

OVERLAP_PX = 64
"""What the network sees around a tile, and where the tiles on both sides of a seam fade into each other."""


def matting(
    mask: SoftMask, border: Border, plate: npt.NDArray[np.uint8], network: Network
) -> tuple[Box, torch.Tensor]:
    """Coverage by a network, tile by tile along the band, faded to plain inside and outside at its rim.

    Args:
        mask: A layer's soft mask.
        border: Its `width` is the band's, all of which is unknown to the network; `offset` moves the band.
        plate: Shape ``(H, W, 3)``, uint8, sRGB, at the size that the mask says.
        network: The matting network.

    Returns:
        The window of the plate outside which coverage is 0, and the coverage in it, float16, in [0, 1].
    """
    band = band_of(mask, border)
    device = mask.values.device
    width, height = box_wh(band.window)
    out = torch.empty((height, width), dtype=torch.float16, device=device)
    # Coverage by the network, summed with weights, and their sum.
    found, weights = torch.zeros((2, height, width), device=device)
    cut = list(tiles(band, TILE_PX))
    for tile, coverage in cut:
        signs.beat()
        if coverage is None:
            box = clip(grow(tile, OVERLAP_PX), mask.plate_wh)
            alpha = network(pixels(plate, box, device).permute(2, 0, 1), trimap(band, box))
            inner = meet(box, band.window) or box
            fade = _fade(tile, inner, device)
            part = part_of(band.window, inner)
            found[part] += fade * alpha[part_of(box, inner)].clamp(0.0, 1.0)
            weights[part] += fade
    for tile, coverage in cut:
        part = part_of(band.window, tile)
        if coverage is not None:
            out[part].fill_(coverage)
        else:
            points = Lattice(1.0, tile).points_px(device)
            plain, weight = band.weigh(band.field.at(*points, finish=lambda d: d))
            out[part].copy_(torch.lerp(plain, found[part] / weights[part], weight))
    return band.window, out


def trimap(band: Band, box: Box) -> torch.Tensor:
    """The trimap of a part of the plate: 0.5 in the band, else 1 inside and 0 outside.

    Returns:
        Shape of the box, float32.
    """

    def certain(distance: torch.Tensor) -> torch.Tensor:
        return torch.where(distance.abs() < band.half_px, 0.5, (distance >= 0.0).float())

    return band.field.at(*Lattice(1.0, box).points_px(band.mask.values.device), finish=certain)


def _fade(tile: Box, box: Box, device: torch.device) -> torch.Tensor:
    """Weights that fall linearly from `OVERLAP_PX` inside a tile's rim to as far outside it.

    Returns:
        Shape of the box, float32: at least a quarter in the tile.
    """

    def along(first: int, last: int, start: int, end: int) -> torch.Tensor:
        centre = torch.arange(start, end, device=device) + 0.5
        inside = torch.minimum(centre - first, last - centre)
        return (inside / (2.0 * OVERLAP_PX) + 0.5).clamp_(0.0, 1.0)

    columns, rows = along(tile[0], tile[2], box[0], box[2]), along(tile[1], tile[3], box[1], box[3])
    return rows[:, None] * columns[None, :]
