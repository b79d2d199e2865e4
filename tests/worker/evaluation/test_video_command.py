"""`mattebridge evaluate video`: clips worked by hand, the reference's figures, how clips are told apart."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.errors import BadRequestError, DataSetError
from tests.worker.evaluation.coco_files import Picture, figures, write
from worker.cli.evaluate import evaluate


def frames(*rows: str, names: str = "a_{:02d}.png") -> list[Picture]:
    """A clip of one-line frames; 1 and 2 are persons, 9 is grass."""
    known = {1: 1, 2: 1, 9: 9}
    return [
        Picture((row,), {int(d): known[int(d)] for d in dict.fromkeys(row) if d != "0"}, name=names.format(index))
        for index, row in enumerate(rows)
    ]


def test_an_id_switch_costs_windows_and_association(tmp_path: Path) -> None:
    truth = write(tmp_path, "gt", *frames("1199", "1199"))
    pred = write(tmp_path, "pred", *frames("1199", "2299"))
    found = figures("video", truth, pred, "--windows", "1,2")
    assert found["clips"] == [{"name": "a", "frames": 2}]
    windows = found["VPQ"]["windows"]
    assert windows["1"]["All"]["pq"] == 1.0
    assert windows["2"]["Things"] == {"pq": 0.0, "sq": 0.0, "rq": 0.0, "n": 1}
    assert windows["2"]["Stuff"]["pq"] == 1.0
    assert found["VPQ"]["mean"] == pytest.approx((1.0 + 0.5) / 2)
    assert found["STQ"] == pytest.approx({"stq": math.sqrt(0.5), "aq": 0.5, "sq": 1.0})


def test_an_empty_frame_is_no_end_of_a_clip(tmp_path: Path) -> None:
    truth = write(tmp_path, "gt", *frames("1199", "0000", "1199"))
    pred = write(tmp_path, "pred", *frames("1199", "1199", "1199"))
    found = figures("video", truth, pred, "--windows", "3")
    # On void the prediction leaves the union of the tubes, but counts against the association: 4 of 6 pixels.
    assert found["VPQ"]["mean"] == 1.0
    assert found["STQ"]["aq"] == pytest.approx(4 / 6)


def test_without_things_there_is_no_association(tmp_path: Path) -> None:
    path = write(tmp_path, "gt", *frames("99", "99"))
    assert figures("video", path, path, "--windows", "1")["STQ"] == {"stq": None, "aq": None, "sq": 1.0}


@pytest.mark.parametrize(
    ("names", "options", "clips"),
    [
        pytest.param("{:02d}.png", (), [4], id="one clip where names are numbers"),
        pytest.param("{0:02d}/x.png", (), [1, 1, 1, 1], id="folders"),
        pytest.param("{0:02d}_street.png", ("--frames-per-clip", "2"), [2, 2], id="by count"),
        pytest.param("{0:02d}.png", ("--clip-pattern", "^(.)"), [4], id="by pattern"),
    ],
)
def test_clips_are_told_apart(tmp_path: Path, names: str, options: tuple[str, ...], clips: list[int]) -> None:
    path = write(tmp_path, "gt", *frames("19", "19", "19", "19", names=names))
    found = figures("video", path, path, "--windows", "1", *options)
    assert [clip["frames"] for clip in found["clips"]] == clips


def test_a_listing_nested_by_clip_is_read_like_a_flat_one(tmp_path: Path) -> None:
    flat = write(tmp_path, "flat", *frames("1199", "1199"), *frames("1199", "2299", names="b_{:02d}.png"))
    content = json.loads(flat.read_text())
    nested = []
    for clip, start in (("a", 0), ("b", 2)):
        entries = [{**e, "image_id": str(i)} for i, e in enumerate(content["annotations"][start : start + 2])]
        for entry in entries:
            source = tmp_path / "flat" / str(entry["file_name"])
            target = tmp_path / "nested" / clip / source.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
        nested.append({"video_id": clip, "annotations": entries})
    path = tmp_path / "nested.json"
    path.write_text(json.dumps({**content, "annotations": nested}))
    assert figures("video", path, path, "--windows", "2") == figures("video", flat, flat, "--windows", "2")


def test_the_list_of_images_may_tell_the_clips(tmp_path: Path) -> None:
    path = write(tmp_path, "gt", *frames("19", "19", "19", names="{:02d}.png"))
    content = json.loads(path.read_text())
    content["images"] = [
        {"id": f"{index:02d}", "file_name": f"{index:02d}.jpg", "video_id": clip}
        for index, clip in enumerate("xxy")
    ]
    path.write_text(json.dumps(content))
    found = figures("video", path, path, "--windows", "1")
    assert found["clips"] == [{"name": "x", "frames": 2}, {"name": "y", "frames": 1}]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        pytest.param(("--windows", "1,x"), BadRequestError, "expected numbers of frames", id="no number"),
        pytest.param(("--windows", "3"), BadRequestError, "the longest clip has 2 frames", id="too long a window"),
        pytest.param(("--frames-per-clip", "3"), DataSetError, "2 frames, no multiple of 3", id="uneven clips"),
        pytest.param(("--clip-pattern", "x(.)"), DataSetError, "needs one group", id="a pattern that misses"),
    ],
)
def test_options_that_cannot_be_are_refused(
    tmp_path: Path, options: tuple[str, ...], error: type[Exception], message: str
) -> None:
    path = write(tmp_path, "gt", *frames("1199", "1199"))
    arguments = ["video", "--gt", str(path), "--pred", str(path), "--windows", "1", *options]
    with pytest.raises(error, match=message):
        CliRunner().invoke(evaluate, arguments, catch_exceptions=False)


# --- the reference implementations ------------------------------------------------------------------------------

_DATA = Path(os.environ.get("MATTEBRIDGE_TEST_DATA", "/nonexistent")) / "video_panoptic"


@pytest.mark.skipif(not _DATA.is_dir(), reason="MATTEBRIDGE_TEST_DATA has no video_panoptic folder")
@pytest.mark.parametrize("case", ["identity", "lag1", "id_switch_at_3", "drop_dog_f2_f3"])
def test_the_figures_are_those_of_vpsnet_and_deeplab2(case: str) -> None:
    found = figures("video", _DATA / "gt.json", _DATA / f"{case}.json", "--windows", "1,2,3,4,6")
    expected = json.loads((_DATA / "expected.json").read_text())[case]
    for window in (1, 2, 3, 4, 6):
        for kind in ("All", "Things", "Stuff"):
            assert found["VPQ"]["windows"][str(window)][kind] == pytest.approx(
                expected[f"VPQ_window{window}"][kind], abs=1e-9
            )
    stq = expected["STQ"]
    assert found["STQ"] == pytest.approx({"stq": stq["STQ"], "aq": stq["AQ"], "sq": stq["IoU"]}, abs=1e-9)
