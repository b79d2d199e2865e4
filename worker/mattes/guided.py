"""The `guided` edge: inside a band round the mask's edge, coverage follows the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from bridge.borders import Border
from worker.mattes.band import Band, band_of, tiles
from worker.mattes.colours import CellColours
from worker.mattes.edges import contrasted
from worker.mattes.geometry import Box, box_wh, clip, grow, inside, part_of
from worker.mattes.linear import RADIUS, fit
from worker.mattes.matrices import interpolation
from worker.mattes.picture import pixels
from worker.mattes.resample import REACH, Kernel, prefilter
from worker.mattes.softmask import SoftMask

MARGIN = REACH + 2 * RADIUS
"""Cells round a tile that its coverage depends on: enlarging, smoothing the slopes, and their fit."""

_TILE_PX = {"cpu": 128}
"""Side of a tile by kind of device: on the CPU a tile stays in the cache."""

_LARGE_TILE_PX = 1024

_BLOCK = 64
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
    side_px = _TILE_PX.get(mask.values.device.type, _LARGE_TILE_PX)
    width, height = box_wh(band.window)
    out = torch.empty((height, width), dtype=torch.float16, device=mask.values.device)
    fits = _Fits.of(band, colours)
    for box, coverage in tiles(band, side_px):
        part = out[part_of(band.window, box)]
        if coverage is not None:
            part.fill_(coverage)
            continue
        followed = fits.follow(box)
        if border.contrast != 1.0:
            followed = contrasted(followed, border.contrast)
        plain, weight = band.weigh(box)
        part.copy_(torch.lerp(plain, followed, weight))
    return band.window, out


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
    """Shape ``(5, h, w)``, float32, right in the blocks that are known: the rest, which the fit leaves of the
    mask, through the kernel's prefilter; the three slopes; the offset."""
    known: set[tuple[int, int]]
    """Row and column of the blocks that have been fitted."""
    matrices: dict[tuple[int, int, int], tuple[torch.Tensor, torch.Tensor]]
    """See `_enlarging`; by axis and pixels."""

    @classmethod
    def of(cls, band: Band, colours: CellColours) -> _Fits:
        mask = band.mask
        box = _cells_of(mask, band.window)
        width, height = box_wh(box)
        coverage = torch.zeros((height, width), device=mask.values.device)
        coverage[part_of(box, mask.box)] = mask.values
        # Where the samples are the pixels, nothing lies between them.
        kernel = Kernel.LINEAR if mask.grid_wh == mask.plate_wh else Kernel.BSPLINE
        return cls(mask, colours, box, coverage, kernel, coverage.new_empty((5, height, width)), set(), {})

    def follow(self, tile: Box) -> torch.Tensor:
        """Coverage of the pixels of a tile of the plate. Float32, in [0, 1], shape of the tile."""
        x0, y0, x1, y1 = box = clip(grow(_cells_under(self.mask, tile), REACH), self.mask.grid_wh)
        self._fit(box)
        found = self.found[(slice(None), *part_of(self.box, box))]
        across = self._enlarging(0, (tile[0], tile[2]), (x0, x1))
        down = self._enlarging(1, (tile[1], tile[3]), (y0, y1))
        followed = down[0] @ found[0] @ across[0].T
        line = down[1] @ found[1:] @ across[1].T
        followed += line[3]
        colour = pixels(self.colours.plate, tile, found.device)
        for channel in range(3):
            followed.addcmul_(line[channel], colour[..., channel])
        return followed.clamp_(0.0, 1.0)

    def _enlarging(
        self, axis: int, pixels: tuple[int, int], cells: tuple[int, int]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The matrices that enlarge the rest and the fit along an axis; tiles of a row or column share them."""
        key = (axis, *pixels)
        if key not in self.matrices:
            scale = self.mask.grid_wh[axis] / self.mask.plate_wh[axis]
            at = torch.arange(*pixels, dtype=torch.float64, device=self.found.device)
            at = (at + 0.5) * scale - 0.5 - cells[0]
            count = cells[1] - cells[0]
            self.matrices[key] = interpolation(at, count, self.kernel), interpolation(at, count, Kernel.LINEAR)
        return self.matrices[key]

    def _fit(self, box: Box) -> None:
        """Make the fit of a part of the grid known."""
        left, top = self.box[:2]
        for row in range((box[1] - top) // _BLOCK, -((top - box[3]) // _BLOCK)):
            for column in range((box[0] - left) // _BLOCK, -((left - box[2]) // _BLOCK)):
                if (row, column) not in self.known:
                    self.known.add((row, column))
                    x0, y0 = left + column * _BLOCK, top + row * _BLOCK
                    self._fit_block((x0, y0, min(x0 + _BLOCK, self.box[2]), min(y0 + _BLOCK, self.box[3])))

    def _fit_block(self, block: Box) -> None:
        around = inside(grow(block, _FIT_MARGIN), self.box)
        coverage, colour = self.coverage[part_of(self.box, around)], self.colours.of(around)
        a, b = fit(colour, self.colours.spread(around), coverage)
        # Where colours say nothing the rest is all of the mask's shape.
        rest = coverage - (a * colour).sum(0) - b
        if self.kernel is Kernel.BSPLINE:
            rest = prefilter(rest)
        inner = part_of(around, block)
        found = self.found[(slice(None), *part_of(self.box, block))]
        found[0] = rest[inner]
        found[1:4] = a[(slice(None), *inner)]
        found[4] = b[inner]


def _cells_under(mask: SoftMask, box: Box) -> Box:
    """The part of the mask grid that a box of the plate lies on."""
    scale_x, scale_y = mask.grid_wh[0] / mask.plate_wh[0], mask.grid_wh[1] / mask.plate_wh[1]
    x0, y0, x1, y1 = box
    return math.floor(x0 * scale_x), math.floor(y0 * scale_y), math.ceil(x1 * scale_x), math.ceil(y1 * scale_y)


def _cells_of(mask: SoftMask, box: Box) -> Box:
    """The part of the mask grid that coverage in a box of the plate depends on."""
    return clip(grow(_cells_under(mask, box), MARGIN), mask.grid_wh)
