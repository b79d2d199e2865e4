"""Panoptic quality (Kirillov et al., "Panoptic Segmentation", CVPR 2019), counted as panopticapi counts it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

VOID = 0
"""The id of pixels that belong to no segment: unlabelled in the truth, undecided in a prediction."""

IdMap = npt.NDArray[np.integer]


@dataclass(frozen=True)
class PanopticMap:
    """One picture cut into segments, each pixel in exactly one."""

    ids: IdMap
    """Segment id by pixel, `VOID` for none. Shape ``(h, w)``."""
    categories: Mapping[int, str]
    """The category of each id that occurs."""
    crowds: frozenset[int] = frozenset()
    """Ids that stand for groups of things; only the truth has them. They are never matched, and what lies on them
    is no false alarm."""

    def __post_init__(self) -> None:
        unknown = set(np.unique(self.ids).tolist()) - {VOID} - set(self.categories)
        if unknown:
            raise ValueError(f"ids {sorted(unknown)} occur in the map but have no category")


@dataclass
class Counts:
    """What was matched and missed in one category."""

    iou: float = 0.0
    """Sum of the intersections over unions of the matches."""
    true_positives: int = 0
    false_positives: int = 0
    false_negatives: int = 0

    def add(self, other: Counts) -> None:
        """Add another picture's counts."""
        self.iou += other.iou
        self.true_positives += other.true_positives
        self.false_positives += other.false_positives
        self.false_negatives += other.false_negatives


@dataclass(frozen=True)
class Quality:
    """Panoptic, segmentation and recognition quality, each in [0, 1]; ``pq = sq * rq`` within a category."""

    pq: float
    sq: float
    rq: float


@dataclass(frozen=True)
class PanopticScore:
    """Counts by category over some pictures."""

    counts: dict[str, Counts] = field(default_factory=dict)

    def quality(self, category: str) -> Quality | None:
        """The quality of one category (equation 1 of the paper), or None where it never occurs."""
        found = self.counts.get(category, Counts())
        total = found.true_positives + 0.5 * found.false_positives + 0.5 * found.false_negatives
        if total == 0:
            return None
        sq = found.iou / found.true_positives if found.true_positives else 0.0
        return Quality(found.iou / total, sq, found.true_positives / total)

    def mean(self, categories: Iterable[str] | None = None) -> Quality:
        """The mean over the categories that occur, of `categories` or of all."""
        names = self.counts if categories is None else categories
        found = [quality for name in names if (quality := self.quality(name)) is not None]
        if not found:
            return Quality(0.0, 0.0, 0.0)
        n = len(found)
        return Quality(sum(q.pq for q in found) / n, sum(q.sq for q in found) / n, sum(q.rq for q in found) / n)


def _overlaps(truth: IdMap, predicted: IdMap) -> dict[tuple[int, int], int]:
    """Pixels by pair of ids, for the pairs that meet."""
    truth_ids, truth_at = np.unique(truth, return_inverse=True)
    predicted_ids, predicted_at = np.unique(predicted, return_inverse=True)
    shape = (truth_ids.size, predicted_ids.size)
    flat = truth_at.reshape(-1) * shape[1] + predicted_at.reshape(-1)
    table = np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape)
    return {(int(truth_ids[i]), int(predicted_ids[j])): int(table[i, j]) for i, j in np.argwhere(table).tolist()}


def count_picture(truth: PanopticMap, predicted: PanopticMap) -> dict[str, Counts]:
    """Match the segments of one picture and count, by category.

    Segments of one category match where their intersection over union is above 0.5, which lets no segment match
    twice. Void pixels of the truth count for no union, and a prediction that lies for more than half on void and
    on crowds of its own category is not counted as a false positive.

    Raises:
        ValueError: The maps differ in shape.
    """
    if truth.ids.shape != predicted.ids.shape:
        raise ValueError(f"truth has shape {truth.ids.shape}, but the prediction {predicted.ids.shape}")
    overlaps = _overlaps(truth.ids, predicted.ids)
    truth_area: dict[int, int] = {}
    predicted_area: dict[int, int] = {}
    for (truth_id, predicted_id), pixels in overlaps.items():
        truth_area[truth_id] = truth_area.get(truth_id, 0) + pixels
        predicted_area[predicted_id] = predicted_area.get(predicted_id, 0) + pixels
    counts: dict[str, Counts] = {}
    matched_truth: set[int] = set()
    matched_predicted: set[int] = set()
    for (truth_id, predicted_id), pixels in overlaps.items():
        if VOID in (truth_id, predicted_id) or truth_id in truth.crowds:
            continue
        category = truth.categories[truth_id]
        if predicted.categories[predicted_id] != category:
            continue
        on_void = overlaps.get((VOID, predicted_id), 0)
        union = truth_area[truth_id] + predicted_area[predicted_id] - pixels - on_void
        if pixels / union > 0.5:
            found = counts.setdefault(category, Counts())
            found.true_positives += 1
            found.iou += pixels / union
            matched_truth.add(truth_id)
            matched_predicted.add(predicted_id)
    for truth_id in truth_area.keys() - matched_truth - truth.crowds - {VOID}:
        counts.setdefault(truth.categories[truth_id], Counts()).false_negatives += 1
    for predicted_id in predicted_area.keys() - matched_predicted - {VOID}:
        category = predicted.categories[predicted_id]
        ignored = {VOID} | {c for c in truth.crowds if truth.categories[c] == category}
        on_ignored = sum(overlaps.get((truth_id, predicted_id), 0) for truth_id in ignored)
        if on_ignored / predicted_area[predicted_id] <= 0.5:
            counts.setdefault(category, Counts()).false_positives += 1
    return counts


def score_pictures(pairs: Iterable[tuple[PanopticMap, PanopticMap]]) -> PanopticScore:
    """Score ``(truth, prediction)`` pairs over all pictures."""
    score = PanopticScore()
    for truth, predicted in pairs:
        for category, found in count_picture(truth, predicted).items():
            score.counts.setdefault(category, Counts()).add(found)
    return score


def table(score: PanopticScore, order: Sequence[str]) -> list[tuple[str, Quality]]:
    """Rows of name and quality: the categories of `order` that occur."""
    return [(name, quality) for name in order if (quality := score.quality(name)) is not None]
