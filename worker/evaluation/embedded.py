"""How good the embedded model is on drawn clips it has not seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from worker.embedded.labels import LABELS
from worker.embedded.model import EmbeddedModel
from worker.evaluation.drawn import MIN_SHARE, truth_map
from worker.evaluation.merge import LeastScores, merge
from worker.evaluation.panoptic import Counts, PanopticScore, count_picture, table
from worker.segments import FramePrediction, Segment, full_mask
from worker.training.shards import StoredFrame, StoredSegment

LEAST = LeastScores(thing=0.25, stuff=0.75)
"""What takes part in scoring; chosen on the validation frames of training, never on held-out ones."""
_PARTIAL = (0.02, 0.98)
"""Between these, a pixel counts as partly covered."""


@dataclass
class AlphaError:
    """Mean absolute error of masks on the pixels that a segment truly covers in part."""

    pixels: int = 0
    soft: float = 0.0
    """Sum of the errors of the soft mask."""
    binary: float = 0.0
    """Sum of the errors of the same mask cut at one half."""

    def mean(self) -> tuple[float, float]:
        """Mean error, soft and binary, in [0, 1]."""
        n = max(self.pixels, 1)
        return self.soft / n, self.binary / n


@dataclass
class Report:
    """What was measured."""

    frames: int = 0
    score: PanopticScore = field(default_factory=PanopticScore)
    alpha: AlphaError = field(default_factory=AlphaError)
    seconds: float = 0.0
    """Time spent in `predict`."""


def _upsampled(segment: Segment, grid_wh: tuple[int, int], size_wh: tuple[int, int]) -> npt.NDArray[np.float32]:
    mask = torch.from_numpy(full_mask(segment, grid_wh))[None, None].float() / 255.0
    soft = F.interpolate(mask, (size_wh[1], size_wh[0]), mode="bilinear", align_corners=False)
    return np.asarray(soft[0, 0].numpy())


def _full_alpha(segment: StoredSegment, size_wh: tuple[int, int]) -> npt.NDArray[np.float32]:
    alpha = np.zeros((size_wh[1], size_wh[0]), np.float32)
    x0, y0, x1, y1 = segment.box
    alpha[y0:y1, x0:x1] = segment.alpha / 255.0
    return alpha


def measure_alpha(frame: StoredFrame, prediction: FramePrediction, error: AlphaError) -> None:
    """Compare masks with true coverage at the frame's resolution, for segments that were found at all.

    A true segment is compared with the prediction of its category that it overlaps most by soft intersection over
    union, where that is above one half. Masks are interpolated bilinearly to the frame's resolution.
    """
    h, w = frame.rgb.shape[:2]
    masks = [(s, _upsampled(s, prediction.grid_wh, (w, h))) for s in prediction.segments]
    for segment in frame.segments:
        alpha = _full_alpha(segment, (w, h))
        if alpha.mean() < MIN_SHARE:
            continue
        candidates = [mask for s, mask in masks if s.category == segment.category]
        ious = [float(np.minimum(m, alpha).sum() / np.maximum(m, alpha).sum()) for m in candidates]
        if not ious or max(ious) <= 0.5:
            continue
        mask = candidates[int(np.argmax(ious))]
        partial = (alpha > _PARTIAL[0]) & (alpha < _PARTIAL[1])
        error.pixels += int(partial.sum())
        error.soft += float(np.abs(mask - alpha)[partial].sum())
        error.binary += float(np.abs((mask > 0.5) - alpha)[partial].sum())


def evaluate_embedded(
    model: EmbeddedModel, frames: Iterable[StoredFrame], on_frame: Callable[[], None] = lambda: None
) -> Report:
    """Measure a model on drawn frames."""
    report = Report()
    for frame in frames:
        started = time.perf_counter()
        (prediction,) = model.predict([frame.rgb])
        report.seconds += time.perf_counter() - started
        h, w = frame.rgb.shape[:2]
        for category, found in count_picture(truth_map(frame), merge(prediction, (w, h), LEAST)).items():
            report.score.counts.setdefault(category, Counts()).add(found)
        measure_alpha(frame, prediction, report.alpha)
        report.frames += 1
        on_frame()
    return report


def as_json(report: Report) -> dict[str, object]:
    """The report's figures, qualities in percent."""
    soft, binary = report.alpha.mean()
    mean = report.score.mean()
    rows = {
        name: {
            "pq": round(100 * quality.pq, 2),
            "sq": round(100 * quality.sq, 2),
            "rq": round(100 * quality.rq, 2),
            "tp": report.score.counts[name].true_positives,
            "fp": report.score.counts[name].false_positives,
            "fn": report.score.counts[name].false_negatives,
        }
        for name, quality in table(report.score, LABELS.names)
    }
    return {
        "frames": report.frames,
        "least_scores": asdict(LEAST),
        "min_share": MIN_SHARE,
        "pq": round(100 * mean.pq, 2),
        "sq": round(100 * mean.sq, 2),
        "rq": round(100 * mean.rq, 2),
        "categories": rows,
        "alpha_error": {"pixels": report.alpha.pixels, "soft": round(soft, 4), "binary": round(binary, 4)},
        "predict_ms": round(1000 * report.seconds / max(report.frames, 1), 1),
    }


def as_markdown(report: Report) -> str:
    """The report as Markdown, for the model card."""
    mean = report.score.mean()
    lines = ["| category | PQ | SQ | RQ | found | false | missed |", "|---|---|---|---|---|---|---|"]
    for name, q in table(report.score, LABELS.names):
        c = report.score.counts[name]
        figures = f"{100 * q.pq:.1f} | {100 * q.sq:.1f} | {100 * q.rq:.1f}"
        lines.append(f"| {name} | {figures} | {c.true_positives} | {c.false_positives} | {c.false_negatives} |")
    lines.append(f"| **mean** | **{100 * mean.pq:.1f}** | {100 * mean.sq:.1f} | {100 * mean.rq:.1f} | | | |")
    soft, binary = report.alpha.mean()
    lines += [
        "",
        f"Mean absolute error of coverage on the {report.alpha.pixels} partly covered pixels of segments that "
        f"were found: {soft:.3f} for the soft masks, {binary:.3f} for the same masks cut at one half.",
    ]
    return "\n".join(lines) + "\n"
