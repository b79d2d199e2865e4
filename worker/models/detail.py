"""A second, closer look at large plates: small things, and edges finer than a model's own masks.

Models shrink a plate to the size that they are good at. An 8K plate loses eleven of twelve pixels a side on its
way, and with them distant people and the line between an arm and the sky. Here the model also looks at windows of
the plate, each as large to it as the whole, and what it finds there is laid into what it found in all:

- near the edges of a segment that a window shows too, the window's mask takes the place of the first one;
- small things that only a window shows are added;
- whatever else a window says, for instance that a wall seen from near is sky, is left alone.

Windows overlap, and each fades out towards its rim, so that no seam is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F

from bridge.request import MAX_DETAIL
from worker import signs
from worker.labels import LabelSet
from worker.mattes.geometry import Box, Size, box_wh, clip, grow, inside, meet, part_of
from worker.mattes.matrices import interpolation
from worker.mattes.resample import Kernel
from worker.models.base import Model, Plate, Predictor, VideoModel
from worker.models.windows import Raster, Window, promises, windows
from worker.segments import FramePrediction, Segment, boxed

SAME_IOU = 0.7
"""Least soft intersection over union, inside a window and at the first look's resolution, of two masks of one
category that are one segment."""

SAME_CUT_IOU = 0.9
"""The same for a thing that the window's rim cuts: a model knows a whole person better than half of one."""

SMALL_CELLS = 100
"""Most of the first look's cells that a thing it overlooked may cover; what is larger it hardly overlooks."""

SURE_SCORE = 0.5
"""Least score of a thing that only a window shows: seen from near, a wall has many things that are none."""

KNOWN_SHARE = 0.3
"""A thing that another covers to this share is a part of it or the same, and nothing new."""

EDGE_CELLS = 2
"""How many of the first look's cells beside an edge the second may change."""


def closer(model: Model, detail: int) -> Model:
    """The model itself for a detail of 1, else one that looks closer."""
    if detail == 1:
        return model
    return DetailedVideo(model, detail) if isinstance(model, VideoModel) else Detailed(model, detail)


class Detailed:
    """A model that also looks at windows of a plate; its masks are `detail` times as fine."""

    def __init__(self, model: Model, detail: int) -> None:
        """
        Args:
            model: Looks at the plate, and at each of its windows.
            detail: How many times as fine the mask grid gets, 2 to `MAX_DETAIL`; 1 / `detail` of a plate's side is
                a window's.
        """
        if not 2 <= detail <= MAX_DETAIL:
            raise ValueError(f"detail must be 2 to {MAX_DETAIL}, but is {detail}")
        self.name = model.name
        self.label_set: LabelSet = model.label_set
        self.licence = model.licence
        self.fingerprint = model.fingerprint
        self.settings = {**model.settings, "detail": detail}
        self.batch_size = 1
        self._model = model
        self._detail = detail

    def predict(self, plates: Sequence[Plate]) -> list[FramePrediction]:
        """Find the segments of each plate; see `worker.models.base.Model`."""
        return [self.closer(plate, first) for plate, first in zip(plates, self._all(plates), strict=True)]

    def _all(self, plates: Sequence[Plate]) -> list[FramePrediction]:
        size = max(1, self._model.batch_size)
        found: list[FramePrediction] = []
        for at in range(0, len(plates), size):
            found += self._model.predict(plates[at : at + size])
            signs.beat()
        return found

    def closer(self, plate: Plate, first: FramePrediction) -> FramePrediction:
        """What a plate showed, and what its windows show besides."""
        plate_wh = (plate.shape[1], plate.shape[0])
        chosen = [w for w in windows(first.grid_wh, plate_wh, self._detail) if promises(plate, w)]
        seen = self._all([np.ascontiguousarray(plate[part_of((0, 0, *plate_wh), w.box_px)]) for w in chosen])
        return laid_in(first, list(zip(chosen, seen, strict=True)), plate_wh, self._detail)


class DetailedVideo(Detailed):
    """The same for a model that remembers: plates go through its runs, windows are looked at each on its own."""

    def __init__(self, model: VideoModel, detail: int) -> None:
        """As `Detailed`."""
        super().__init__(model, detail)
        self.run_length = model.run_length
        self._video = model

    def begin(self, run: int) -> Predictor:
        """See `worker.models.base.VideoModel`; things that only a window shows have no track of the model."""
        return _CloserRun(self, self._video.begin(run))


class _CloserRun:
    def __init__(self, model: DetailedVideo, run: Predictor) -> None:
        self._model = model
        self._run = run

    def predict(self, plates: Sequence[Plate]) -> list[FramePrediction]:
        return [self._model.closer(p, first) for p, first in zip(plates, self._run.predict(plates), strict=True)]


