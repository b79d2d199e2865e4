"""`mattebridge evaluate model`: a model that finds plain colours, over tiny data sets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from bridge.errors import DataSetError
from tests.fakes.color_model import LABELS, ColorModel
from tests.worker.conftest import draw_plate
from tests.worker.evaluation.coco_files import figures
from worker.cli.evaluate import evaluate
from worker.datasets.coco_format import DataCategory, write_ids
from worker.evaluation.label_map import map_labels
from worker.models import registry
from worker.models.base import Plate
from worker.models.registry import ModelEntry
from worker.segments import FramePrediction

CATEGORIES: list[dict[str, Any]] = [
    {"id": 3, "name": "person", "isthing": 1},
    {"id": 5, "name": "sky-other-merged", "isthing": 0},
    {"id": 6, "name": "grass-merged", "isthing": 0},
    {"id": 8, "name": "car", "isthing": 1},
]


def true_ids(step: int) -> Any:
    ids = np.full((64, 96), 1)
    ids[32:] = 2
    ids[16:56, 8 + 4 * step : 24 + 4 * step] = 40
    return ids


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    """Four plates of the fixtures in COCO's layout, each with a person before sky and grass."""
    root = tmp_path / "coco"
    (root / "val2017").mkdir(parents=True)
    annotations = []
    for step in range(4):
        Image.fromarray(draw_plate(step)).save(root / f"val2017/{step}.jpg", quality=98, subsampling=0)
        write_ids(root / f"annotations/panoptic_val2017/{step}.png", true_ids(step))
        segments = [{"id": 1, "category_id": 5}, {"id": 2, "category_id": 6}, {"id": 40, "category_id": 3}]
        annotations.append({"image_id": step, "file_name": f"{step}.png", "segments_info": segments})
    listing = {"categories": CATEGORIES, "annotations": annotations}
    (root / "annotations/panoptic_val2017.json").write_text(json.dumps(listing))
    return root


