"""A contact sheet: plates, true coverage and predicted masks side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from worker.embedded.labels import LABELS
from worker.evaluation.merge import LeastScores
from worker.segments import FramePrediction, full_mask
from worker.training.shards import StoredFrame

_PICTURE = 0.35
"""Share of the plate that shines through the colours."""

Coverage = tuple[str, npt.NDArray[np.float32]]
"""A category and its coverage in [0, 1], shape ``(h, w)``."""


def tinted(plate: npt.NDArray[np.uint8], segments: Iterable[Coverage]) -> npt.NDArray[np.uint8]:
    """The plate under the segments' colours, each as strong as its coverage.

    Things of one category are told apart by lightness. What no segment covers stays dark.

    Args:
        plate: Shape ``(h, w, 3)``.
        segments: Later ones lie on top where coverages add up to more than 1.
    """
    color = np.zeros(plate.shape, np.float32)
    seen: dict[str, int] = {}
    for name, coverage in segments:
        count = seen.get(name, 0)
        seen[name] = count + 1
        lightness = (1.0, 0.7, 1.3, 0.5, 1.5)[count % 5]
        tone = np.clip(np.asarray(LABELS[name].color) * lightness, 0, 255)
        color += coverage[..., None] * (tone - color)
    return (plate * _PICTURE + color * (1 - _PICTURE)).astype(np.uint8)


def true_coverage(frame: StoredFrame) -> list[Coverage]:
    """What a drawn frame shows, stuff first."""
    h, w = frame.rgb.shape[:2]
    found = []
    for segment in sorted(frame.segments, key=lambda s: s.is_thing):
        x0, y0, x1, y1 = segment.box
        plane = np.zeros((h, w), np.float32)
        plane[y0:y1, x0:x1] = segment.alpha / 255.0
        found.append((segment.category, plane))
    return found


def predicted_coverage(
    prediction: FramePrediction, size_wh: tuple[int, int], least: LeastScores
) -> list[Coverage]:
    """What a model found, stuff first, segments below `least` left out; interpolated to a size."""
    found = []
    for segment in sorted(prediction.segments, key=lambda s: (s.is_thing, s.score)):
        if segment.score < (least.thing if segment.is_thing else least.stuff):
            continue
        mask = torch.from_numpy(full_mask(segment, prediction.grid_wh))[None, None].float() / 255.0
        plane = F.interpolate(mask, (size_wh[1], size_wh[0]), mode="bilinear", align_corners=False)
        found.append((segment.category, plane[0, 0].numpy()))
    return found


def contact_sheet(
    frames: Sequence[StoredFrame], predictions: Sequence[FramePrediction], least: LeastScores
) -> npt.NDArray[np.uint8]:
    """One row a frame: the plate, the truth, the prediction."""
    rows = []
    for frame, prediction in zip(frames, predictions, strict=True):
        h, w = frame.rgb.shape[:2]
        truth = tinted(frame.rgb, true_coverage(frame))
        guess = tinted(frame.rgb, predicted_coverage(prediction, (w, h), least))
        rows.append(np.concatenate([frame.rgb, truth, guess], axis=1))
    return np.concatenate(rows, axis=0)
