"""Alpha errors by hand, and the report as it is written."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("skia", exc_type=ImportError)

from worker.evaluation.embedded import AlphaError, Report, as_json, as_markdown, measure_alpha
from worker.evaluation.panoptic import Counts, PanopticScore
from worker.segments import FramePrediction, Segment
from worker.training.shards import StoredFrame, StoredSegment


def _frame(alpha: list[list[int]]) -> StoredFrame:
    plane = np.array(alpha, np.uint8)
    h, w = plane.shape
    return StoredFrame(np.zeros((h, w, 3), np.uint8), (StoredSegment("car", True, (0, 0, w, h), plane),))


def _prediction(mask: list[list[int]], category: str = "car") -> FramePrediction:
    plane = np.array(mask, np.uint8)
    h, w = plane.shape
    return FramePrediction((w, h), (Segment(category, True, 0.9, (0, 0, w, h), plane),))


def test_only_partly_covered_pixels_count() -> None:
    error = AlphaError()
    measure_alpha(_frame([[255, 255, 102, 0]]), _prediction([[250, 255, 153, 9]]), error)
    assert error.pixels == 1
    # 102 is 0.4; the mask says 0.6 there, cut at one half it says 1.
    assert error.mean() == pytest.approx((0.2, 0.6), abs=1e-6)


@pytest.mark.parametrize(
    "prediction",
    [
        pytest.param(_prediction([[255, 255, 128, 0]], "bus"), id="another category"),
        pytest.param(_prediction([[0, 0, 128, 255]]), id="elsewhere"),
        pytest.param(FramePrediction((4, 1), ()), id="nothing"),
    ],
)
def test_segments_that_were_not_found_do_not_count(prediction: FramePrediction) -> None:
    error = AlphaError()
    measure_alpha(_frame([[255, 255, 102, 0]]), prediction, error)
    assert error.pixels == 0
    assert error.mean() == (0.0, 0.0)


def test_the_report_as_json_and_markdown() -> None:
    score = PanopticScore({"car": Counts(iou=1.6, true_positives=2, false_negatives=1)})
    report = Report(frames=2, score=score, alpha=AlphaError(10, 1.0, 3.0), seconds=0.1)
    figures = as_json(report)
    assert figures["pq"] == 64.0
    assert figures["predict_ms"] == 50.0
    assert figures["alpha_error"] == {"pixels": 10, "soft": 0.1, "binary": 0.3}
    text = as_markdown(report)
    assert "| car | 64.0 | 80.0 | 80.0 | 2 | 0 | 1 |" in text
    assert "0.100 for the soft masks, 0.300" in text