def run(data: str, out: Path, *options: str) -> dict[str, Any]:
    arguments = ["model", "colours", "--data", data, "--out", str(out), "--device", "cpu", "--json", *options]
    result = CliRunner().invoke(evaluate, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_predictions_are_written_and_judged_in_the_data_sets_categories(
    coco: Path, tmp_path: Path, model: ColorModel
) -> None:
    out = tmp_path / "run"
    found = run(f"coco:{coco}", out)
    assert found["images"] == 4
    assert found["All"]["n"] == 3
    assert found["All"]["pq"] > 0.95
    again = figures("panoptic", coco / "annotations/panoptic_val2017.json", out / "predictions.json")
    for kind in ("All", "Things", "Stuff"):
        assert again[kind] == pytest.approx(found[kind], abs=1e-12)
    assert json.loads((out / "report.json").read_text()) == found
    page = (out / "report.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 3 * 4
    assert "http" not in page


def test_it_goes_on_where_it_was_stopped(coco: Path, tmp_path: Path, model: ColorModel) -> None:
    out = tmp_path / "run"
    first = run(f"coco:{coco}", out)
    assert model.calls == 4
    log = out / "frames.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    # As if it had been killed in the middle of the third line, and one map had been lost.
    log.write_bytes(b"".join(lines[:2]) + lines[2][:30])
    (out / "predictions/1.png").unlink()
    assert {**run(f"coco:{coco}", out), "seconds_per_frame": 0} == {**first, "seconds_per_frame": 0}
    assert model.calls == 4 + 3


def test_another_run_in_the_same_folder_is_refused(coco: Path, tmp_path: Path, model: ColorModel) -> None:
    run(f"coco:{coco}", tmp_path / "run")
    with pytest.raises(DataSetError, match="holds the run of another model, data set or setting"):
        run(f"coco:{coco}", tmp_path / "run", "--least-thing", "0.9")


def test_a_limit_spreads_over_the_data_set(coco: Path, tmp_path: Path, model: ColorModel) -> None:
    run(f"coco:{coco}", tmp_path / "run", "--limit", "2")
    assert sorted(path.name for path in (tmp_path / "run/predictions").iterdir()) == ["0.png", "2.png"]


def test_low_scores_take_no_part(coco: Path, tmp_path: Path, model: ColorModel) -> None:
    found = run(f"coco:{coco}", tmp_path / "run", "--least-thing", "0.95")
    assert found["Things"]["pq"] == 0.0
    assert found["Stuff"]["pq"] > 0.5


@pytest.fixture
def vipseg(tmp_path: Path) -> Path:
    """A clip of eight plates in VIPSeg's layout."""
    root = tmp_path / "vipseg"
    (root / "imgs/walk").mkdir(parents=True)
    (root / "panomasks/walk").mkdir(parents=True)
    categories = [{"id": c["id"] - 1, "name": c["name"], "isthing": c["isthing"]} for c in CATEGORIES]
    (root / "panoVIPSeg_categories.json").write_text(json.dumps(categories))
    (root / "val.txt").write_text("walk\n")
    values = np.zeros(41, np.uint16)
    values[[1, 2, 40]] = 5, 6, 301
    for step in range(8):
        Image.fromarray(draw_plate(step)).save(root / f"imgs/walk/{step:04d}.jpg", quality=98, subsampling=0)
        Image.fromarray(values[true_ids(step)]).save(root / f"panomasks/walk/{step:04d}.png")
    return root


class MemoryModel(ColorModel):
    """Goes through clips in runs of three frames, and calls everything by the number of its run."""

    run_length = 3

    def __init__(self) -> None:
        super().__init__()
        self.began: list[int] = []

    def begin(self, run: int) -> Any:
        self.began.append(run)
        model = self

        class Run:
            def predict(self, plates: Sequence[Plate]) -> list[FramePrediction]:
                return [
                    replace(found, segments=tuple(replace(s, track=run + 1) for s in found.segments if s.is_thing))
                    for found in ColorModel.predict(model, plates)
                ]

        return Run()


def test_a_video_model_goes_through_clips_in_runs(
    vipseg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = MemoryModel()
    entry = ModelEntry("colours", "finds plain colours", "Apache-2.0", LABELS, lambda *_: made)
    monkeypatch.setattr(registry, "known_models", lambda: {"colours": entry})
    found = run(f"vipseg:{vipseg}", tmp_path / "run")
    assert made.began == [0, 1, 2]
    assert found["Things"]["pq"] > 0.8
    assert found["Stuff"]["pq"] == 0.0


def test_clips_are_tracked_and_judged_through_time(vipseg: Path, tmp_path: Path, model: ColorModel) -> None:
    found = run(f"vipseg:{vipseg}", tmp_path / "run")
    assert found["All"]["pq"] > 0.95
    assert set(found["VPQ"]["windows"]) == {"1", "2", "4", "6"}
    assert found["VPQ"]["windows"]["6"]["Things"]["pq"] > 0.9
    assert found["STQ"]["aq"] > 0.9
    listing = json.loads((tmp_path / "run/predictions.json").read_text())
    assert {entry["video_id"] for entry in listing["annotations"]} == {"walk"}


def test_a_picture_that_does_not_fit_its_truth_is_named(coco: Path, tmp_path: Path, model: ColorModel) -> None:
    Image.new("RGB", (32, 32)).save(coco / "val2017/2.jpg")
    with pytest.raises(DataSetError, match="2: the picture is 32x32, but its truth 96x64"):
        run(f"coco:{coco}", tmp_path / "run")


# --- labels -----------------------------------------------------------------------------------------------------


def known(*names: str) -> list[DataCategory]:
    return [DataCategory(index, name, 1) for index, name in enumerate(names)]


def test_labels_are_matched_by_name_form_and_short_form() -> None:
    found = map_labels(LABELS, known("Person", "auto, car, machine", "sky", "grass-merged", "road"))
    assert {name: category.id for name, category in found.known.items()} == {
        "person": 0, "car": 1, "sky-other-merged": 2, "grass-merged": 3
    }  # fmt: skip
    assert found.only_data == ("road",)


def test_labels_that_share_nothing_are_refused() -> None:
    with pytest.raises(DataSetError, match="knows none of the data set's categories"):
        map_labels(LABELS, known("screw", "nut"))


def test_labels_that_overlap_are_refused_unless_asked_for() -> None:
    with pytest.raises(DataSetError, match=r"only the model has car.*only the data set has nut.*--partial-labels"):
        map_labels(LABELS, known("person", "nut"))
    assert map_labels(LABELS, known("person", "nut"), partial=True).only_data == ("nut",)


def test_a_short_form_that_could_be_two_is_not_taken() -> None:
    with pytest.raises(DataSetError, match="sky-other-merged"):
        map_labels(LABELS, known("person", "car", "grass", "sky-merged", "sky-other"))
