"""VPQ and STQ: tiny maps with plain answers, and the reference implementations' values."""

from __future__ import annotations

import json
import math
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from worker.evaluation.panoptic import PanopticMap, PanopticScore
from worker.evaluation.video import SegmentationAndTrackingQuality, VideoPanopticQuality

NAMES = {1: "person", 2: "person", 3: "dog", 9: "grass"}


def frame(*rows: str, names: dict[int, str] = NAMES, crowds: frozenset[int] = frozenset()) -> PanopticMap:
    """A frame with one digit a pixel."""
    return PanopticMap(np.array([[int(digit) for digit in row] for row in rows]), names, crowds)


def vpq(window: int, *frames: tuple[PanopticMap, PanopticMap]) -> PanopticScore:
    quality = VideoPanopticQuality(window)
    quality.add_clip(frames)
    return quality.score


def test_a_tube_with_an_id_switch_matches_in_single_frames_only() -> None:
    truth = frame("1199")
    frames = (truth, truth), (truth, frame("2299"))
    assert vpq(1, *frames).mean(["person"]).pq == 1.0
    # Over both frames each of two predicted tubes has an IoU of just 0.5 with the true one, which is no match.
    counts = vpq(2, *frames).counts["person"]
    assert (counts.true_positives, counts.false_positives, counts.false_negatives) == (0, 2, 1)


def test_windows_overlap() -> None:
    truth = frame("1199")
    score = vpq(2, *[(truth, truth)] * 4)
    assert score.counts["grass"].true_positives == 3


def test_a_clip_shorter_than_the_window_does_not_count() -> None:
    truth = frame("1199")
    assert vpq(3, (truth, truth)).counts == {}


def test_vpq_passes_over_crowds_and_void() -> None:
    truth = frame("11110000", crowds=frozenset({1}))
    prediction = frame("22200333")
    assert vpq(1, (truth, prediction)).counts == {}


def test_void_pixels_are_left_out_of_the_union() -> None:
    counts = vpq(1, (frame("1110"), frame("1111"))).counts["person"]
    assert counts.iou == 1.0


def test_stq_of_an_id_switch() -> None:
    truth = frame("1199")
    quality = SegmentationAndTrackingQuality(["person", "dog"])
    quality.add_clip([(truth, truth), (truth, frame("2299"))])
    result = quality.result()
    # Each of two predicted tracks covers half of the true one: 2 * (2 / 4) * (2 / 4).
    assert (result.sq, result.aq) == (1.0, 0.5)
    assert result.stq == pytest.approx(math.sqrt(0.5))


def test_stq_judges_stuff_by_its_category_alone() -> None:
    truth, other_id = frame("99"), frame("88", names={8: "grass"})
    quality = SegmentationAndTrackingQuality(["person"])
    quality.add_clip([(truth, truth), (truth, other_id)])
    assert quality.result().sq == 1.0
    assert math.isnan(quality.result().aq)


def test_a_thing_on_void_counts_against_the_association_only() -> None:
    quality = SegmentationAndTrackingQuality(["person"])
    quality.add_clip([(frame("1100"), frame("1111"))])
    assert (quality.result().sq, quality.result().aq) == (1.0, 0.5)


@pytest.mark.parametrize(
    "quality", [VideoPanopticQuality(1), SegmentationAndTrackingQuality(["person"])], ids=["VPQ", "STQ"]
)
def test_maps_of_different_size_are_refused(
    quality: VideoPanopticQuality | SegmentationAndTrackingQuality,
) -> None:
    with pytest.raises(ValueError, match=r"truth has shape \(1, 2\), but the prediction \(1, 3\)"):
        quality.add_clip([(frame("11"), frame("111"))])


def test_a_window_needs_a_frame() -> None:
    with pytest.raises(ValueError, match="at least 1 frame"):
        VideoPanopticQuality(0)


# --- the reference implementations ------------------------------------------------------------------------------

PREDICTIONS = ["identity", "lag1", "id_switch_at_3", "drop_dog_f2_f3"]
THINGS = ["person", "dog"]


@pytest.fixture(scope="module")
def reference() -> Path:
    """The folder with two clips of six frames, and their scores by the VPSNet and DeepLab2 evaluations."""
    folder = Path(os.environ.get("MATTEBRIDGE_TEST_DATA", "")) / "video_panoptic"
    if "MATTEBRIDGE_TEST_DATA" not in os.environ or not folder.is_dir():
        pytest.skip("MATTEBRIDGE_TEST_DATA has no video_panoptic")
    return folder


@cache
def clips(folder: Path, prediction: str) -> list[list[tuple[PanopticMap, PanopticMap]]]:
    truth = json.loads((folder / "gt.json").read_text())
    names = {category["id"]: category["name"] for category in truth["categories"]}
    predicted = json.loads((folder / f"{prediction}.json").read_text())
    return [
        [
            (_read(folder / "gt", t, names), _read(folder / prediction, p, names))
            for t, p in zip(truth["annotations"], predicted["annotations"], strict=True)
            if t["file_name"].startswith(clip)
        ]
        for clip in ("v0", "v1")
    ]


def _read(folder: Path, annotation: dict[str, Any], names: dict[int, str]) -> PanopticMap:
    with Image.open(folder / annotation["file_name"]) as image:
        rgb = np.asarray(image.convert("RGB"), np.int64)
    return PanopticMap(
        rgb @ np.array([1, 256, 65536]), {s["id"]: names[s["category_id"]] for s in annotation["segments_info"]}
    )


@pytest.mark.parametrize("window", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_vpq_is_that_of_the_reference(reference: Path, prediction: str, window: int) -> None:
    quality = VideoPanopticQuality(window)
    for clip in clips(reference, prediction):
        quality.add_clip(clip)
    expected = json.loads((reference / "expected.json").read_text())[prediction][f"VPQ_window{window}"]
    for name, categories in (("All", None), ("Things", THINGS), ("Stuff", ["background"])):
        result = quality.score.mean(categories)
        assert (result.pq, result.sq, result.rq) == pytest.approx(
            tuple(expected[name][key] for key in ("pq", "sq", "rq")), abs=1e-12
        )


@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_stq_is_that_of_the_reference(reference: Path, prediction: str) -> None:
    quality = SegmentationAndTrackingQuality(THINGS)
    for clip in clips(reference, prediction):
        quality.add_clip(clip)
    expected = json.loads((reference / "expected.json").read_text())[prediction]["STQ"]
    result = quality.result()
    assert result.sq == pytest.approx(expected["IoU"], abs=1e-12)
    assert (result.stq, result.aq) == pytest.approx((expected["STQ"], expected["AQ"]), abs=1e-12)
