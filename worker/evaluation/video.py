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

from worker.evaluation.panoptic import (
    VOID,
    Counts,
    PanopticMap,
    PanopticScore,
    areas_of,
    count_picture,
    overlaps_of,
)


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
        self._frames: deque[tuple[PanopticMap, PanopticMap]] = deque(maxlen=window)
        self.score = PanopticScore()
        """The counts of all windows so far."""

    def add_clip(self, frames: Iterable[tuple[PanopticMap, PanopticMap]]) -> None:
        """Judge a clip: for each frame the truth and the prediction.

        Raises:
            ValueError: The maps of a frame differ in shape.
        """
        for truth, prediction in frames:
            self.add_frame(truth, prediction)
        self.end_clip()

    def add_frame(self, truth: PanopticMap, prediction: PanopticMap) -> None:
        """Judge the next frame of a clip; ValueError where its maps differ in shape."""
        self._frames.append((truth, prediction))
        if len(self._frames) == self._window:
            found = count_picture(_tubes(t for t, _ in self._frames), _tubes(p for _, p in self._frames))
            for category, counts in found.items():
                self.score.counts.setdefault(category, Counts()).add(counts)

    def end_clip(self) -> None:
        """The next frame begins another clip."""
        self._frames.clear()


class SegmentationAndTrackingQuality:
    """STQ, summed up over clips.

    Weber et al., "STEP: Segmenting and Tracking Every Pixel", NeurIPS 2021 (Datasets and Benchmarks), section 4;
    where the paper is silent, as the authors' DeepLab2: predicted things on pixels without truth count against the
    association, those on crowds do not. Stuff is judged by its category alone. The association is summed in single
    precision from exact pixel counts, in the order in which tracks turn up: so does the reference, and only so are
    its figures met to the last digit (double precision differs by some 1e-8).
    """

    def __init__(self, things: Collection[str]) -> None:
        """
        Args:
            things: The categories whose tracks are judged.
        """
        self._things = frozenset(things)
        self._confusion: Counter[tuple[str, str]] = Counter()
        self._association: list[np.float32] = []
        """The sum over the tracks of each clip."""
        self._tracks = 0
        self._shared: Counter[tuple[_Tube, _Tube]] = Counter()
        self._true_sizes: Counter[_Tube] = Counter()
        self._predicted_sizes: Counter[_Tube] = Counter()

    def add_clip(self, frames: Iterable[tuple[PanopticMap, PanopticMap]]) -> None:
        """Judge a clip: for each frame the truth and the prediction.

        Raises:
            ValueError: The maps of a frame differ in shape.
        """
        for truth, prediction in frames:
            self.add_frame(truth, prediction)
        self.end_clip()

    def add_frame(self, truth: PanopticMap, prediction: PanopticMap) -> None:
        """Judge the next frame of a clip; ValueError where its maps differ in shape."""
        for true, predicted, pixels in _shared_pixels(truth, prediction):
            if true[1] != VOID:
                self._confusion[true[0], predicted[0]] += pixels
            if true[1] in truth.crowds and true[0] in self._things:
                continue
            if true[0] in self._things:
                self._true_sizes[true] += pixels
            if predicted[0] in self._things:
                self._predicted_sizes[predicted] += pixels
            self._shared[true, predicted] += pixels

    def end_clip(self) -> None:
        """The next frame begins another clip, whose ids have nothing to do with those so far."""
        self._tracks += len(self._true_sizes)
        clip = np.float32(0)
        for true, true_size in self._true_sizes.items():
            track = np.float32(0)
            for predicted, predicted_size in self._predicted_sizes.items():
                if pixels := self._shared.get((true, predicted), 0):
                    union = np.float32(true_size + predicted_size - pixels)
                    track += np.float32(pixels) * (np.float32(pixels) / union)
            clip += np.float32(1) / np.float32(true_size) * track
        self._association.append(clip)
        for sizes in (self._true_sizes, self._predicted_sizes, self._shared):
            sizes.clear()

    def add(self, other: SegmentationAndTrackingQuality) -> None:
        """Take in the clips that another has judged."""
        self._confusion.update(other._confusion)
        self._association += other._association
        self._tracks += other._tracks

    def result(self) -> TrackingQuality:
        """The quality of all clips so far."""
        total = float(np.sum(self._association, dtype=np.float32))
        aq = total / self._tracks if self._tracks else math.nan
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
    areas: Counter[int] = Counter()
    if any(frame.areas for frame in maps):
        for frame in maps:
            # What a frame does not declare counts as it is.
            counted = {id_: pixels for id_, pixels in areas_of(frame.ids).items() if id_ != VOID}
            areas.update({**counted, **frame.areas})
    return PanopticMap(np.concatenate([frame.ids for frame in maps]), categories, crowds, areas)


def _shared_pixels(truth: PanopticMap, prediction: PanopticMap) -> Iterator[tuple[_Tube, _Tube, int]]:
    """The pairs of segments that meet, with their number of common pixels."""
    for (true_id, predicted_id), pixels in overlaps_of(truth.ids, prediction.ids).items():
        yield (
            (truth.categories[true_id] if true_id != VOID else "", true_id),
            (prediction.categories[predicted_id] if predicted_id != VOID else "", predicted_id),
            pixels,
        )
