"""Mattes of a 4K plate against the libraries' own post-processing of the same masks."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from bridge.borders import DEFAULT_POLICY
from worker.layers import LayerSpec
from worker.mattes import make_mattes
from worker.segments import FramePrediction, Segment, boxed

PLATE_WH = (3840, 2160)
GRID_WH = (320, 180)
SEGMENTS = 20

# Things and stuff as a street has them; stuff fills the frame behind the things.
_STUFF = ("sky", "building", "tree", "road")
_THINGS = ("person", "car", "dog")


def logits() -> npt.NDArray[np.float32]:
    """Logits of the masks of a frame, shape ``(SEGMENTS, h, w)``: bands of stuff, and ellipses before them."""
    rng = np.random.default_rng(11)
    w, h = GRID_WH
    y, x = np.mgrid[:h, :w] + 0.5
    out = np.empty((SEGMENTS, h, w), np.float32)
    for number in range(SEGMENTS):
        if number < len(_STUFF):
            top, bottom = h * number / len(_STUFF), h * (number + 1) / len(_STUFF)
            distance = np.minimum(y - top, bottom - y)
        else:
            size = rng.uniform(8.0, 30.0)
            cx, cy = rng.uniform(0.0, w), rng.uniform(0.3 * h, h)
            distance = size * (1.0 - np.hypot((x - cx) / (0.5 * size), (y - cy) / size)) * 0.5
        out[number] = np.clip(distance * 2.0, -8.0, 8.0)
    return out


def category(number: int) -> str:
    """The category of a segment."""
    return _STUFF[number] if number < len(_STUFF) else f"{_THINGS[number % len(_THINGS)]}_{number}"


def layers() -> list[LayerSpec]:
    """A layer for each segment, with the border that the default policy gives its category."""
    out = []
    for number in range(SEGMENTS):
        is_thing = number >= len(_STUFF)
        border = DEFAULT_POLICY.border_for(category(number).split("_")[0], is_thing=is_thing)
        out.append(LayerSpec(category(number), category(number), is_thing, None, border))
    return out


def prediction(masks: npt.NDArray[np.float32]) -> FramePrediction:
    """The masks as our models hand them on."""
    segments = []
    for number, mask in enumerate(masks):
        found = boxed(np.rint(255.0 / (1.0 + np.exp(-mask))).astype(np.uint8))
        assert found is not None
        segments.append(Segment(category(number), number >= len(_STUFF), 0.9, *found))
    return FramePrediction(GRID_WH, tuple(segments))


def merged_map(masks: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
    """One id for each pixel, step by step as ``post_process_panoptic_segmentation`` of transformers does it.

    Written out here, so that the benchmark needs no transformers: all masks are enlarged to the plate, turned
    into probabilities, weighed with their scores, and each pixel goes to the greatest; a segment that keeps
    less than four fifths of its own pixels above one half is dropped.
    """
    enlarged = F.interpolate(torch.from_numpy(masks)[None], PLATE_WH[::-1], mode="bilinear", align_corners=False)
    probabilities = enlarged[0].sigmoid()
    scores = torch.full((len(masks), 1, 1), 0.9)
    labels = (probabilities * scores).argmax(0)
    out = torch.zeros(labels.shape, dtype=torch.int32)
    for number in range(len(masks)):
        won, own = labels == number, probabilities[number] >= 0.5
        area, original = int(won.sum()), int(own.sum())
        if area and original and area / original > 0.8:
            out[won] = number + 1
    return out.numpy()


def _median_s(function: Callable[[], object], rounds: int) -> float:
    function()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def measure(rounds: int = 5) -> dict[str, object]:
    """Time both ways to 3840x2160 from the same masks, in turn, in this process, on the CPU.

    Returns:
        Medians over `rounds` in seconds: our mattes (soft, one for each segment), the merged map (hard, one
        for all), and how many times as long the map takes.
    """
    masks = logits()
    shown, specs = prediction(masks), layers()
    plate = np.random.default_rng(5).integers(0, 256, (PLATE_WH[1], PLATE_WH[0], 3), np.uint8)
    ours = _median_s(lambda: make_mattes(shown, specs, PLATE_WH, plate=plate), rounds)
    theirs = _median_s(lambda: merged_map(masks), rounds)
    return {
        "plate": "x".join(map(str, PLATE_WH)),
        "segments": SEGMENTS,
        "guided_layers": sum(spec.border.needs_plate for spec in specs),
        "mattes_s": ours,
        "merged_map_s": theirs,
        "merged_map_over_mattes": theirs / ours,
    }
