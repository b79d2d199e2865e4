"""`mattebridge evaluate panoptic`: rules on tiny pictures worked by hand, figures of others, errors."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from bridge.errors import DataSetError
from tests.worker.evaluation.coco_files import Picture, figures, of_category, write
from worker.cli.evaluate import evaluate
from worker.datasets.coco_format import read_ids, write_ids


def counts(found: dict[str, Any], name: str) -> tuple[int, int, int]:
    row = of_category(found, name)
    return row["tp"], row["fp"], row["fn"]


def test_void_leaves_the_union_and_forgives_what_lies_on_it(tmp_path: Path) -> None:
    truth = write(tmp_path, "gt", Picture(("1110000", "9999000"), {1: 1, 9: 9}))
    # The person reaches one pixel into void; the dog lies on void for two of its three pixels.
    pred = write(tmp_path, "pred", Picture(("1111220", "9999200"), {1: 1, 2: 2, 9: 9}))
    found = figures("panoptic", truth, pred)
    assert of_category(found, "person")["sq"] == 1.0
    assert counts(found, "dog") == (0, 0, 0)
    assert found["All"] == {"pq": 1.0, "sq": 1.0, "rq": 1.0, "n": 2}


def test_just_half_on_void_is_a_false_alarm(tmp_path: Path) -> None:
    truth = write(tmp_path, "gt", Picture(("9900",), {9: 9}))
    pred = write(tmp_path, "pred", Picture(("9220",), {9: 9, 2: 2}))
    # Grass keeps 1 of 2 pixels, an IoU of one half, which is no match; the dog lies half on void.
    found = figures("panoptic", truth, pred)
    assert counts(found, "grass") == (0, 1, 1)
    assert counts(found, "dog") == (0, 1, 0)


def test_a_crowd_is_neither_matched_nor_missed_and_forgives_its_own_category(tmp_path: Path) -> None:
    crowd = Picture(("3333", "1199"), {3: 1, 1: 1, 9: 9}, crowds=frozenset({3}))
    truth = write(tmp_path, "gt", crowd)
    # A person and a dog on the crowd of persons: only the dog is a false alarm.
    pred = write(tmp_path, "pred", Picture(("4455", "1199"), {4: 1, 5: 2, 1: 1, 9: 9}))
    found = figures("panoptic", truth, pred)
    assert counts(found, "person") == (1, 0, 0)
    assert counts(found, "dog") == (0, 1, 0)
    assert counts(found, "grass") == (1, 0, 0)


def test_of_two_crowds_of_a_category_the_last_listed_forgives(tmp_path: Path) -> None:
    truth = write(tmp_path, "gt", Picture(("3344",), {3: 1, 4: 1}, crowds=frozenset({3, 4})))
    pred = write(tmp_path, "pred", Picture(("5566",), {5: 1, 6: 1}))
    assert counts(figures("panoptic", truth, pred), "person") == (0, 1, 0)


def test_an_empty_truth_asks_nothing_and_an_empty_prediction_misses_all(tmp_path: Path) -> None:
    truth = write(
        tmp_path, "gt", Picture(("000",), {}, name="a.png"), Picture(("119",), {1: 1, 9: 9}, name="b.png")
    )
    pred = write(tmp_path, "pred", Picture(("222",), {2: 2}, name="a.png"), Picture(("000",), {}, name="b.png"))
    found = figures("panoptic", truth, pred)
    assert [counts(found, name) for name in ("person", "dog", "grass")] == [(0, 0, 1), (0, 0, 0), (0, 0, 1)]
    assert found["All"] == {"pq": 0.0, "sq": 0.0, "rq": 0.0, "n": 2}


def test_absent_categories_take_no_part_in_means(tmp_path: Path) -> None:
    truth = write(tmp_path, "gt", Picture(("1111", "9999"), {1: 1, 9: 9}))
    pred = write(tmp_path, "pred", Picture(("1110", "9999"), {1: 1, 9: 9}))
    found = figures("panoptic", truth, pred)
    assert of_category(found, "dog") | {"id": 0} == {
        "id": 0, "name": "dog", "isthing": 1, "pq": None, "sq": None, "rq": None, "tp": 0, "fp": 0, "fn": 0
    }  # fmt: skip
    assert found["Things"] == {"pq": 0.75, "sq": 0.75, "rq": 1.0, "n": 1}
    assert found["All"]["pq"] == pytest.approx((0.75 + 1.0) / 2)


def test_the_truths_areas_count_as_declared(tmp_path: Path) -> None:
    # The reference takes the truth's areas from the JSON: 3 pixels of 4 declared are an IoU of 3 / 4.
    truth = write(tmp_path, "gt", Picture(("1119",), {1: 1, 9: 9, 2: 2}, areas={1: 4, 2: 5}))
    pred = write(tmp_path, "pred", Picture(("1119",), {1: 1, 9: 9}))
    found = figures("panoptic", truth, pred)
    assert of_category(found, "person")["sq"] == 0.75
    # Declared and nowhere to be seen: missed.
    assert counts(found, "dog") == (0, 0, 1)


def test_ids_use_all_three_channels(tmp_path: Path) -> None:
    ids = np.array([[0, 255, 256], [65535, 65536, (1 << 24) - 1]])
    write_ids(tmp_path / "ids.png", ids)
    assert np.asarray(Image.open(tmp_path / "ids.png"))[0, 2].tolist() == [0, 1, 0]
    assert read_ids(tmp_path / "ids.png").tolist() == ids.tolist()
    with Image.open(tmp_path / "ids.png") as picture:
        picture.convert("RGBA").save(tmp_path / "with_alpha.png")
    assert read_ids(tmp_path / "with_alpha.png").tolist() == ids.tolist()


def test_it_prints_a_table(tmp_path: Path) -> None:
    path = write(tmp_path, "gt", Picture(("1199",), {1: 1, 9: 9}))
    result = CliRunner().invoke(evaluate, ["panoptic", "--gt", str(path), "--pred", str(path)])
    assert result.exit_code == 0, result.output
    assert "person" in result.output
    assert "100.00" in result.output
    assert "dog" not in result.output


# --- errors -----------------------------------------------------------------------------------------------------

GOOD = Picture(("1199", "1199"), {1: 1, 9: 9})


def fail(tmp_path: Path, truth: Path, pred: Path, *options: str) -> str:
    with pytest.raises(DataSetError) as caught:
        CliRunner().invoke(
            evaluate, ["panoptic", "--gt", str(truth), "--pred", str(pred), *options], catch_exceptions=False
        )
    return str(caught.value).replace(str(tmp_path), "")


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        pytest.param(
            Picture(("1129", "1199"), {1: 1, 9: 9}),
            "/pred.json, image 0001: ids 2 are in /pred/0001.png but not in the JSON",
            id="an id without an entry",
        ),
        pytest.param(
            Picture(("1199", "1199"), {1: 1, 9: 9, 5: 2}),
            "/pred.json, image 0001: segments 5 are in the JSON but not in /pred/0001.png",
            id="an entry without pixels",
        ),
        pytest.param(
            Picture(("1199", "1199"), {1: 7, 9: 9}),
            "/pred.json, image 0001: segment 1 has the category 7, which is not among the categories of the data "
            "set (1, 2, 9)",
            id="an unknown category",
        ),
        pytest.param(
            Picture(("119",), {1: 1, 9: 9}),
            "image 0001: /gt/0001.png is 4x2, but /pred/0001.png is 3x1",
            id="another size",
        ),
        pytest.param(
            Picture(("1199",), {1: 1, 9: 9}, name="0002.png"),
            "/pred.json has no prediction for 1 of the 1 images: 0001",
            id="a picture without prediction",
        ),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, picture: Picture, message: str) -> None:
    assert fail(tmp_path, write(tmp_path, "gt", GOOD), write(tmp_path, "pred", picture)) == message


def test_a_missing_png_is_named(tmp_path: Path) -> None:
    truth, pred = write(tmp_path, "gt", GOOD), write(tmp_path, "pred", GOOD)
    (tmp_path / "pred/0001.png").unlink()
    assert fail(tmp_path, truth, pred) == "/pred/0001.png is missing"


def test_a_grey_png_is_refused(tmp_path: Path) -> None:
    truth, pred = write(tmp_path, "gt", GOOD), write(tmp_path, "pred", GOOD)
    Image.new("L", (4, 2)).save(tmp_path / "pred/0001.png")
    assert fail(tmp_path, truth, pred).endswith("expected 8-bit RGB whose colours are ids, but it is L")


def test_a_damaged_png_is_refused(tmp_path: Path) -> None:
    truth, pred = write(tmp_path, "gt", GOOD), write(tmp_path, "pred", GOOD)
    (tmp_path / "pred/0001.png").write_bytes((tmp_path / "pred/0001.png").read_bytes()[:40])
    assert "/pred/0001.png cannot be read" in fail(tmp_path, truth, pred)


def test_a_json_that_breaks_the_format_says_where(tmp_path: Path) -> None:
    truth, pred = write(tmp_path, "gt", GOOD), write(tmp_path, "pred", GOOD)
    pred.write_text(json.dumps({"annotations": [{"file_name": "0001.png", "segments_info": [{"id": "one"}]}]}))
    assert "$.annotations[0].segments_info[0].id" in fail(tmp_path, truth, pred)


def test_a_truth_without_categories_is_refused(tmp_path: Path) -> None:
    truth, pred = write(tmp_path, "gt", GOOD, categories=[]), write(tmp_path, "pred", GOOD)
    assert "lists no categories" in fail(tmp_path, truth, pred)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    truth, pred = write(tmp_path, "gt", GOOD), write(tmp_path, "pred", GOOD)
    assert "/elsewhere is no folder" in fail(tmp_path, truth, pred, "--pred-dir", str(tmp_path / "elsewhere"))


# --- the reference implementations ------------------------------------------------------------------------------

_DATA = Path(os.environ.get("MATTEBRIDGE_TEST_DATA", "/nonexistent")) / "panoptic"
needs_data = pytest.mark.skipif(not _DATA.is_dir(), reason="MATTEBRIDGE_TEST_DATA has no panoptic folder")


@needs_data
@pytest.mark.parametrize("case", ["identity", "shift_6_3", "drop_lt800px", "person_as_dog"])
def test_the_figures_are_those_of_panopticapi(case: str) -> None:
    found = figures("panoptic", _DATA / "panopticapi/panoptic_examples.json", _DATA / f"pq_reference/{case}.json")
    expected = json.loads((_DATA / "pq_reference/expected.json").read_text())[case]
    for kind in ("All", "Things", "Stuff"):
        assert found[kind] == pytest.approx(expected[kind], abs=1e-9)
    by_id = {str(row["id"]): row for row in found["categories"]}
    for category, qualities in expected["per_class_nonzero"].items():
        assert {key: by_id[category][key] for key in qualities} == pytest.approx(qualities, abs=1e-9)
    others = [row for id_, row in by_id.items() if id_ not in expected["per_class_nonzero"]]
    assert not any(row["pq"] for row in others)


@needs_data
def test_the_figures_are_those_of_deeplab2(tmp_path: Path) -> None:
    folder = _DATA / "deeplab2_pairs"
    values = {47: 1, 97: 1, 133: 1, 150: 1, 174: 1, 215: 1, 244: 1, 255: 1, 198: 2}
    true_ids = np.asarray(Image.open(folder / "team_gt_instance.png").convert("L")).astype(np.int64)
    colours = np.asarray(Image.open(folder / "team_pred_class.png").convert("RGB"))
    classes = np.where(colours[..., 2] == 255, 1, np.where(colours[..., 0] == 255, 2, 0))
    instances = np.asarray(Image.open(folder / "team_pred_instance.png").convert("L")).astype(np.int64)
    ids = np.where(classes > 0, classes * 256 + instances, 0)
    listings = []
    for name, plane, category_of in (("gt", true_ids, values.__getitem__), ("pred", ids, lambda id_: id_ // 256)):
        write_ids(tmp_path / name / "team.png", plane)
        segments = [{"id": int(i), "category_id": int(category_of(int(i)))} for i in np.unique(plane) if i]
        annotation = {"image_id": "team", "file_name": "team.png", "segments_info": segments}
        categories = [{"id": 1, "name": "one", "isthing": 1}, {"id": 2, "name": "two", "isthing": 1}]
        listings.append(tmp_path / f"{name}.json")
        listings[-1].write_text(json.dumps({"categories": categories, "annotations": [annotation]}))
    found = figures("panoptic", listings[0], listings[1])
    assert found["All"] == pytest.approx({"pq": 0.62156284, "sq": 0.64664984, "rq": 0.9666667, "n": 2}, abs=1e-6)


def test_a_prediction_needs_no_categories_of_its_own(tmp_path: Path) -> None:
    truth = write(tmp_path, "gt", GOOD)
    pred = write(tmp_path, "pred", GOOD, categories=[])
    assert figures("panoptic", truth, pred)["All"]["pq"] == 1.0
