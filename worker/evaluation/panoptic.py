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
    areas: Mapping[int, int] = field(default_factory=dict)
    """Pixels by id as an annotation declares them; they count instead of those in the map. Only the truth has
    them. An id that is declared and does not occur is missed by every prediction."""

    def __post_init__(self) -> None:
        unknown = areas_of(self.ids).keys() - {VOID} - self.categories.keys()
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


def _runs(*maps: IdMap) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64]]:
    """Where, in reading order, any of some maps of one shape changes its id, and how many pixels follow alike.

    Segments are some hundred pixels wide, so that there are far fewer runs than pixels: sorting those is what
    makes counting fast.
    """
    size = maps[0].size
    if size == 0:
        return np.zeros(0, np.intp), np.zeros(0, np.int64)
    changes = np.empty(size, np.bool_)
    changes[0] = True
    first, *others = (ids.reshape(-1) for ids in maps)
    np.not_equal(first[1:], first[:-1], out=changes[1:])
    for other in others:
        changes[1:] |= other[1:] != other[:-1]
    starts = np.flatnonzero(changes)
    return starts, np.diff(starts, append=size)


def areas_of(ids: IdMap) -> dict[int, int]:
    """Pixels by id, for the ids that occur in a map of any shape; rising ids."""
    starts, lengths = _runs(ids)
    found, at = np.unique(ids.reshape(-1)[starts], return_inverse=True)
    pixels = np.bincount(at.reshape(-1), lengths, found.size).astype(np.int64)
    return dict(zip(found.tolist(), pixels.tolist(), strict=True))


def overlaps_of(truth: IdMap, predicted: IdMap) -> dict[tuple[int, int], int]:
    """Pixels by pair of ids, for the pairs that meet; rising ids of the truth, then of the prediction.

    Raises:
        ValueError: The maps differ in shape.
    """
    if truth.shape != predicted.shape:
        raise ValueError(f"truth has shape {truth.shape}, but the prediction {predicted.shape}")
    starts, lengths = _runs(truth, predicted)
    true_ids, true_at = np.unique(truth.reshape(-1)[starts], return_inverse=True)
    predicted_ids, predicted_at = np.unique(predicted.reshape(-1)[starts], return_inverse=True)
    shape = (true_ids.size, predicted_ids.size)
    table = np.bincount(true_at.reshape(-1) * shape[1] + predicted_at.reshape(-1), lengths, shape[0] * shape[1])
    rows, columns = np.nonzero(table.reshape(shape))
    pixels = table.reshape(shape)[rows, columns].astype(np.int64)
    pairs = zip(true_ids[rows].tolist(), predicted_ids[columns].tolist(), strict=True)
    return dict(zip(pairs, pixels.tolist(), strict=True))


def count_picture(truth: PanopticMap, predicted: PanopticMap) -> dict[str, Counts]:
    """Match the segments of one picture and count, by category.

    Segments of one category match where their intersection over union is above 0.5, which lets no segment match
    twice. Void pixels of the truth count for no union, and a prediction that lies for more than half on void and
    on the crowd of its own category is not counted as a false positive. Where the truth has several crowds of a
    category, the last one it lists counts there, as in panopticapi.

    Raises:
        ValueError: The maps differ in shape.
    """
    overlaps = overlaps_of(truth.ids, predicted.ids)
    truth_area: dict[int, int] = {}
    predicted_area: dict[int, int] = {}
    for (truth_id, predicted_id), pixels in overlaps.items():
        truth_area[truth_id] = truth_area.get(truth_id, 0) + pixels
        predicted_area[predicted_id] = predicted_area.get(predicted_id, 0) + pixels
    truth_area.update(truth.areas)
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
    crowd_of = {category: id_ for id_, category in truth.categories.items() if id_ in truth.crowds}
    for predicted_id in predicted_area.keys() - matched_predicted - {VOID}:
        category = predicted.categories[predicted_id]
        ignored = {VOID, crowd_of.get(category, VOID)}
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
