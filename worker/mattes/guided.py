"""The `guided` edge: inside a band round the mask's edge, coverage follows the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from bridge.borders import Border
from worker.mattes.band import Band, band_of, tiles
from worker.mattes.edges import contrasted
from worker.mattes.geometry import Box, Lattice, box_wh, clip, grow, part_of
from worker.mattes.linear import RADIUS, fit
from worker.mattes.matrices import cell_means, interpolation
from worker.mattes.picture import pixels
from worker.mattes.resample import REACH, Kernel, prefilter
from worker.mattes.softmask import SoftMask

MARGIN = REACH + 2 * RADIUS
"""Cells round a tile that its coverage depends on: enlarging, smoothing the slopes, and their fit."""

_TILE_PX = {"cpu": 128}
"""Side of a tile by kind of device: on the CPU a tile stays in the cache."""

_LARGE_TILE_PX = 1024

_BLOCK = 16
"""Side of the squares of cells whose colours are computed together."""


def guided(mask: SoftMask, border: Border, plate: npt.NDArray[np.uint8]) -> tuple[Box, torch.Tensor]:
    """Coverage that has the mask's means over its cells, and inside of them the plate's detail.

    With the fit ``a . J + b`` of the mask p to the mean colours J of cells, the coverage of a pixel of colour I
    is ``a . I + b + (p - a . J - b)``, all but I enlarged to the plate. Where colour does not tell inside from
    outside, a is 0 and the mask is left as it is; nothing is decided, so nothing flickers.

    Args:
        mask: A layer's soft mask.
        border: Its `width` is the band's; `offset` grows the mask before, `contrast` hardens the edge after.
        plate: Shape ``(H, W, 3)``, uint8, sRGB, at the size that the mask says.

    Returns:
        The window of the plate outside which coverage is 0, and the coverage in it, float16, in [0, 1].
    """
    band = band_of(mask, border)
    side_px = _TILE_PX.get(mask.values.device.type, _LARGE_TILE_PX)
    width, height = box_wh(band.window)
    out = torch.empty((height, width), dtype=torch.float16, device=mask.values.device)
    cells = _Cells.of(band, plate)
    for box, coverage in tiles(band, side_px):
        part = out[part_of(band.window, box)]
        if coverage is not None:
            part.fill_(coverage)
            continue
        followed = cells.follow(box)
        if border.contrast != 1.0:
            followed = contrasted(followed, border.contrast)
        plain, weight = band.weigh(box)
        part.copy_(torch.lerp(plain, followed, weight))
    return band.window, out


@dataclass(frozen=True)
class _Cells:
    """The mask and the plate's colours on the part of the mask grid that the band's window depends on."""

    mask: SoftMask
    plate: npt.NDArray[np.uint8]
    box: Box
    """The part of the grid."""
    coverage: torch.Tensor
    """Shape ``(h, w)``, float32, in [0, 1]."""
    colour: torch.Tensor
    """Shape ``(3, h, w)``, float32, in [0, 1]: mean colours, of the blocks that are known."""
    known: set[tuple[int, int]]
    """Row and column of the blocks whose colours have been computed."""

    @classmethod
    def of(cls, band: Band, plate: npt.NDArray[np.uint8]) -> _Cells:
        mask = band.mask
        box = _cells_of(mask, band.window)
        width, height = box_wh(box)
        coverage = torch.zeros((height, width), device=mask.values.device)
        x0, y0 = mask.box[0] - box[0], mask.box[1] - box[1]
        coverage[y0 : y0 + mask.values.shape[0], x0 : x0 + mask.values.shape[1]] = mask.values
        return cls(mask, plate, box, coverage, coverage.new_zeros((3, height, width)), set())

    def follow(self, tile: Box) -> torch.Tensor:
        """Coverage of the pixels of a tile of the plate. Float32, in [0, 1], shape of the tile."""
        x0, y0, x1, y1 = box = _cells_of(self.mask, tile)
        self._look_at(box)
        part = part_of(self.box, box)
        coverage, colour = self.coverage[part], self.colour[(slice(None), *part)]
        a, b = fit(colour, coverage)
        # What the fit leaves of the mask; where colours say nothing that is all of its shape.
        rest = coverage - (a * colour).sum(0) - b
        kernel = Kernel.BSPLINE
        if self.mask.grid_wh == self.mask.plate_wh:
            # The samples are the pixels: nothing lies between them.
            kernel = Kernel.LINEAR
        else:
            rest = prefilter(rest)
        x_px, y_px = Lattice(1.0, tile).points_px(coverage.device)
        x = x_px * (self.mask.grid_wh[0] / self.mask.plate_wh[0]) - 0.5 - x0
        y = y_px * (self.mask.grid_wh[1] / self.mask.plate_wh[1]) - 0.5 - y0
        rows, columns = (interpolation(at, n, kernel) for at, n in ((y, y1 - y0), (x, x1 - x0)))
        followed = rows @ rest @ columns.T
        rows, columns = (interpolation(at, n, Kernel.LINEAR) for at, n in ((y, y1 - y0), (x, x1 - x0)))
        followed += (rows @ a @ columns.T).mul_(pixels(self.plate, tile, a.device)).sum(0)
        followed += rows @ b @ columns.T
        return followed.clamp_(0.0, 1.0)

    def _look_at(self, box: Box) -> None:
        """Make the colours of a part of the grid known."""
        left, top = self.box[:2]
        for row in range((box[1] - top) // _BLOCK, -((top - box[3]) // _BLOCK)):
            for column in range((box[0] - left) // _BLOCK, -((left - box[2]) // _BLOCK)):
                if (row, column) not in self.known:
                    self.known.add((row, column))
                    self._average(row, column)

    def _average(self, row: int, column: int) -> None:
        """Compute the mean colours of a block."""
        part = self.colour[:, row * _BLOCK : (row + 1) * _BLOCK, column * _BLOCK : (column + 1) * _BLOCK]
        means, sides = [], []
        for axis, first, count in ((1, row * _BLOCK, part.shape[1]), (0, column * _BLOCK, part.shape[2])):
            first += self.box[1 - (axis == 0)]
            cell_px = self.mask.plate_wh[axis] / self.mask.grid_wh[axis]
            start, end = math.floor(first * cell_px), math.ceil((first + count) * cell_px)
            end = min(end, self.mask.plate_wh[axis])
            means.append(cell_means(first, count, cell_px, start, end - start).to(part.device))
            sides.append((start, end))
        (y0, y1), (x0, x1) = sides
        part.copy_(means[0] @ pixels(self.plate, (x0, y0, x1, y1), part.device) @ means[1].T)


def _cells_of(mask: SoftMask, box: Box) -> Box:
    """The part of the mask grid that coverage in a box of the plate depends on."""
    scale_x, scale_y = mask.grid_wh[0] / mask.plate_wh[0], mask.grid_wh[1] / mask.plate_wh[1]
    x0, y0, x1, y1 = box
    cells = (math.floor(x0 * scale_x), math.floor(y0 * scale_y), math.ceil(x1 * scale_x), math.ceil(y1 * scale_y))
    return clip(grow(cells, MARGIN), mask.grid_wh)
