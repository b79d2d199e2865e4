"""How well the embedded model and tracking do on drawn clips: VPQ, STQ, id switches, steadiness with smoothing."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from worker.embedded.labels import LABELS, THING_NAMES
from worker.embedded.model import EmbeddedModel
from worker.evaluation.drawn import truth_map
from worker.evaluation.embedded import LEAST
from worker.evaluation.matte_motion import follow_plates
from worker.evaluation.merge import merge
from worker.evaluation.panoptic import Counts, PanopticScore, count_picture
from worker.evaluation.steadiness import Matte, Steadiness, soft_matte, true_matte
from worker.evaluation.tracked import Switches, tracked_map, true_map, with_track_scores
from worker.evaluation.video import SegmentationAndTrackingQuality, VideoPanopticQuality
from worker.following import with_tracks
from worker.segments import FramePrediction
from worker.smoothing import Smoother
from worker.spawning import spawn_context
from worker.thumbnail import with_thumbnail
from worker.tracking import assign
from worker.training.scenes import ClipSpec
from worker.training.shards import ShardReader, StoredFrame

WINDOWS = (1, 5, 10, 15)
"""Frames of the windows that VPQ is taken over."""

PAIRS_APART = 6
"""Steadiness is measured on every sixth pair of successive frames: neighbouring pairs say much the same."""


@dataclass
class Report:
    """What was measured, summed up over clips."""

    frames: int = 0
    vpq: dict[int, VideoPanopticQuality] = field(
        default_factory=lambda: {w: VideoPanopticQuality(w) for w in WINDOWS}
    )
    stq: SegmentationAndTrackingQuality = field(
        default_factory=lambda: SegmentationAndTrackingQuality(THING_NAMES)
    )
    switches: Switches = field(default_factory=lambda: Switches(THING_NAMES))
    picture: dict[str, PanopticScore] = field(
        default_factory=lambda: {"found": PanopticScore(), "smoothed": PanopticScore()}
    )
    """Single pictures, without and with smoothing."""
    steadiness: dict[str, Steadiness] = field(
        default_factory=lambda: {"found": Steadiness(), "smoothed": Steadiness()}
    )
    seconds: dict[str, float] = field(default_factory=lambda: {"model": 0.0, "tracking": 0.0, "smoothing": 0.0})
    """Processor time on one thread."""

    def add(self, other: Report) -> None:
        """Take in another clip's figures."""
        self.frames += other.frames
        for window, quality in self.vpq.items():
            _add_counts(quality.score, other.vpq[window].score)
        self.stq.add(other.stq)
        self.switches.frames += other.switches.frames
        self.switches.found += other.switches.found
        self.switches.switches += other.switches.switches
        for name, score in self.picture.items():
            _add_counts(score, other.picture[name])
            self.steadiness[name].add(other.steadiness[name])
        for name, seconds in other.seconds.items():
            self.seconds[name] += seconds


def judge_clip(model: EmbeddedModel, frames: Sequence[StoredFrame], fps: float, reach: int) -> Report:
    """Find, track, smooth and judge one clip.

    Args:
        model: On one thread.
        frames: The clip.
        fps: Its frames per second.
        reach: Frames to each side for smoothing; 0 leaves steadiness out.
    """
    report = Report(frames=len(frames))
    size_wh = frames[0].rgb.shape[1], frames[0].rgb.shape[0]
    began = time.process_time()
    raw = [model.predict([frame.rgb])[0] for frame in frames]
    report.seconds["model"] = time.process_time() - began
    began = time.process_time()
    raw = [with_thumbnail(prediction, frame.rgb) for prediction, frame in zip(raw, frames, strict=True)]
    index = assign(enumerate(raw), fps)
    report.seconds["tracking"] = time.process_time() - began
    tracks = {track.id: track for track in index.tracks}
    found = [with_tracks(prediction, index.frames[number], tracks) for number, prediction in enumerate(raw)]

    for frame, prediction in zip(frames, with_track_scores(found), strict=True):
        truth, given = true_map(frame), tracked_map(prediction, size_wh, LEAST)
        for quality in report.vpq.values():
            quality.add_frame(truth, given)
        report.stq.add_frame(truth, given)
        report.switches.add_frame(truth, given)
    for quality in report.vpq.values():
        quality.end_clip()
    report.stq.end_clip()
    report.switches.end_clip()
    if reach:
        _judge_smoothing(report, frames, found, reach)
    return report


