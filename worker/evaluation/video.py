"""How good panoptic segmentation of video is: VPQ and STQ.

Clips are read frame by frame, as pairs of truth and prediction whose ids hold through the clip, and never held in
memory beyond the window that is judged.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from worker.evaluation.panoptic import VOID, Counts, PanopticMap, PanopticScore, count_picture


@dataclass(frozen=True)
class TrackingQuality:
    """STQ and its two factors, in [0, 1]; NaN where there is nothing to judge."""

    stq: float
    aq: float
    """Association quality: do true tracks and predicted tracks of things cover the same pixels?"""
    sq: float
    """Segmentation quality: the mean IoU of categories."""


class VideoPanopticQuality:
    """VPQ for one window length, summed up over clips.

    Kim et al., "Video Panoptic Segmentation", CVPR 2020, equation 1: every window of k successive frames is judged
    like one picture, with tubes (a segment's pixels in all frames of the window) in place of segments. The paper's
    VPQ is the mean over several k.
    """

    def __init__(self, window: int) -> None:
        """
        Args:
            window: Number of frames; clips shorter than it do not count.

        Raises:
            ValueError: `window` is below 1.
        """
        if window < 1:
            raise ValueError(f"window must be at least 1 frame, but is {window}")
        self._window = window
        self.score = PanopticScore()
        """The counts of all windows so far."""

    def add_clip(self, frames: Iterable[tuple[PanopticMap, PanopticMap]]) -> None:
        """Judge a clip: for each frame the truth and the prediction.

        Raises:
            ValueError: The maps of a frame differ in shape.
        """
        window: deque[tuple[PanopticMap, PanopticMap]] = deque(maxlen=self._window)
        for pair in frames:
            window.append(pair)
            if len(window) == self._window:
                found = count_picture(_tubes(t for t, _ in window), _tubes(p for _, p in window))
                for category, counts in found.items():
                    self.score.counts.setdefault(category, Counts()).add(counts)


class SegmentationAndTrackingQuality:
    """STQ, summed up over clips.

    Weber et al., "STEP: Segmenting and Tracking Every Pixel", NeurIPS 2021 (Datasets and Benchmarks), section 4;
    where the paper is silent, as the authors' DeepLab2: predicted things on pixels without truth count against the
    association, those on crowds do not. Stuff is judged by its category alone.
    """

    def __init__(self, things: Collection[str]) -> None:
        """
        Args:
            things: The categories whose tracks are judged.
        """
        self._things = frozenset(things)
        self._confusion: Counter[tuple[str, str]] = Counter()
        self._association = 0.0
        self._tracks = 0

    def add_clip(self, frames: Iterable[tuple[PanopticMap, PanopticMap]]) -> None:
        """Judge a clip: for each frame the truth and the prediction.

        Raises:
            ValueError: The maps of a frame differ in shape.
        """
        shared: Counter[tuple[_Tube, _Tube]] = Counter()
        true_sizes: Counter[_Tube] = Counter()
        predicted_sizes: Counter[_Tube] = Counter()
        for truth, prediction in frames:
            for true, predicted, pixels in _shared_pixels(truth, prediction):
                if true[1] != VOID:
                    self._confusion[true[0], predicted[0]] += pixels
                if true[1] in truth.crowds and true[0] in self._things:
                    continue
                if true[0] in self._things:
                    true_sizes[true] += pixels
                if predicted[0] in self._things:
                    predicted_sizes[predicted] += pixels
                shared[true, predicted] += pixels
        self._tracks += len(true_sizes)
        for (true, predicted), pixels in shared.items():
            if true in true_sizes and predicted in predicted_sizes:
                union = true_sizes[true] + predicted_sizes[predicted] - pixels
                self._association += pixels / true_sizes[true] * pixels / union

    def result(self) -> TrackingQuality:
        """The quality of all clips so far."""
        aq = self._association / self._tracks if self._tracks else math.nan
        sq = self._mean_iou()
        return TrackingQuality(math.sqrt(aq * sq), aq, sq)

    def _mean_iou(self) -> float:
        true: Counter[str] = Counter()
        predicted: Counter[str] = Counter()
        for (true_category, predicted_category), pixels in self._confusion.items():
            true[true_category] += pixels
            predicted[predicted_category] += pixels
        categories = (true.keys() | predicted.keys()) - {""}
        hits = {c: self._confusion[c, c] for c in categories}
        ious = [hits[c] / (true[c] + predicted[c] - hits[c]) for c in sorted(categories)]
        return sum(ious) / len(ious) if ious else math.nan


_Tube = tuple[str, int]
"""Category and id; the category is empty for `VOID`."""


def _tubes(frames: Iterable[PanopticMap]) -> PanopticMap:
    """Frames one below the other, as one picture; a tube has the category of the first frame that has its id."""
    maps = list(frames)
    categories: dict[int, str] = {}
    for frame in maps:
        categories = {**frame.categories, **categories}
    crowds = frozenset[int]().union(*(frame.crowds for frame in maps))
    return PanopticMap(np.concatenate([frame.ids for frame in maps]), categories, crowds)


def _shared_pixels(truth: PanopticMap, prediction: PanopticMap) -> Iterator[tuple[_Tube, _Tube, int]]:
    """The pairs of segments that meet, with their number of common pixels."""
    if truth.ids.shape != prediction.ids.shape:
        raise ValueError(f"truth has shape {truth.ids.shape}, but the prediction {prediction.ids.shape}")
    both = np.stack([truth.ids.ravel(), prediction.ids.ravel()]).astype(np.int64)
    base = int(both[1].max(initial=0)) + 1
    pairs, counts = np.unique(both[0] * base + both[1], return_counts=True)
    for pair, pixels in zip(pairs.tolist(), counts.tolist(), strict=True):
        true_id, predicted_id = divmod(pair, base)
        yield (
            (truth.categories[true_id] if true_id != VOID else "", true_id),
            (prediction.categories[predicted_id] if predicted_id != VOID else "", predicted_id),
            pixels,
        )
