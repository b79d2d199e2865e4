"""The score of a clip's mattes, frame by frame, with two frames in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from worker.evaluation.chatter import Chatter, border_box, chatter
from worker.evaluation.matte_metrics import (
    Matte,
    Region,
    connectivity_error,
    dtssd,
    gradient_error,
    mse,
    sad,
)
from worker.evaluation.matte_motion import Followed, follow_mattes, follow_plates
from worker.models.base import Plate

UNITS = {
    "sad": "thousand pixels",
    "mse": "matte units squared",
    "grad": "thousand",
    "conn": "thousand pixels",
    "dtssd": "matte units",
    "chatter": "matte units",
    "chatter_p95": "matte units",
    "jump_px": "pixels",
    "judged": "part of the border",
    "truth_jump_px": "pixels",
}
"""The figures of a frame, in order, and their units; a matte unit is the difference of no and full coverage."""

_MARGIN_PX = 64
"""How much of the picture around a border is looked at: what moves farther than that is out of sight."""

_MARGIN_PARTS = 16
"""In a picture with a side of more than 1024 pixels the margin is a sixteenth of it."""


@dataclass(frozen=True)
class MatteFrame:
    """A frame to be judged. All pictures have one size, ``(h, w)``."""

    number: int
    predicted: Matte
    truth: Matte | None = None
    """None where only chatter can be judged."""
    region: Region | None = None
    """The pixels in which the errors count; None for all."""
    plate: Plate | None = None
    """What motion is taken from; None for the mattes themselves."""


@dataclass(frozen=True)
class FrameScore:
    """The figures of one frame."""

    number: int
    values: dict[str, float]
    """By the names of `UNITS`; what cannot be judged in this frame is missing."""


def frame_step(frames: Sequence[int]) -> int:
    """The distance of successive frames: the least between two of them, 1 for a single one."""
    return min((b - a for a, b in pairwise(frames)), default=1)


def score_frames(frames: Iterable[MatteFrame], step: int = 1) -> Iterator[FrameScore]:
    """Judge the frames of a clip, in ascending order.

    Figures that need the frame before (dtSSD and chatter) are missing in the first frame, and in one whose number
    is not `step` after the last: across a gap nothing is compared.

    Raises:
        ValueError: pictures of a frame differ in size.
    """
    before: MatteFrame | None = None
    for frame in frames:
        last = before if before is not None and frame.number - before.number == step else None
        values = {**_errors(frame, last), **(_flicker(last, frame) if last is not None else {})}
        yield FrameScore(frame.number, {name: values[name] for name in UNITS if name in values})
        before = frame


def mean_score(scores: Iterable[FrameScore]) -> dict[str, float]:
    """The mean of each figure over the frames that have it."""
    sums: dict[str, tuple[float, int]] = {}
    for score in scores:
        for name, value in score.values.items():
            total, count = sums.get(name, (0.0, 0))
            sums[name] = (total + value, count + 1)
    return {name: sums[name][0] / sums[name][1] for name in UNITS if name in sums}


def _errors(frame: MatteFrame, last: MatteFrame | None) -> dict[str, float]:
    predicted, truth, region = frame.predicted, frame.truth, frame.region
    if truth is None or (region is not None and not region.any()):
        return {}
    values = {
        "sad": sad(predicted, truth, region),
        "mse": mse(predicted, truth, region),
        "grad": gradient_error(predicted, truth, region),
        "conn": connectivity_error(predicted, truth, region),
    }
    if last is not None and last.truth is not None:
        values["dtssd"] = dtssd(predicted, truth, last.predicted, last.truth, region)
    return values


def _flicker(last: MatteFrame, frame: MatteFrame) -> dict[str, float]:
    """Chatter of the prediction, and of the truth where there is one: the floor of the measure on this clip."""
    predicted, truth = (last.predicted, frame.predicted), (last.truth, frame.truth)
    mattes = [matte for matte in (*predicted, *truth) if matte is not None]
    height, width = frame.predicted.shape
    box = border_box(mattes, max(_MARGIN_PX, max(height, width) // _MARGIN_PARTS))
    if box is None:
        return {}
    by_plates: Followed | None = None
    if last.plate is not None and frame.plate is not None:
        by_plates = follow_plates(last.plate[box], frame.plate[box])
    values: dict[str, float] = {}
    found = _chatter_in(box, *predicted, by_plates)
    if found is not None:
        values = {
            "chatter": found.mean,
            "chatter_p95": found.p95,
            "jump_px": found.jump_px,
            "judged": found.judged,
        }
    if truth[0] is not None and truth[1] is not None:
        true = _chatter_in(box, truth[0], truth[1], by_plates)
        values |= {} if true is None else {"truth_jump_px": true.jump_px}
    return values


def _chatter_in(
    box: tuple[slice, slice], before: Matte, after: Matte, by_plates: Followed | None
) -> Chatter | None:
    return chatter(before[box], after[box], by_plates or follow_mattes(before[box], after[box]))
