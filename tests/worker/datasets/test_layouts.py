"""Readers of data sets, on tiny ones written the way the real ones are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bridge.errors import DataSetError, UnknownNameError
from tests.worker.evaluation.coco_files import CATEGORIES, Picture, write
from worker.datasets import open_data_set
from worker.datasets.ade20k import THINGS
from worker.datasets.coco_format import write_ids

Rows = list[list[int]]


def save(path: Path, rows: Any, dtype: Any = np.uint8) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.array(rows, dtype)).save(path)


def picture(path: Path, width: int = 4, height: int = 2) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height), (9, 9, 9)).save(path)


def test_coco_as_it_is_downloaded(tmp_path: Path) -> None:
    write(tmp_path / "annotations", "panoptic_val2017", Picture(("1199",), {1: 1, 9: 9}, name="0007.png"))
    picture(tmp_path / "val2017/0007.jpg")
    data = open_data_set(f"coco:{tmp_path}")
    assert [frame.key for frame in data.frames] == ["0007"]
    assert data.frames[0].picture == tmp_path / "val2017/0007.jpg"
    assert data.truth(data.frames[0]).categories == {1: "1", 9: "9"}


def test_coco_with_its_maps_where_detectron2_wants_them(tmp_path: Path) -> None:
    listing = write(tmp_path, "panoptic_train2017", Picture(("1199",), {1: 1, 9: 9}))
    (tmp_path / "annotations").mkdir()
    listing.rename(tmp_path / "annotations/panoptic_train2017.json")
    picture(tmp_path / "train2017/0001.jpg")
    assert len(open_data_set(f"coco:{tmp_path}", "train").frames) == 1


def test_cityscapes_from_instance_maps(tmp_path: Path) -> None:
    name = "frankfurt_000000_000294"
    picture(tmp_path / f"leftImg8bit/val/frankfurt/{name}_leftImg8bit.png")
    # Road, a group of cars, a single car; 4 (static) and 29002 (a caravan) do not count in evaluation.
    rows = [[7, 7, 26, 26], [4, 26001, 26001, 29002]]
    save(tmp_path / f"gtFine/val/frankfurt/{name}_gtFine_instanceIds.png", rows, np.uint16)
    data = open_data_set(f"cityscapes:{tmp_path}")
    truth = data.truth(data.frames[0])
    assert truth.ids.tolist() == [[7, 7, 26, 26], [0, 26001, 26001, 0]]
    assert truth.categories == {7: "7", 26: "26", 26001: "26"}
    assert truth.crowds == {26}


def test_cityscapes_from_its_panoptic_listing(tmp_path: Path) -> None:
    name = "lindau_000001_000019"
    picture(tmp_path / f"leftImg8bit/val/lindau/{name}_leftImg8bit.png")
    one = Picture(("1199",), {1: 1, 9: 9}, name=f"{name}_gtFine_panoptic.png", extra={"image_id": name})
    write(tmp_path / "gtFine", "cityscapes_panoptic_val", one)
    data = open_data_set(f"cityscapes:{tmp_path}")
    assert data.frames[0].picture.is_file()
    assert data.truth(data.frames[0]).ids.tolist() == [[1, 1, 9, 9]]


def ade20k(root: Path, semantic: Rows, instances: Any) -> None:
    lines = ["Idx\tRatio\tTrain\tVal\tStuff\tName"]
    lines += [f"{index}\t0\t0\t0\t0\tname {index}" for index in range(1, 151)]
    (root / "objectInfo150.txt").write_text("\n".join(lines) + "\n")
    picture(root / "images/validation/ADE_val_00000001.jpg")
    save(root / "annotations/validation/ADE_val_00000001.png", semantic)
    save(root / "annotations_instance/validation/ADE_val_00000001.png", instances)


def test_ade20k_lays_things_over_stuff(tmp_path: Path) -> None:
    # Wall is label 1 (stuff), bed label 8, the first thing: in the instance map it is 1.
    semantic = [[1, 1, 8, 0], [1, 1, 8, 0]]
    beds = [[(0, 0, 0), (1, 1, 0), (1, 1, 0), (0, 0, 0)], [(0, 0, 0), (0, 0, 0), (1, 2, 0), (0, 0, 0)]]
    ade20k(tmp_path, semantic, beds)
    data = open_data_set(f"ade20k:{tmp_path}")
    truth = data.truth(data.frames[0])
    assert truth.ids.tolist() == [[1, 151, 151, 0], [1, 1, 152, 0]]
    assert truth.categories == {1: "0", 151: "7", 152: "7"}
    assert [c.name for c in data.categories if c.isthing][:2] == ["name 8", "name 9"]
    assert sum(bool(c.isthing) for c in data.categories) == len(THINGS) == 100


def test_ade20k_refuses_instances_of_no_category(tmp_path: Path) -> None:
    ade20k(tmp_path, [[1, 1]], [[(101, 1, 0), (0, 0, 0)]])
    data = open_data_set(f"ade20k:{tmp_path}")
    with pytest.raises(DataSetError, match="instance 1 has the category 101"):
        data.truth(data.frames[0])


def test_vipseg_as_it_is_unpacked(tmp_path: Path) -> None:
    categories = [{"id": 0, "name": "wall", "isthing": 0}, {"id": 60, "name": "person", "isthing": 1}]
    (tmp_path / "panoVIPSeg_categories.json").write_text(json.dumps(categories))
    (tmp_path / "val.txt").write_text("1_clip\n")
    for index in range(2):
        picture(tmp_path / f"imgs/1_clip/0000000{index}.jpg")
        save(
            tmp_path / f"panomasks/1_clip/0000000{index}.png", [[1, 1, 6100, 6101], [0, 1, 6100, 6101]], np.uint16
        )
    data = open_data_set(f"vipseg:{tmp_path}")
    assert [(frame.key, frame.clip) for frame in data.frames] == [
        ("1_clip/00000000", "1_clip"),
        ("1_clip/00000001", "1_clip"),
    ]
    truth = data.truth(data.frames[1])
    assert truth.ids.tolist() == [[1, 1, 6100, 6101], [0, 1, 6100, 6101]]
    assert truth.categories == {1: "0", 6100: "60", 6101: "60"}


def test_vipseg_in_coco_form(tmp_path: Path) -> None:
    write_ids(tmp_path / "panomasksRGB/1_clip/00000007.png", np.array([[1, 1, 9, 9]]))
    picture(tmp_path / "images/1_clip/00000007.jpg")
    segments = [{"id": 1, "category_id": 1, "iscrowd": 0, "area": 2}, {"id": 9, "category_id": 9, "area": 2}]
    entry = {"image_id": "00000007", "file_name": "00000007.png", "segments_info": segments}
    clip = {"video_id": "1_clip", "images": [{"id": "00000007", "file_name": "00000007.png"}]}
    listing = {
        "videos": [clip],
        "annotations": [{"video_id": "1_clip", "annotations": [entry]}],
        "categories": CATEGORIES,
    }
    (tmp_path / "panoptic_gt_VIPSeg_val.json").write_text(json.dumps(listing))
    data = open_data_set(f"vipseg:{tmp_path}")
    assert data.frames[0].clip == "1_clip"
    assert data.frames[0].picture.is_file()
    assert data.truth(data.frames[0]).areas == {1: 2, 9: 2}


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        pytest.param("cocoa:.", UnknownNameError, "layout of data sets 'cocoa'; there is: coco", id="a layout"),
        pytest.param("somewhere", DataSetError, "expected LAYOUT:FOLDER", id="no layout at all"),
        pytest.param("coco:/nowhere", DataSetError, "/nowhere is no folder", id="a folder"),
        pytest.param("coco:{}", DataSetError, "panoptic_val2017.json does not exist", id="annotations"),
        pytest.param("cityscapes:{}", DataSetError, "expected the folder leftImg8bit/val", id="pictures"),
        pytest.param("ade20k:{}", DataSetError, "expected the folder images/validation", id="ADE20K's pictures"),
        pytest.param("vipseg:{}", DataSetError, "expected the folder panomasks", id="masks"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        open_data_set(text.format(tmp_path))
