"""Steadier masks: those of the frames before and after, carried along the motion, averaged with a frame's own.

A neighbour counts only where it shows the same as the frame itself once it is carried there. Where something comes
into sight, moves faster than can be followed or changes its shape, the pictures do not agree, and the frame's own
mask stays as it is: nothing drags behind and nothing shines through. The window reaches as far before as after, so
that nothing lags.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from worker.models.base import Plate
from worker.motion import dense_motion
from worker.segments import UNTRACKED, FramePrediction, Segment, boxed, full_mask
from worker.thumbnail import fitted_wh

_FAINT = 4
"""Averages below this of 255 are nothing: boxes stay tight."""

_LUMA = torch.tensor([0.2126, 0.7152, 0.0722])[:, None, None]
"""The weights of Rec. 709."""

_FALL = 0.8
"""A neighbour counts so much less than the one nearer by."""

_ALIKE = 0.06
"""The difference of colour, of 1, at which a neighbour counts a third."""

_WIDEST = 384
"""Motion is found on a picture at most so wide: finer masks go along with it, at a cost that does not grow."""

_LEAST_KNOWN = 0.5
"""A frame that misses a track gets the neighbours' mask where they agree for at least this share."""


@dataclass(frozen=True)
class _Near:
    """A frame in the window."""

    prediction: FramePrediction
    picture: Tensor
    """The plate on the working grid, RGB in [0, 1]. Shape ``(3, h, w)``.

    The working grid is that of the masks, or a coarser one where that is wider than `_WIDEST`."""
    light: npt.NDArray[np.float32]
    """Its luma. Shape ``(h, w)``."""


class Smoother:
    """Steadies the predictions of an export, frame by frame.

    It holds the window's predictions and small pictures, so that memory does not grow with the clip. Frames are
    best asked for in rising order.
    """

    def __init__(
        self,
        reach: int,
        frames: Sequence[int],
        predicted: Callable[[int], FramePrediction],
        plate: Callable[[int], Plate],
    ) -> None:
        """
        Args:
            reach: How many frames to each side steady a frame, at least 1.
            frames: The frames that can be read.
            predicted: Gives a frame's prediction, with tracks.
            plate: Gives a frame's plate.
        """
        self._reach = reach
        self._frames = frozenset(frames)
        self._predicted = predicted
        self._plate = plate
        self._near: dict[int, _Near] = {}
        self._motions: dict[tuple[int, int], Tensor] = {}

    def window(self, frame: int) -> list[int]:
        """The frames that decide what a frame shows, itself among them: up to the first gap on either side."""
        out = [frame]
        for step in (-1, 1):
            for distance in range(1, self._reach + 1):
                if frame + step * distance not in self._frames:
                    break
                out.append(frame + step * distance)
        return sorted(out)

    def smoothed(self, frame: int) -> FramePrediction:
        """The frame's prediction with steadier masks; a track missed between two neighbours is filled in."""
        window = self.window(frame)
        self._forget(frame)
        own = self._get(frame)
        carried = [
            _carried(own, self._get(other), self._motion(frame, other), other - frame)
            for other in window
            if other != frame and self._get(other).prediction.grid_wh == own.prediction.grid_wh
        ]
        return _averaged(own.prediction, carried)

    def _get(self, frame: int) -> _Near:
        if frame not in self._near:
            prediction = self._predicted(frame)
            picture = _reduced(self._plate(frame), fitted_wh(prediction.grid_wh, _WIDEST))
            light = np.asarray((picture * _LUMA).sum(0).numpy(), np.float32)
            self._near[frame] = _Near(prediction, picture, light)
        return self._near[frame]

    def _motion(self, start: int, end: int) -> Tensor:
        """Where each sample of one frame is found in another, in samples. Shape ``(2, h, w)``."""
        step = 1 if end > start else -1
        total = self._step(start, start + step)
        for frame in range(start + step, end, step):
            total = total + _taken(self._step(frame, frame + step), total)
        return total

    def _step(self, start: int, end: int) -> Tensor:
        key = (start, end)
        if key not in self._motions:
            motion = dense_motion(self._get(start).light, self._get(end).light)
            self._motions[key] = torch.from_numpy(motion)
        return self._motions[key]

    def _forget(self, frame: int) -> None:
        kept = range(frame - self._reach, frame + self._reach + 1)
        self._near = {number: near for number, near in self._near.items() if number in kept}
        self._motions = {ends: m for ends, m in self._motions.items() if ends[0] in kept and ends[1] in kept}


@dataclass(frozen=True)
class _Carried:
    """A neighbour, brought to where the frame's own content is."""

    later: bool
    """Whether it comes after the frame."""
    segments: dict[int, Segment]
    """By track."""
    masks: dict[int, Tensor]
    """By track: what is carried of the mask. Shape ``(h, w)``, in 0 to 255."""
    weight: Tensor
    """How much it counts, by sample. Shape ``(h, w)``, in [0, 1]."""


