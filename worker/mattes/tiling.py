"""Rasters enlarged to many small tiles of the plate at once: few long steps instead of many short ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch

from worker.mattes.geometry import Box, box_wh
from worker.mattes.matrices import interpolation
from worker.mattes.resample import Kernel

_TILES = 64
"""Tiles along an axis whose samples and matrices are found together, once for all rasters."""


@dataclass(frozen=True)
class Along:
    """What tiles take from the samples along one axis."""

    samples: torch.Tensor
    """Which samples each tile is made from; they may lie outside. Shape ``(tiles, k)``, int64."""
    matrices: torch.Tensor
    """What of each goes into each pixel. Shape ``(tiles, side, k)``, float32."""

    @classmethod
    def at(cls, positions: torch.Tensor, kernel: Kernel) -> Along:
        """Tiles whose pixels lie at some positions.

        Args:
            positions: Shape ``(tiles, side)``, float64: where the pixels of each tile lie among the samples; 0 is
                the centre of the first sample. Each one pixel as far from the last as the others.
            kernel: The interpolation kernel.
        """
        first = positions[:, :1].floor() - 1.0
        reach = int((positions[:, -1:].floor() + 2.0 - first).max()) + 1
        samples = first.long() + torch.arange(reach, device=positions.device)
        return cls(samples, interpolation(positions - first, reach, kernel))


def even_tiles(
    start: int, stop: int, side: int, scale: float, origin: int, kernel: Kernel, device: torch.device
) -> Along:
    """Tiles side by side on the plate, whose pixels lie in even steps among the samples.

    Args:
        start: The first tile's number: its first pixel is ``start * side``.
        stop: One behind the last.
        side: Pixels of a tile along the axis.
        scale: How far it is from pixel to pixel, in samples: pixel i lies at ``(i + 0.5) * scale - 0.5``.
        origin: The number of the raster's first sample; pixels count from sample 0.
        kernel: The interpolation kernel.
        device: Where they are wanted.
    """
    low = start // _TILES * _TILES
    found = _even_tiles(low, -(-stop // _TILES) * _TILES, side, scale, kernel, device)
    part = slice(start - low, stop - low)
    return Along(found.samples[part] - origin, found.matrices[part])


@lru_cache(maxsize=64)
def _even_tiles(low: int, high: int, side: int, scale: float, kernel: Kernel, device: torch.device) -> Along:
    pixels = torch.arange(low * side, high * side, dtype=torch.float64, device=device)
    return Along.at(((pixels + 0.5) * scale - 0.5).view(-1, side), kernel)


class Enlarging:
    """How tiles that lie in rows and columns are made from a raster of samples."""

    def __init__(self, across: Along, down: Along, size_wh: tuple[int, int]) -> None:
        """
        Args:
            across: What the columns of tiles take.
            down: What the rows of tiles take.
            size_wh: Width and height of the raster, which goes on outside by replication.
        """
        self.columns = across.samples.clamp(0, size_wh[0] - 1)
        self.rows = down.samples.clamp(0, size_wh[1] - 1)
        self._across, self._down = across.matrices.transpose(1, 2).contiguous(), down.matrices

    @classmethod
    def even(
        cls, tiles: Box, side: int, scale: tuple[float, float], shown: Box, kernel: Kernel, device: torch.device
    ) -> Enlarging:
        """To tiles of the plate, whose pixels lie in even steps among the samples.

        Args:
            tiles: The first columns and rows of tiles and those behind the last; see `even_tiles`.
            side: The side of a tile, in pixels.
            scale: How far it is from pixel to pixel, in samples across and down.
            shown: The part of the samples that the raster shows.
            kernel: The interpolation kernel.
            device: Where the rasters are.
        """
        across, down = (
            even_tiles(tiles[axis], tiles[axis + 2], side, scale[axis], shown[axis], kernel, device)
            for axis in (0, 1)
        )
        return cls(across, down, box_wh(shown))

    def tiles(self, rasters: torch.Tensor, row: torch.Tensor, column: torch.Tensor) -> torch.Tensor:
        """Some tiles of several rasters.

        Args:
            rasters: Shape ``(c, h, w)``, float32.
            row: Shape ``(n,)``: the rows of the tiles.
            column: Shape ``(n,)``: their columns.

        Returns:
            Shape ``(n, side, c, side)``.
        """
        rows, columns = self.rows[row], self.columns[column]
        (count, k), width = rows.shape, columns.shape[1]
        place = (rows[:, :, None] * rasters.shape[2] + columns[:, None, :]).view(-1)
        samples = rasters.reshape(len(rasters), -1).index_select(1, place).view(-1, count, k, width)
        down, across = self._down[row], self._across[column]
        lines = down @ samples.permute(1, 2, 0, 3).reshape(count, k, -1)
        return (lines.view(count, -1, width) @ across).view(count, down.shape[1], -1, across.shape[2])
