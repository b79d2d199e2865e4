"""The ranks of a Cryptomatte: for each pixel, the objects that cover it most and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from worker.mattes import Matte
from worker.mattes.geometry import Box, Size, union

_UNIT = 1 << 24
"""Coverages are whole multiples of 1 / 2**24: every half float in [0, 1] is one, and float32 adds them exactly up
to 1, in any order."""

_COVERED = 1 << 16
"""Keys from here on have coverage."""

_BAND_SAMPLES = 1 << 20
"""Samples of mattes that are looked at together, on the average; few enough to stay in a processor's cache."""


@dataclass(frozen=True)
class _Source:
    """A matte on the device."""

    window: Box
    bits: torch.Tensor
    """Its coverage's bits, int16: those of half floats from 0 to 1 are in the order of the numbers."""
    slot: int
    """Its place in the table of ids, above 0; the higher of two wins where they cover equally."""


def rank_planes(
    mattes: Sequence[Matte],
    ids: Sequence[int],
    plate_wh: Size,
    levels: int,
    device: torch.device | str = "cpu",
) -> npt.NDArray[np.float32]:
    """Rank the objects of every pixel by coverage; the earlier of two that cover equally comes first.

    Where a pixel's coverages add up to more than 1, each is divided by the sum and rounded down to a multiple
    of 1 / 2**24, so that no order of adding them gives more than 1. Where they do not, they stay as they are.
    Objects beyond the last rank count in the sum, but are not written.

    Work is done where mattes have coverage, and ranks are searched for only where several have. The result is
    the same on every device.

    Args:
        mattes: The objects' mattes, at most 65535.
        ids: Their ids, see `worker.exr.cryptomatte_ids.object_id`.
        plate_wh: Width and height of the plate, in pixels.
        levels: How many ranks there are.
        device: Where to compute.

    Returns:
        Shape ``(2 * levels, h, w)``: id and coverage of the first rank, of the second, and so on. Without an
        object both are 0.
    """
    width, height = plate_wh
    planes = np.zeros((2 * levels, height, width), np.float32)
    # Numbers of the table are bits, and bits only: as floats some could change on their way.
    out = torch.from_numpy(planes.view(np.int32)).view(2 * levels, -1)
    where = torch.device(device)
    table = torch.from_numpy(np.array([0, *reversed(ids)], np.uint32).view(np.int32)).to(where)
    sources = [
        _Source(m.window, torch.from_numpy(m.coverage.view(np.int16)).to(where), len(mattes) - number)
        for number, m in enumerate(mattes)
        if m.window is not None
    ]
    area = union([source.window for source in sources])
    if area is None:
        return planes
    left, top, right, bottom = area
    heights = sum(source.window[3] - source.window[1] for source in sources)
    rows = max(1, _BAND_SAMPLES * (bottom - top) // ((right - left) * heights))
    with torch.inference_mode():
        for y0 in range(top, bottom, rows):
            _rank_band(out, sources, table, (left, y0, right, min(y0 + rows, bottom)), width)
    return planes


def _rank_band(out: torch.Tensor, sources: Sequence[_Source], table: torch.Tensor, band: Box, width: int) -> None:
    """Rank the pixels of a band and write them to `out`, shape ``(2 * levels, h * w)``, int32."""
    x0, y0, x1, y1 = band
    keys, first, second = _keys(sources, band, table.device)
    ids, coverage = _decoded(first, table)
    view = out.view(out.shape[0], -1, width)[:2, y0:y1, x0:x1]
    view[0].copy_(ids)
    view[1].copy_(coverage)
    shared = torch.nonzero(second.view(-1) >= _COVERED).view(-1)
    if shared.numel() == 0:
        return
    ranked = _ranked(keys.view(len(keys), -1).index_select(1, shared), table, out.shape[0] // 2).cpu()
    shared = shared.cpu()
    columns = x1 - x0
    pixels = (shared // columns + y0) * width + shared % columns + x0
    for plane, values in zip(out, ranked.view(-1, len(pixels)), strict=False):
        plane.index_copy_(0, pixels, values)


def _keys(
    sources: Sequence[_Source], band: Box, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The keys of a band's pixels: coverage in the upper 16 bits, slot in the lower.

    All keys of a pixel differ, so that their order never depends on the device.

    Returns:
        The keys of each matte in the band, int32, shape ``(n, h, w)``, and the highest and the second highest
        of each pixel, shape ``(h, w)``.
    """
    x0, y0, x1, y1 = band
    inside = [s for s in sources if s.window[1] < y1 and s.window[3] > y0]
    keys = torch.zeros((len(inside), y1 - y0, x1 - x0), dtype=torch.int32, device=device)
    first, second = torch.zeros_like(keys[:1])[0], torch.zeros_like(keys[:1])[0]
    for plane, source in zip(keys, inside, strict=True):
        left, top, right, bottom = source.window
        rows = slice(max(top, y0) - y0, min(bottom, y1) - y0)
        columns = slice(left - x0, right - x0)
        bits = source.bits[rows.start + y0 - top : rows.stop + y0 - top]
        own, high, next_high = (p[rows, columns] for p in (plane, first, second))
        own.copy_(bits).mul_(_COVERED).add_(source.slot)
        torch.maximum(next_high, torch.minimum(high, own), out=next_high)
        torch.maximum(high, own, out=high)
    return keys, first, second


def _decoded(keys: torch.Tensor, table: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and coverages of keys, as the bits of float32."""
    covered = keys.masked_fill(keys < _COVERED, 0)
    ids = table.index_select(0, (covered & (_COVERED - 1)).view(-1)).view(keys.shape)
    return ids, _half(covered).float().view(torch.int32)


def _ranked(keys: torch.Tensor, table: torch.Tensor, levels: int) -> torch.Tensor:
    """The ranks of pixels that several objects cover.

    Args:
        keys: Shape ``(n, p)``: the keys of all mattes at `p` pixels.
        table: Ids by slot.
        levels: How many ranks there are.

    Returns:
        Ids and coverages as the bits of float32, shape ``(k, 2, p)``, for the k ranks that some pixel needs.
    """
    total = _units(keys).sum(0)
    # Ranks that no pixel needs are left alone: their planes stay untouched memory.
    most = int((keys >= _COVERED).sum(0, dtype=torch.int32).max())
    highest = keys.t().topk(min(levels, most), dim=1).values.t()
    units = _units(highest)
    # In whole numbers, which neither round up nor depend on the order of the sum.
    units = torch.where(total > _UNIT, units * _UNIT // total.clamp(min=1), units)
    ids = table.index_select(0, (highest & (_COVERED - 1)).reshape(-1)).view(highest.shape)
    coverage = (units.to(torch.float32) / _UNIT).view(torch.int32)
    return torch.stack([ids.masked_fill(units == 0, 0), coverage], dim=1)


def _units(keys: torch.Tensor) -> torch.Tensor:
    """The coverages of keys as whole multiples of 1 / 2**24, int64."""
    return (_half(keys).float() * _UNIT).long()


def _half(keys: torch.Tensor) -> torch.Tensor:
    """The coverages of keys."""
    return (keys >> 16).to(torch.int16).view(torch.float16)
