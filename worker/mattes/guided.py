"""The `guided` edge: inside a band round the mask's edge, coverage follows the picture."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from bridge.borders import Border
from worker.mattes.band import Band, band_of, tile_grid
from worker.mattes.colours import CellColours
from worker.mattes.edges import contrasted
from worker.mattes.geometry import Box, box_wh, clip, grow, inside, meet, part_of
from worker.mattes.linear import RADIUS, fit
from worker.mattes.resample import REACH, Kernel, prefilter
from worker.mattes.softmask import SoftMask
from worker.mattes.tiling import Enlarging

MARGIN = REACH + 2 * RADIUS
"""Cells round a tile that its coverage depends on: enlarging, smoothing the slopes, and their fit."""

_TILE_PX = {"cpu": 32}
"""Side of a tile by kind of device: small ones lie closely round the band."""

_LARGE_TILE_PX = 128

_BATCH_PX = {"cpu": 1 << 17}
"""Pixels of the tiles that are computed together, by kind of device: on the CPU they stay in the cache."""

_LARGE_BATCH_PX = 1 << 22

_BLOCK = 192
"""Side of the squares of cells that are fitted together."""

_FIT_MARGIN = 2 * RADIUS + 1
"""Cells round a block that its fit depends on; one is the prefilter's."""


