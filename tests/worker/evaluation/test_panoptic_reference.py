"""Our panoptic quality against figures of panopticapi and DeepLab2, on files nobody here made."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from worker.evaluation.panoptic import PanopticMap, score_pictures

_DATA = Path(os.environ.get("MATTEBRIDGE_TEST_DATA", "/nonexistent")) / "panoptic"

pytestmark = pytest.mark.skipif(not _DATA.is_dir(), reason="MATTEBRIDGE_TEST_DATA has no panoptic folder")


def _coco_map(png: Path, segments: list[dict[str, Any]]) -> PanopticMap:
    """A COCO panoptic picture: id = R + 256 G + 65536 B. Categories are named by their number."""
    rgb = np.asarray(Image.open(png).convert("RGB")).astype(np.int64)
    return PanopticMap(
        rgb @ np.array([1, 256, 65536]),
        {s["id"]: str(s["category_id"]) for s in segments},
        frozenset(s["id"] for s in segments if s.get("iscrowd")),
    )


def _coco_maps(listing: Path, folder: Path) -> dict[int, PanopticMap]:
    annotations = json.loads(listing.read_text())["annotations"]
    return {a["image_id"]: _coco_map(folder / a["file_name"], a["segments_info"]) for a in annotations}


@pytest.mark.parametrize("case", ["identity", "shift_6_3", "drop_lt800px", "person_as_dog"])
def test_panopticapi_gives_the_same_figures(case: str) -> None:
    truth = _coco_maps(_DATA / "panopticapi/panoptic_examples.json", _DATA / "panopticapi/panoptic_examples")
    predicted = _coco_maps(_DATA / f"pq_reference/{case}.json", _DATA / "pq_reference" / case)
    expected = json.loads((_DATA / "pq_reference/expected.json").read_text())[case]
    score = score_pictures((truth[image], predicted[image]) for image in truth)
    mean = score.mean()
    assert (mean.pq, mean.sq, mean.rq) == pytest.approx([expected["All"][k] for k in ("pq", "sq", "rq")])
    for category, figures in expected["per_class_nonzero"].items():
        quality = score.quality(category)
        assert quality is not None
        assert (quality.pq, quality.sq, quality.rq) == pytest.approx([figures[k] for k in ("pq", "sq", "rq")])


def test_deeplab2_gives_the_same_figures_for_its_team_picture() -> None:
    folder = _DATA / "deeplab2_pairs"
    values = {47: 1, 97: 1, 133: 1, 150: 1, 174: 1, 215: 1, 244: 1, 255: 1, 198: 2}
    truth_ids = np.asarray(Image.open(folder / "team_gt_instance.png").convert("L")).astype(np.int64)
    truth = PanopticMap(truth_ids, {i: str(c) for i, c in values.items()})
    colours = np.asarray(Image.open(folder / "team_pred_class.png").convert("RGB"))
    classes = np.where(colours[..., 2] == 255, 1, np.where(colours[..., 0] == 255, 2, 0))
    instances = np.asarray(Image.open(folder / "team_pred_instance.png").convert("L")).astype(np.int64)
    ids = classes * 256 + instances
    predicted = PanopticMap(ids, {int(i): str(i // 256) for i in np.unique(ids) if i})
    mean = score_pictures([(truth, predicted)]).mean(["1", "2"])
    assert (mean.pq, mean.sq, mean.rq) == pytest.approx((0.62156284, 0.64664984, 0.9666667), abs=1e-6)
