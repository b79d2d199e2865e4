"""Tracked predictions as maps whose ids are tracks, and how often ids of true tracks change."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from worker.evaluation.drawn import truth_map
from worker.evaluation.merge import LeastScores, merge
from worker.evaluation.panoptic import VOID, PanopticMap, overlaps_of
from worker.segments import FramePrediction
from worker.training.shards import StoredFrame


def with_track_scores(predictions: Sequence[FramePrediction]) -> list[FramePrediction]:
    """A clip's predictions, each segment with the mean score of its track.

    What a frame is unsure of, the others may know: a person half hidden for a moment does not drop out of the
    map, and a false thing is not let in by one good frame.
    """
    scores: defaultdict[int, list[float]] = defaultdict(list)
    for prediction in predictions:
        for segment in prediction.segments:
            scores[segment.track].append(segment.score)
    means = {track: sum(found) / len(found) for track, found in scores.items()}
    return [replace(p, segments=tuple(replace(s, score=means[s.track]) for s in p.segments)) for p in predictions]


def tracked_map(prediction: FramePrediction, size_wh: tuple[int, int], least: LeastScores) -> PanopticMap:
    """A prediction with tracks, merged as in `merge`, with track ids in place of segment numbers."""
    merged = merge(prediction, size_wh, least)
    kept = [s for s in prediction.segments if s.score >= (least.thing if s.is_thing else least.stuff)]
    return _renamed(merged, [s.track for s in kept])


def true_map(frame: StoredFrame) -> PanopticMap:
    """The truth of a drawn frame with its track ids; see `truth_map`."""
    return _renamed(truth_map(frame), [s.track for s in frame.segments])


def _renamed(found: PanopticMap, tracks: Sequence[int]) -> PanopticMap:
    """A map with the ids ``1..n`` of segments replaced by their tracks."""
    ids = np.array([VOID, *tracks], np.int32)[found.ids]
    return PanopticMap(ids, {tracks[number - 1]: category for number, category in found.categories.items()})


@dataclass
class Switches:
    """How often a true track of a thing is found with another id than the last time it was found."""

    things: Collection[str]
    """The categories that count."""
    frames: int = 0
    """Frames of true tracks: in how many each is asked for, summed up."""
    found: int = 0
    """In how many of those it is found: IoU above one half with a segment of any category."""
    switches: int = 0
    _latest: dict[int, int] = field(default_factory=dict)

    def add_frame(self, truth: PanopticMap, prediction: PanopticMap) -> None:
        """Judge the next frame of a clip."""
        overlaps = overlaps_of(truth.ids, prediction.ids)
        true_areas: Counter[int] = Counter()
        areas: Counter[int] = Counter()
        for (true, given), pixels in overlaps.items():
            true_areas[true] += pixels
            areas[given] += pixels
        wanted = {track for track, category in truth.categories.items() if category in self.things}
        self.frames += len(wanted)
        for (true, given), pixels in overlaps.items():
            union = true_areas[true] + areas[given] - pixels - overlaps.get((VOID, given), 0)
            if true in wanted and given != VOID and pixels > 0.5 * union:
                self.found += 1
                self.switches += self._latest.get(true, given) != given
                self._latest[true] = given

    def end_clip(self) -> None:
        """The next frame begins another clip."""
        self._latest.clear()

    @property
    def per_300_frames(self) -> float:
        """Switches in 300 frames of a track."""
        return 300 * self.switches / max(self.frames, 1)