def laid_in(
    first: FramePrediction, looks: Sequence[tuple[Window, FramePrediction]], plate_wh: Size, detail: int
) -> FramePrediction:
    """Lay what windows show into what the whole plate showed.

    Args:
        first: The segments of the whole plate.
        looks: Windows and their segments.
        plate_wh: Width and height of the plate, in pixels.
        detail: How many times as fine the result's grid is.

    Returns:
        The segments of `first` and small things besides, highest score first.
    """
    fine_wh = (first.grid_wh[0] * detail, first.grid_wh[1] * detail)
    layers = [_Layer.of(segment, first.grid_wh, detail) for segment in first.segments]
    new: list[Segment] = []
    for window, seen in looks:
        masks = [(s, _on_cells(s, seen.grid_wh, window, plate_wh, fine_wh)) for s in seen.segments]
        taken = _matched(layers, masks, window, fine_wh, detail)
        for index, number in taken.items():
            layers[index].add(window, masks[number][1])
        for number, (segment, mask) in enumerate(masks):
            sure = segment.is_thing and segment.score >= SURE_SCORE
            if sure and number not in taken.values() and _is_new(mask, layers, window, fine_wh, detail):
                new += _placed(segment, mask, window.cells)
    added = _without_copies(new)
    segments = [segment for layer in layers for segment in layer.finished(added)]
    return FramePrediction(fine_wh, tuple(sorted([*segments, *added], key=lambda s: -s.score)))


