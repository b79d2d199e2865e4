"""`mattebridge draw --coco`: drawn clips as an annotated data set."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

pytest.importorskip("skia", exc_type=ImportError)

from tests.worker.evaluation.coco_files import figures
from worker.cli.draw import draw
from worker.datasets import open_data_set
from worker.datasets.coco import open_listing
from worker.training.scenes import ClipSpec, draw_clip


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    arguments = [
        "--coco",
        str(folder),
        "--clips",
        "2",
        "--frames",
        "2",
        "--size",
        "160x90",
        "--seed",
        "18",
        "--hair",
    ]
    result = CliRunner().invoke(draw, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return folder


def test_it_is_a_data_set(drawn: Path) -> None:
    data = open_listing(drawn / "panoptic.json", None, drawn / "pictures")
    assert [frame.key for frame in data.frames] == [
        "000000018_0000", "000000018_0001", "000000019_0000", "000000019_0001"
    ]  # fmt: skip
    (drawn_frame, _) = draw_clip(ClipSpec(19, 2, (160, 90), hair=True))
    truth = data.truth(data.frames[2])
    assert np.array_equal(np.asarray(Image.open(data.frames[2].picture)), drawn_frame.rgb)
    same = truth.ids == drawn_frame.panoptic_map()
    assert np.all(same | (truth.ids == 0))
    assert same.mean() > 0.98
    names = {str(category.id): category.name for category in data.categories}
    found = {names[category] for frame in data.frames for category in data.truth(frame).categories.values()}
    assert found >= {"person", "hair", "sky-other-merged"}


def test_its_clips_can_be_judged_as_video(drawn: Path) -> None:
    found = figures("video", drawn / "panoptic.json", drawn / "panoptic.json", "--windows", "2")
    assert [clip["frames"] for clip in found["clips"]] == [2, 2]
    assert found["STQ"] == {"stq": 1.0, "aq": 1.0, "sq": 1.0}


def test_pictures_may_lie_beside_the_listing(drawn: Path, tmp_path: Path) -> None:
    listing = json.loads((drawn / "panoptic.json").read_text())
    for image in listing["images"]:
        image["file_name"] = f"{drawn}/pictures/{image['file_name']}"
    path = drawn / "with_paths.json"
    path.write_text(json.dumps(listing))
    (drawn / "with_paths").symlink_to(drawn / "panoptic")
    assert all(frame.picture.is_file() for frame in open_data_set(str(path)).frames)


def test_a_movie_or_a_data_set_but_not_both(tmp_path: Path) -> None:
    result = CliRunner().invoke(draw, [str(tmp_path / "x.mp4"), "--coco", str(tmp_path)])
    assert result.exit_code == 2
    assert "either OUT" in result.output