def guided(mask: SoftMask, border: Border, colours: CellColours) -> tuple[Box, torch.Tensor]:
    """Coverage that has the mask's means over its cells, and inside of them the plate's detail.

    With the fit ``a . J + b`` of the mask p to the mean colours J of cells, the coverage of a pixel of colour I
    is ``a . I + b + (p - a . J - b)``, all but I enlarged to the plate. Where colour does not tell inside from
    outside, a is 0 and the mask is left as it is; nothing is decided, so nothing flickers.

    Args:
        mask: A layer's soft mask.
        border: Its `width` is the band's; `offset` grows the mask before, `contrast` hardens the edge after.
        colours: Those of the plate on the mask's grid; the plate has the size that the mask says.

    Returns:
        The window of the plate outside which coverage is 0, and the coverage in it, float16, in [0, 1].
    """
    band = band_of(mask, border)
    kind, device = mask.values.device.type, mask.values.device
    side = _TILE_PX.get(kind, _LARGE_TILE_PX)
    # Tiles are counted from the plate's corner, so that all layers of all frames have the same ones.
    x0, y0, x1, y1 = band.window
    first_column, first_row = x0 // side, y0 // side
    tiles = (first_column, first_row, -(-x1 // side), -(-y1 // side))
    left, top = first_column * side, first_row * side
    met, plain = tile_grid(band, side, (left, top, x1, y1))
    rows, columns = met.shape
    out = torch.empty((rows * side, columns * side), dtype=torch.float16, device=device)
    by_tile = out.view(rows, side, columns, side).permute(0, 2, 1, 3)
    by_tile.copy_(plain[:, :, None, None])
    distances = band.field.enlarging(tiles, side)
    fits = _Fits.of(band, colours, tiles, side)
    found, first = torch.nonzero(met), torch.tensor([first_row, first_column])
    fits.fit(found)
    batch = max(1, _BATCH_PX.get(kind, _LARGE_BATCH_PX) // side**2)
    for start in range(0, len(found), batch):
        here = found[start : start + batch]
        row, column = here.to(device).unbind(1)
        followed = fits.follow(row, column, _colours(colours.plate, here + first, side, device))
        if border.contrast != 1.0:
            followed = contrasted(followed, border.contrast)
        distance = distances.tiles(band.field.values_px[None], row, column)[:, :, 0]
        plain_here, weight = band.weigh(distance)
        by_tile[row, column] = torch.lerp(plain_here, followed, weight).half()
    return band.window, out[y0 - top : y1 - top, x0 - left : x1 - left]


def _colours(plate: npt.NDArray[np.uint8], tiles: torch.Tensor, side: int, device: torch.device) -> torch.Tensor:
    """The colours of some tiles of the plate. Shape ``(n, 2)``: row and column of each.

    Returns:
        Shape ``(3, n, side, side)``, float32, from 0 to 255; any colours beyond the plate.
    """
    height, width = plate.shape[0] // side, plate.shape[1] // side
    down, right, channel = plate.strides
    strides = (down * side, right * side, down, right, channel)
    whole = np.lib.stride_tricks.as_strided(plate, (height, width, side, side, 3), strides, writeable=False)
    row, column = tiles.numpy().T
    cut = np.zeros((len(tiles), side, side, 3), np.uint8)
    inside = (row < height) & (column < width)
    cut[inside] = whole[row[inside], column[inside]]
    for number in np.flatnonzero(~inside):
        top, left = row[number] * side, column[number] * side
        part = plate[top : top + side, left : left + side]
        cut[number, : part.shape[0], : part.shape[1]] = part
    # To planes while they are bytes, of which a line of the cache holds four times as many.
    return torch.from_numpy(cut).to(device).permute(3, 0, 1, 2).contiguous().float()


@dataclass(frozen=True)
class _Fits:
    """The fit of a mask to colours, on the part of the mask grid that the band's window depends on."""

    mask: SoftMask
    colours: CellColours
    box: Box
    """The part of the grid."""
    coverage: torch.Tensor
    """Shape ``(h, w)``, float32, in [0, 1]."""
    kernel: Kernel
    """How the rest is enlarged."""
    found: torch.Tensor
    """Shape ``(5, h, w)``, float32, right in the blocks that were fitted: the rest, which the fit leaves of the
    mask, through the kernel's prefilter; the three slopes, of colours from 0 to 255; the offset."""
    rest: Enlarging
    """From the rest to tiles of the plate."""
    lines: Enlarging
    """From slopes and offset to the same tiles."""

    @classmethod
    def of(cls, band: Band, colours: CellColours, tiles: Box, side: int) -> _Fits:
        """The fits of a band for tiles of the plate, of which the box says the first and last columns and rows."""
        mask = band.mask
        box = _cells_of(mask, band.window)
        width, height = box_wh(box)
        coverage = torch.zeros((height, width), device=mask.values.device)
        shown = meet(box, mask.box)
        if shown is not None:
            coverage[part_of(box, shown)] = mask.values[part_of(mask.box, shown)]
        # Where the samples are the pixels, nothing lies between them.
        kernel = Kernel.LINEAR if mask.grid_wh == mask.plate_wh else Kernel.BSPLINE
        scale = mask.grid_wh[0] / mask.plate_wh[0], mask.grid_wh[1] / mask.plate_wh[1]
        rest, lines = (
            Enlarging.even(tiles, side, scale, box, by, coverage.device) for by in (kernel, Kernel.LINEAR)
        )
        return cls(mask, colours, box, coverage, kernel, coverage.new_empty((5, height, width)), rest, lines)

    def follow(self, row: torch.Tensor, column: torch.Tensor, colour: torch.Tensor) -> torch.Tensor:
        """Coverage of the pixels of tiles that were fitted.

        Args:
            row: Shape ``(n,)``: the rows of the tiles.
            column: Shape ``(n,)``: their columns.
            colour: Shape ``(3, n, side, side)``, float32, from 0 to 255.

        Returns:
            Shape ``(n, side, side)``, float32, in [0, 1].
        """
        line = self.lines.tiles(self.found[1:], row, column)
        followed = self.rest.tiles(self.found[:1], row, column)[:, :, 0].add_(line[:, :, 3])
        for channel in range(3):
            followed.addcmul_(line[:, :, channel], colour[channel])
        return followed.clamp_(0.0, 1.0)

    def fit(self, tiles: torch.Tensor) -> None:
        """Make the fit of what some tiles are made from known. Shape ``(n, 2)``: row and column of each."""
        rows, columns = (
            (samples[:, [0, -1]] // _BLOCK).cpu()[tiles[:, axis]]
            for axis, samples in enumerate((self.rest.rows, self.rest.columns))
        )
        met = {
            block
            for (top, bottom), (first, last) in set(
                zip(map(tuple, rows.tolist()), map(tuple, columns.tolist()), strict=True)
            )
            for block in itertools.product(range(top, bottom + 1), range(first, last + 1))
        }
        for row, column in sorted(met):
            x0, y0 = self.box[0] + column * _BLOCK, self.box[1] + row * _BLOCK
            self._fit_block((x0, y0, min(x0 + _BLOCK, self.box[2]), min(y0 + _BLOCK, self.box[3])))

    def _fit_block(self, block: Box) -> None:
        around = inside(grow(block, _FIT_MARGIN), self.box)
        coverage, colour = self.coverage[part_of(self.box, around)], self.colours.of(around)
        a, b = fit(colour, self.colours.spread(around), coverage)
        # Where colours say nothing the rest is all of the mask's shape.
        rest = coverage - b
        for slope, channel in zip(a, colour, strict=True):
            rest.addcmul_(slope, channel, value=-1.0)
        if self.kernel is Kernel.BSPLINE:
            rest = prefilter(rest)
        inner = part_of(around, block)
        found = self.found[(slice(None), *part_of(self.box, block))]
        found[0] = rest[inner]
        found[1:4] = a[(slice(None), *inner)] / 255.0
        found[4] = b[inner]


def _cells_under(mask: SoftMask, box: Box) -> Box:
    """The part of the mask grid that a box of the plate lies on."""
    scale_x, scale_y = mask.grid_wh[0] / mask.plate_wh[0], mask.grid_wh[1] / mask.plate_wh[1]
    x0, y0, x1, y1 = box
    return math.floor(x0 * scale_x), math.floor(y0 * scale_y), math.ceil(x1 * scale_x), math.ceil(y1 * scale_y)


def _cells_of(mask: SoftMask, box: Box) -> Box:
    """The part of the mask grid that coverage in a box of the plate depends on."""
    return clip(grow(_cells_under(mask, box), MARGIN), mask.grid_wh)