class _Layer:
    """A segment of the first look on the fine grid, and what windows say of it."""

    def __init__(self, segment: Segment, box: Box, first: Raster, near_edge: Raster) -> None:
        self.segment = segment
        self.box = box
        """In the fine grid: all that may be covered."""
        self.first = first
        """The first look's mask, in [0, 1], shape of the box."""
        self._near_edge = near_edge
        """Where windows count, in [0, 1], shape of the box."""
        self._sum = np.zeros_like(first)
        self._weight = np.zeros_like(first)

    @classmethod
    def of(cls, segment: Segment, grid_wh: Size, detail: int) -> _Layer:
        coarse = clip(grow(segment.box, 2 * EDGE_CELLS), grid_wh)
        mask = np.zeros(box_wh(coarse)[::-1], np.float32)
        mask[part_of(coarse, segment.box)] = segment.mask / np.float32(255.0)
        values = torch.from_numpy(mask)[None, None]
        lowest, highest = -F.max_pool2d(-values, 3, 1, 1), F.max_pool2d(values, 3, 1, 1)
        edge = ((highest - lowest) > 0.2).float()
        side = 2 * EDGE_CELLS - 1
        near = F.avg_pool2d(F.max_pool2d(edge, side, 1, side // 2), 3, 1, 1)
        both = F.interpolate(
            torch.cat([values, near], 1), scale_factor=detail, mode="bilinear", align_corners=False
        )[0].numpy()
        x0, y0, x1, y1 = (edge * detail for edge in coarse)
        return cls(segment, (x0, y0, x1, y1), both[0], both[1])

    def under(self, window: Window) -> Raster | None:
        """The first look's mask on a window's cells; None where it is not there."""
        if (shared := meet(self.box, window.cells)) is None:
            return None
        out = np.zeros_like(window.weight)
        out[part_of(window.cells, shared)] = self.first[part_of(self.box, shared)]
        return out

    def add(self, window: Window, mask: Raster) -> None:
        """Take a window's mask into account."""
        shared = inside(self.box, window.cells)
        mine, its = part_of(self.box, shared), part_of(window.cells, shared)
        self._sum[mine] += window.weight[its] * mask[its]
        self._weight[mine] += window.weight[its]

    def finished(self, added: Sequence[Segment]) -> list[Segment]:
        """The segment on the fine grid, if there is any of it; stuff gives way to the things that were added."""
        share = np.minimum(self._weight, 1.0) * self._near_edge
        mean = self._sum / np.maximum(self._weight, np.float32(1e-6))
        mask: Raster = (self.first + share * (mean - self.first)).astype(np.float32)
        for thing in added if not self.segment.is_thing else ():
            if (shared := meet(self.box, thing.box)) is not None:
                its = thing.mask[part_of(thing.box, shared)]
                mask[part_of(self.box, shared)] *= np.float32(1.0) - its / np.float32(255.0)
        return _placed(self.segment, mask, self.box)


def _on_cells(segment: Segment, grid_wh: Size, window: Window, plate_wh: Size, fine_wh: Size) -> Raster:
    """A window's mask on its cells of the fine grid, in [0, 1]."""
    matrices = []
    for axis in (1, 0):
        first, last = window.cells[axis], window.cells[axis + 2]
        start, end = window.box_px[axis], window.box_px[axis + 2]
        centres = (torch.arange(first, last, dtype=torch.float64) + 0.5) * (plate_wh[axis] / fine_wh[axis])
        at = (centres - start) * (grid_wh[axis] / (end - start)) - 0.5
        matrices.append(interpolation(at, grid_wh[axis], Kernel.LINEAR))
    x0, y0, x1, y1 = segment.box
    values = torch.from_numpy(segment.mask.astype(np.float32)).div_(255.0)
    out: Raster = (matrices[0][:, y0:y1] @ values @ matrices[1][:, x0:x1].T).numpy()
    return out


def _matched(
    layers: Sequence[_Layer], masks: Sequence[tuple[Segment, Raster]], window: Window, fine_wh: Size, detail: int
) -> dict[int, int]:
    """Which segment of a window is which of the first look's, each at most once, the most alike first."""
    alike = []
    for index, layer in enumerate(layers):
        if (under := layer.under(window)) is None:
            continue
        cut = layer.segment.is_thing and _is_cut(under, window.cells, fine_wh)
        known = _coarse(under, detail)
        for number, (segment, mask) in enumerate(masks):
            if segment.category == layer.segment.category:
                seen = _coarse(mask, detail)
                iou = float(np.minimum(known, seen).sum()) / max(float(np.maximum(known, seen).sum()), 1e-6)
                if iou >= (SAME_CUT_IOU if cut else SAME_IOU):
                    alike.append((iou, index, number))
    taken: dict[int, int] = {}
    for _, index, number in sorted(alike, key=lambda found: (-found[0], found[1], found[2])):
        if index not in taken and number not in taken.values():
            taken[index] = number
    return taken


def _coarse(mask: Raster, detail: int) -> Raster:
    """A mask on fine cells, as soft as the first look would have it: a speck is no speck there."""
    out: Raster = F.avg_pool2d(torch.from_numpy(mask)[None], detail, detail, ceil_mode=True)[0].numpy()
    return out


def _is_new(mask: Raster, layers: Sequence[_Layer], window: Window, fine_wh: Size, detail: int) -> bool:
    """Whether a thing of a window was overlooked: small, whole, and not a part of what is known."""
    if not 0.0 < float(mask.sum()) <= SMALL_CELLS * detail**2 or _is_cut(mask, window.cells, fine_wh):
        return False
    seen = _coarse(mask, detail)
    for layer in layers:
        under = layer.under(window) if layer.segment.is_thing else None
        if under is not None and float(np.minimum(_coarse(under, detail), seen).sum()) > KNOWN_SHARE * seen.sum():
            return False
    return True


def _is_cut(mask: Raster, cells: Box, fine_wh: Size) -> bool:
    """Whether a window's rim cuts a mask where the plate goes on."""
    rims = (
        (cells[0] > 0, mask[:, 0]),
        (cells[1] > 0, mask[0]),
        (cells[2] < fine_wh[0], mask[:, -1]),
        (cells[3] < fine_wh[1], mask[-1]),
    )
    return any(goes_on and rim.max() >= 0.25 for goes_on, rim in rims)


def _without_copies(found: Sequence[Segment]) -> list[Segment]:
    """Things found in several windows once, as the surest window has them."""
    kept: list[Segment] = []
    for segment in sorted(found, key=lambda s: (-s.score, s.box)):
        if not any(_overlap(segment, other) > KNOWN_SHARE for other in kept):
            kept.append(segment)
    return kept


def _overlap(segment: Segment, other: Segment) -> float:
    """What two masks share, as a share of the smaller."""
    if (shared := meet(segment.box, other.box)) is None:
        return 0.0
    both = np.minimum(segment.mask[part_of(segment.box, shared)], other.mask[part_of(other.box, shared)])
    return float(both.sum()) / max(1.0, min(float(segment.mask.sum()), float(other.mask.sum())))


def _placed(segment: Segment, mask: Raster, cells: Box) -> list[Segment]:
    """The segment with another mask, whose raster lies on some cells of the fine grid; none where it is empty."""
    found = boxed(np.rint(np.clip(mask, 0.0, 1.0) * 255.0).astype(np.uint8))
    if found is None:
        return []
    (x0, y0, x1, y1), cut = found
    left, top = cells[:2]
    return [replace(segment, box=(x0 + left, y0 + top, x1 + left, y1 + top), mask=cut)]
