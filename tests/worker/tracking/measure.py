"""How well tracking keeps ids in drawn clips, whose true tracks are known.

``python -m tests.worker.tracking.measure`` prints the table of ``docs/tracking.md``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from worker.evaluation.panoptic import VOID, PanopticMap
from worker.evaluation.video import SegmentationAndTrackingQuality
from worker.segments import FramePrediction, Segment, boxed
from worker.thumbnail import with_thumbnail
from worker.tracking import TrackIndex, assign
from worker.tracking.settings import LOST_S
from worker.training.scenes import ClipSpec, DrawnFrame, draw_clip

FPS = 24.0
SIZE_WH = (320, 180)
THINGS = ("person", "car", "bus", "dog")

MIN_PIXELS = 30
"""A thing that shows less is not given to tracking: no model would find it."""


@dataclass(frozen=True)
class Flaws:
    """How a model's things differ from the true ones."""

    missed: float = 0.0
    """The share of things left out, drawn anew in every frame."""
    ragged: float = 0.0
    """The strength of noise on the masks: at 1 edges move by several pixels and pieces are bitten out."""
    ghosts: float = 0.0
    """False things a frame."""
    renamed: float = 0.0
    """The share of cars called a bus, and of buses called a car."""


EXACT = Flaws()
FLAWED = Flaws(missed=0.1, ragged=1.0, ghosts=0.2, renamed=0.15)
HARSH = Flaws(missed=0.25, ragged=1.5, ghosts=0.5, renamed=0.3)


@dataclass(frozen=True)
class Sample:
    """One frame for tracking, and who is who in it."""

    prediction: FramePrediction
    tracks: tuple[int, ...]
    """The true track of each segment; `VOID` for a ghost."""


@dataclass
class Errors:
    """What went wrong with the ids of things, summed over clips."""

    tracks: int = 0
    """True tracks that got an id."""
    switches: int = 0
    """Times that a true track was found with another id than before, unless it was hidden for too long."""
    mixed: int = 0
    """Ids given to more than one true track."""
    segments: int = 0
    dropped: int = 0
    """Of those segments, the ones without an id."""


def samples(frames: Sequence[DrawnFrame], flaws: Flaws, seed: int) -> list[Sample]:
    """A drawn clip as a model with these flaws would see it."""
    rng = np.random.default_rng(seed)
    return [_sample(rng, frame, flaws) for frame in frames]


def _sample(rng: np.random.Generator, frame: DrawnFrame, flaws: Flaws) -> Sample:
    found: list[tuple[Segment, int]] = []
    for segment, alpha in zip(frame.segments, frame.alphas, strict=True):
        seen = _ragged(rng, alpha, flaws.ragged) if segment.is_thing and flaws.ragged else alpha
        part = boxed(np.rint(seen * 255).astype(np.uint8), threshold=20)
        missed = segment.is_thing and rng.random() < flaws.missed
        if part is None or int((seen > 0.5).sum()) < MIN_PIXELS or missed:
            continue
        category = segment.category
        if rng.random() < flaws.renamed:
            category = {"car": "bus", "bus": "car"}.get(category, category)
        score = float(rng.uniform(0.6, 1.0))
        found.append((Segment(category, segment.is_thing, score, *part), segment.track))
    if rng.random() < flaws.ghosts:
        x, y, size = rng.integers((0, 0, 8), (280, 140, 40)).tolist()
        mask = np.full((size, size), 255, np.uint8)
        found.append((Segment("person", True, 0.5, (x, y, x + size, y + size), mask), VOID))
    found.sort(key=lambda pair: -pair[0].score)
    prediction = FramePrediction(SIZE_WH, tuple(segment for segment, _ in found))
    return Sample(with_thumbnail(prediction, frame.rgb), tuple(track for _, track in found))


def _ragged(rng: np.random.Generator, alpha: npt.NDArray[np.float32], strength: float) -> npt.NDArray[np.float32]:
    soft = gaussian_filter(alpha, 1.5)
    noise = gaussian_filter(rng.standard_normal(alpha.shape), 4.0) * (soft > 0.02)
    return np.asarray(np.clip(soft * 2 - 0.5 + 4.2 * strength * noise, 0, 1), np.float32)