def _carried(own: _Near, other: _Near, motion: Tensor, distance: int) -> _Carried:
    segments = _by_track(other.prediction)
    width, height = other.prediction.grid_wh
    moved: Sequence[Tensor] = ()
    if segments:
        planes = np.stack([full_mask(segment, (width, height)) for segment in segments.values()])
        moved = list(_taken(torch.from_numpy(planes).float(), _motion_at(motion, (height, width))))
    difference = (_taken(other.picture, motion) - own.picture).abs().amax(0)
    # Grain in single samples must not punch holes; a piece that is another differs over several.
    difference = F.avg_pool2d(difference[None], 3, 1, 1, count_include_pad=False)[0]
    weight = torch.exp(-((difference / _ALIKE) ** 2)) * _inside(motion) * _FALL ** (abs(distance) - 1)
    return _Carried(
        later=distance > 0,
        segments=segments,
        masks=dict(zip(segments, moved, strict=True)),
        weight=_resized(weight[None], (height, width))[0],
    )


def _averaged(prediction: FramePrediction, neighbours: Sequence[_Carried]) -> FramePrediction:
    own = set(_by_track(prediction))
    segments: list[Segment | None] = [_steadied(s, prediction.grid_wh, neighbours) for s in prediction.segments]
    before = {track for n in neighbours if not n.later for track in n.segments} - own
    after = {track for n in neighbours if n.later for track in n.segments} - own
    segments += [_filled(track, neighbours) for track in sorted(before & after)]
    kept = [segment for segment in segments if segment is not None]
    return replace(prediction, segments=tuple(sorted(kept, key=lambda s: -s.score)))


def _steadied(segment: Segment, grid_wh: tuple[int, int], neighbours: Sequence[_Carried]) -> Segment:
    """A segment with the mean mask of its own and of the neighbours that have its track."""
    total = torch.from_numpy(full_mask(segment, grid_wh)).float()
    weight = torch.ones_like(total)
    for near in neighbours:
        if segment.track in near.masks:
            total += near.weight * near.masks[segment.track]
            weight += near.weight
    return _with_mask(segment, total / weight) or segment


def _filled(track: int, neighbours: Sequence[_Carried]) -> Segment | None:
    """What a track that the frame misses looks like between neighbours that have it; None where unknown."""
    having = [near for near in neighbours if track in near.masks]
    weight = torch.stack([near.weight for near in having])
    mask = (weight * torch.stack([near.masks[track] for near in having])).sum(0) / weight.sum(0).clamp(min=1e-6)
    known = (weight.amax(0) * mask).sum() / mask.sum().clamp(min=1e-6)
    if known < _LEAST_KNOWN:
        return None
    best = max((near.segments[track] for near in having), key=lambda s: s.score)
    return _with_mask(best, mask * weight.amax(0))


def _with_mask(segment: Segment, mask: Tensor) -> Segment | None:
    values = (mask + 0.5).to(torch.uint8)
    found = boxed((values * (values >= _FAINT)).numpy())
    return None if found is None else replace(segment, box=found[0], mask=found[1])


def _by_track(prediction: FramePrediction) -> dict[int, Segment]:
    """The segment of each track; of several the first, which has the highest score."""
    out: dict[int, Segment] = {}
    for segment in prediction.segments:
        if segment.track != UNTRACKED:
            out.setdefault(segment.track, segment)
    return out


def _reduced(plate: Plate, grid_wh: tuple[int, int]) -> Tensor:
    """A plate on the mask grid: RGB in [0, 1], shape ``(3, h, w)``."""
    height, width = plate.shape[:2]
    # Large plates are thinned out first: the mean over all of their pixels would cost more than all the rest.
    thin = max(1, min(width // (3 * grid_wh[0]), height // (3 * grid_wh[1])))
    picture = torch.from_numpy(np.ascontiguousarray(plate[thin // 2 :: thin, thin // 2 :: thin])).permute(2, 0, 1)
    size_hw = (grid_wh[1], grid_wh[0])
    return F.interpolate(picture[None].float() / 255.0, size_hw, mode="bilinear", antialias=True)[0]


def _resized(planes: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """Planes of shape ``(n, h, w)`` on another grid over the same picture."""
    if planes.shape[1:] == size_hw:
        return planes
    return F.interpolate(planes[None], size_hw, mode="bilinear", align_corners=False)[0]


def _motion_at(motion: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """A motion on another grid over the same picture, in that grid's samples."""
    across, down = size_hw[1] / motion.shape[2], size_hw[0] / motion.shape[1]
    return _resized(motion, size_hw) * torch.tensor([across, down])[:, None, None]


def _grid(motion: Tensor) -> Tensor:
    """The samples that a motion points to, x and y; those of the picture lie in [-1, 1]. Shape ``(h, w, 2)``."""
    h, w = motion.shape[1:]
    x = (2 * (torch.arange(w) + motion[0]) + 1) / w - 1
    y = (2 * (torch.arange(h)[:, None] + motion[1]) + 1) / h - 1
    return torch.stack([x, y], -1)


def _taken(planes: Tensor, motion: Tensor) -> Tensor:
    """The values a motion points to. Shape ``(n, h, w)`` in and out."""
    grid = _grid(motion)
    return F.grid_sample(planes[None], grid[None], "bilinear", "border", align_corners=False)[0]


def _inside(motion: Tensor) -> Tensor:
    """1 where a motion points into the picture, else 0. Shape ``(h, w)``."""
    return (_grid(motion).abs() <= 1).all(-1).float()
