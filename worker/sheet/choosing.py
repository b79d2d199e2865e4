"""Which frames a contact sheet shows: a few as a whole, and for each layer the one where it is largest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from worker.layers import LayerSpec
from worker.segments import FramePrediction
from worker.tracking import TrackIndex

_WHOLE = 4
_LOOKED_AT = 12
"""Frames, spread over the range, among which the one is searched where a layer is largest: all of a long clip
would take as long as tracking it."""


@dataclass(frozen=True)
class SheetPlan:
    """What a contact sheet shows."""

    whole: tuple[int, ...]
    """Frames that are shown as a whole, in rising order."""
    best: dict[int, tuple[LayerSpec, ...]]
    """Layers by the frame that each is shown at, frames in rising order, layers in the order of the export."""
    absent: tuple[LayerSpec, ...]
    """Layers that no frame shows."""

    @property
    def frames(self) -> tuple[int, ...]:
        """All frames that are needed, in rising order."""
        return tuple(sorted({*self.whole, *self.best}))


def plan_sheet(
    frames: Sequence[int],
    index: TrackIndex,
    layers: Sequence[LayerSpec],
    found: Callable[[int], FramePrediction],
) -> SheetPlan:
    """Choose the frames of a sheet.

    Args:
        frames: The frames that can be read, in rising order; at least one.
        index: Their tracks.
        layers: The layers of the export.
        found: The segments of a frame, with track ids.
    """
    whole = _spread(frames, _WHOLE)
    category = {track.id: track.category for track in index.tracks}
    ids = [
        {layer.track}
        if layer.track is not None
        else {i for i, name in category.items() if name in layer.categories}
        for layer in layers
    ]
    candidates = {*whole, *_spread(frames, _LOOKED_AT)}
    for shown in ids:
        there = [frame for frame in frames if shown.intersection(index.frames[frame])]
        if there and candidates.isdisjoint(there):
            candidates.add(there[len(there) // 2])

    most, at = [0.0] * len(layers), [0] * len(layers)
    for frame in sorted(candidates):
        areas = _areas(found(frame))
        for number, shown in enumerate(ids):
            area = sum(areas.get(i, 0.0) for i in shown)
            if area > most[number]:
                most[number], at[number] = area, frame
    best = {
        frame: tuple(
            layer for layer, chosen, area in zip(layers, at, most, strict=True) if area and chosen == frame
        )
        for frame in sorted(candidates)
    }
    return SheetPlan(
        whole,
        {frame: shown for frame, shown in best.items() if shown},
        tuple(layer for layer, area in zip(layers, most, strict=True) if not area),
    )


def _spread(frames: Sequence[int], count: int) -> tuple[int, ...]:
    """Some of the frames, the same distance apart and from the ends."""
    count = min(count, len(frames))
    return tuple(frames[round((len(frames) - 1) * (i + 0.5) / count)] for i in range(count))


def _areas(prediction: FramePrediction) -> dict[int, float]:
    """What part of the frame each track covers."""
    areas: dict[int, float] = {}
    for segment in prediction.segments:
        area = float(segment.mask.sum(dtype=np.int64)) / (255.0 * prediction.grid_wh[0] * prediction.grid_wh[1])
        areas[segment.track] = areas.get(segment.track, 0.0) + area
    return areas