def tracked(clip: Sequence[Sample]) -> TrackIndex:
    """The ids that tracking gives to a clip."""
    return assign(((frame, sample.prediction) for frame, sample in enumerate(clip)), FPS)


def count_errors(errors: Errors, clip: Sequence[Sample], index: TrackIndex) -> None:
    """Compare the ids of a clip's things with the true tracks."""
    latest: dict[int, tuple[int, int]] = {}
    owners: dict[int, set[int]] = {}
    for frame, sample in enumerate(clip):
        for segment, true, given in zip(
            sample.prediction.segments, sample.tracks, index.frames[frame], strict=True
        ):
            if not segment.is_thing or true == VOID:
                continue
            errors.segments += 1
            if given == 0:
                errors.dropped += 1
                continue
            before, seen = latest.get(true, (given, frame))
            errors.switches += before != given and frame - seen <= LOST_S * FPS
            latest[true] = (given, frame)
            owners.setdefault(given, set()).add(true)
    errors.tracks += len(latest)
    errors.mixed += sum(len(true) > 1 for true in owners.values())


def judge(quality: SegmentationAndTrackingQuality, truth: Sequence[Sample], clip: Sequence[Sample]) -> None:
    """Add a clip with its true ids: the best that tracking could do with these segments."""
    # A ragged mask may be large enough where the true one is not; what both have is named by the truth.
    names = {t: s.category for x in (*clip, *truth) for s, t in zip(x.prediction.segments, x.tracks, strict=True)}
    quality.add_clip(
        (_as_map(a, a.tracks, names), _as_map(b, b.tracks, names)) for a, b in zip(truth, clip, strict=True)
    )


def judge_tracked(
    quality: SegmentationAndTrackingQuality, truth: Sequence[Sample], clip: Sequence[Sample], index: TrackIndex
) -> None:
    """Add a clip with the ids that tracking gave."""
    true_names = {t: s.category for x in truth for s, t in zip(x.prediction.segments, x.tracks, strict=True)}
    names = {track.id: track.category for track in index.tracks}
    quality.add_clip(
        (_as_map(a, a.tracks, true_names), _as_map(b, index.frames[frame], names))
        for frame, (a, b) in enumerate(zip(truth, clip, strict=True))
    )


def _as_map(sample: Sample, ids: Sequence[int], names: Mapping[int, str]) -> PanopticMap:
    """Each pixel to the segment that covers most of it, and at least half."""
    most = np.full((SIZE_WH[1], SIZE_WH[0]), 127, np.uint8)
    out = np.full(most.shape, VOID, np.int64)
    for segment, given in zip(sample.prediction.segments, ids, strict=True):
        if given == VOID:
            continue
        x0, y0, x1, y1 = segment.box
        more = segment.mask > most[y0:y1, x0:x1]
        out[y0:y1, x0:x1][more] = given
        most[y0:y1, x0:x1][more] = segment.mask[more]
    return PanopticMap(out, names)


def measure(seeds: Sequence[int], frame_count: int) -> Iterator[str]:
    """A line for each kind of flaws."""
    kinds = {"exact": EXACT, "flawed": FLAWED, "harsh": HARSH}
    errors = {name: Errors() for name in kinds}
    found = {name: SegmentationAndTrackingQuality(THINGS) for name in kinds}
    best = {name: SegmentationAndTrackingQuality(THINGS) for name in kinds}
    seconds = dict.fromkeys(kinds, 0.0)
    for seed in seeds:
        frames = list(draw_clip(ClipSpec(seed=seed, frames=frame_count, size_wh=SIZE_WH, fps=FPS)))
        truth = samples(frames, EXACT, seed)
        for name, flaws in kinds.items():
            clip = samples(frames, flaws, seed)
            start = time.process_time()
            index = tracked(clip)
            seconds[name] += time.process_time() - start
            count_errors(errors[name], clip, index)
            judge_tracked(found[name], truth, clip, index)
            judge(best[name], truth, clip)
    for name in kinds:
        aq, limit = found[name].result().aq, best[name].result().aq
        cost_ms = 1000 * seconds[name] / (len(seeds) * frame_count)
        yield f"{name}: {errors[name]}, AQ {aq:.4f} of {limit:.4f}, {cost_ms:.2f} ms a frame"


if __name__ == "__main__":
    for line in measure(range(300, 320), 96):
        print(line)
