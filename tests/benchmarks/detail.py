"""What a closer look finds that the first does not, on drawn frames whose truth is known."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from worker.device import choose_device
from worker.models.detail import closer
from worker.models.registry import ModelPool
from worker.segments import FramePrediction, Segment, full_mask
from worker.training.scenes import ClipSpec, DrawnFrame, draw_clip

SIZE_WH = (1920, 1080)
SEED = 930_000_000
SMALL_PX = 0.004 * SIZE_WH[0] * SIZE_WH[1]
"""Things that cover less, in pixels, count as small."""

Raster = npt.NDArray[np.float32]


def measure(frames: int = 24, details: tuple[int, ...] = (1, 2, 3)) -> dict[str, object]:
    """Run the embedded model over drawn 1080p frames that it has not seen, with several values of ``--detail``.

    Returns:
        For each detail: mean absolute error of coverage on the pixels that a category truly covers in part; mean
        absolute error over all pixels; how many of the small things are found (intersection over union above one
        half); how many things are found that are none.
    """
    model = ModelPool(choose_device()).get("embedded")
    looks = {detail: closer(model, detail) for detail in details}
    sums: dict[int, dict[str, list[float]]] = {detail: {} for detail in details}
    small = 0
    for number in range(frames):
        frame = next(draw_clip(ClipSpec(SEED + number, 1, SIZE_WH)))
        small += len(_small(frame))
        for detail, look in looks.items():
            for name, value in _judged(frame, look.predict([frame.rgb])[0]).items():
                sums[detail].setdefault(name, []).append(value)
    return {
        "frames": frames,
        "small_things": small,
        **{
            f"detail_{detail}": {
                "soft_error": float(np.mean(found["soft_error"])),
                "error": float(np.mean(found["error"])),
                "small_found": sum(found["small_found"]),
                "false_things": sum(found["false_things"]),
            }
            for detail, found in sums.items()
        },
    }


def _small(frame: DrawnFrame) -> list[int]:
    return [
        number
        for number, segment in enumerate(frame.segments)
        if segment.is_thing and 60.0 < float(frame.alphas[number].sum(dtype=np.float64)) < SMALL_PX
    ]


def _judged(frame: DrawnFrame, prediction: FramePrediction) -> dict[str, float]:
    masks = [(segment, _enlarged(segment, prediction.grid_wh)) for segment in prediction.segments]
    errors, soft_errors = [], []
    for category in {segment.category for segment in frame.segments}:
        true = np.clip(_sum(frame.alphas[n] for n, s in enumerate(frame.segments) if s.category == category), 0, 1)
        found = np.clip(_sum(mask for segment, mask in masks if segment.category == category), 0, 1)
        partly = (true > 0.02) & (true < 0.98)
        difference = np.abs(found - true)
        errors.append(float(difference.mean()))
        if partly.any():
            soft_errors.append(float(difference[partly].mean()))
    things = [(segment.category, mask) for segment, mask in masks if segment.is_thing]
    truths = [(s.category, frame.alphas[n].astype(np.float32)) for n, s in enumerate(frame.segments) if s.is_thing]
    found_small = sum(
        any(_same(frame.segments[n].category, frame.alphas[n].astype(np.float32), *thing) for thing in things)
        for n in _small(frame)
    )
    false = sum(not any(_iou(mask, true) > 0.1 for _, true in truths) for _, mask in things)
    return {
        "error": float(np.mean(errors)),
        "soft_error": float(np.mean(soft_errors)) if soft_errors else 0.0,
        "small_found": float(found_small),
        "false_things": float(false),
    }


def _sum(rasters: Iterable[npt.NDArray[np.floating]]) -> Raster:
    total = np.zeros(SIZE_WH[::-1], np.float32)
    for raster in rasters:
        total += raster
    return total


def _enlarged(segment: Segment, grid_wh: tuple[int, int]) -> Raster:
    mask = torch.from_numpy(full_mask(segment, grid_wh))[None, None].float() / 255.0
    enlarged: Raster = F.interpolate(mask, SIZE_WH[::-1], mode="bilinear", align_corners=False)[0, 0].numpy()
    return enlarged


def _same(category: str, true: Raster, found_category: str, found: Raster) -> bool:
    return category == found_category and _iou(true, found) > 0.5


def _iou(one: Raster, other: Raster) -> float:
    return float(np.minimum(one, other).sum()) / max(float(np.maximum(one, other).sum()), 1e-6)