def _judge_smoothing(
    report: Report, frames: Sequence[StoredFrame], found: Sequence[FramePrediction], reach: int
) -> None:
    began = time.process_time()
    smoother = Smoother(reach, range(len(frames)), found.__getitem__, lambda number: frames[number].rgb)
    smoothed = [smoother.smoothed(number) for number in range(len(frames))]
    report.seconds["smoothing"] = time.process_time() - began
    size_wh = frames[0].rgb.shape[1], frames[0].rgb.shape[0]
    kinds = {"found": found, "smoothed": smoothed}
    for number, frame in enumerate(frames):
        for name, predictions in kinds.items():
            counts = count_picture(truth_map(frame), merge(predictions[number], size_wh, LEAST))
            _add_counts(report.picture[name], PanopticScore(counts))
    for number in range(1, len(frames) - 1, PAIRS_APART):
        followed = follow_plates(frames[number - 1].rgb, frames[number].rgb)
        for category in {segment.category for segment in frames[number].segments}:
            true = _true_around(frames, number, category)
            for name, predictions in kinds.items():
                before, after = (soft_matte(predictions[n], category, size_wh) for n in (number - 1, number))
                report.steadiness[name].add_pair(before, after, true, followed)


def _true_around(frames: Sequence[StoredFrame], number: int, category: str) -> tuple[Matte, Matte, Matte]:
    """The true alpha of the frame before, of a frame and of the next."""
    before, own, after = (true_matte(frames[n], category) for n in (number - 1, number, number + 1))
    return before, own, after


@dataclass(frozen=True)
class _Task:
    paths: tuple[Path, ...]
    first: int
    spec: ClipSpec
    weights: Path
    reach: int


def evaluate_clips(
    reader_paths: Sequence[Path], specs: Sequence[ClipSpec], weights: Path, reach: int, processes: int
) -> Iterator[Report]:
    """The report of each clip, in their order.

    Args:
        reader_paths: The shards of all clips.
        specs: The clips, of the same number of frames each.
        weights: Of the embedded model.
        reach: Frames to each side for smoothing.
        processes: How many clips are judged at once, each on one thread.
    """
    first, tasks = 0, []
    for spec in specs:
        tasks.append(_Task(tuple(reader_paths), first, spec, weights, reach))
        first += spec.frames
    with ProcessPoolExecutor(min(processes, len(tasks)), spawn_context()) as pool:
        yield from pool.map(_judge, tasks)


def _judge(task: _Task) -> Report:
    torch.set_num_threads(1)
    reader = ShardReader(task.paths)
    frames = [reader[task.first + number] for number in range(task.spec.frames)]
    model = EmbeddedModel.load(weights=task.weights)
    # The first picture warms up the library.
    model.predict([frames[0].rgb])
    return judge_clip(model, frames, task.spec.fps, task.reach)


def _add_counts(score: PanopticScore, other: PanopticScore) -> None:
    for category, counts in other.counts.items():
        score.counts.setdefault(category, Counts()).add(counts)


def figures(report: Report) -> dict[str, Any]:
    """All figures by name; qualities in percent, times in milliseconds a frame."""
    stq = report.stq.result()
    vpq = {window: 100 * quality.score.mean(LABELS.names).pq for window, quality in report.vpq.items()}
    measures = ("jump_px", "chatter", "dtssd", "edge_error", "fast_error", "ghost", "hole", "lag")
    out: dict[str, Any] = {
        "frames": report.frames,
        "stq": stq.stq,
        "aq": stq.aq,
        "sq": stq.sq,
        "vpq": {**{str(window): value for window, value in vpq.items()}, "mean": sum(vpq.values()) / len(vpq)},
        "switches": report.switches.switches,
        "track_frames": report.switches.frames,
        "track_frames_found": report.switches.found,
        "switches_per_300_frames": report.switches.per_300_frames,
        "ms": {name: 1000 * seconds / max(report.frames, 1) for name, seconds in report.seconds.items()},
        "tracking_share": report.seconds["tracking"] / (report.seconds["model"] or math.nan),
    }
    if report.seconds["smoothing"]:
        for name in ("found", "smoothed"):
            out[name] = {"pq": 100 * report.picture[name].mean(LABELS.names).pq}
            out[name].update({measure: report.steadiness[name].mean(measure) for measure in measures})
    return out
