"""A small data set in COCO panoptic format: red and blue boxes (things) on green before blue-grey (stuff)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from worker.datasets.coco_format import (
    Annotation,
    DataCategory,
    PictureInfo,
    SegmentInfo,
    write_ids,
    write_listing,
)

CATEGORIES = (
    DataCategory(3, "sky", 0, (70, 130, 180)),
    DataCategory(7, "box", 1, (220, 20, 60)),
    DataCategory(9, "grass", 0, (107, 142, 35)),
    DataCategory(12, "cup", 1, (0, 0, 142)),
)
SIZE_WH = (96, 64)


def write_drawn_set(folder: Path, pictures: int) -> Path:
    """Write ``pictures``, ``set`` and ``set.json`` into a folder; returns the JSON. Ids are large, as in COCO."""
    width, height = SIZE_WH
    annotations, infos = [], []
    (folder / "pictures").mkdir(parents=True)
    for index in range(pictures):
        rng = np.random.default_rng(index)
        ids = np.full((height, width), 70_001, np.int32)
        ids[36:] = 90_002
        segments = {70_001: 3, 90_002: 9}
        for number, category in enumerate((7, 12, 7)):
            left, top = int(rng.integers(2, width - 26)), int(rng.integers(2, height - 26))
            ids[top : top + 22, left : left + 22] = 100 + number
            segments[100 + number] = category
        ids[:3, :3] = 0
        colors = {
            70_001: (150, 170, 190),
            90_002: (60, 140, 50),
            100: (220, 40, 40),
            101: (40, 60, 220),
            102: (200, 20, 60),
        }
        rgb = np.zeros((height, width, 3), np.uint8)
        for id_, color in colors.items():
            rgb[ids == id_] = color
        noise = rng.normal(0, 6, rgb.shape)
        key = f"{index:06d}"
        Image.fromarray(np.clip(rgb + noise, 0, 255).astype(np.uint8)).save(folder / "pictures" / f"{key}.png")
        write_ids(folder / "set" / f"{key}.png", ids)
        there = [id_ for id_ in segments if (ids == id_).any()]
        crowd = {102} if index == 1 else set()
        annotations.append(
            Annotation(
                f"{key}.png",
                tuple(SegmentInfo(id_, segments[id_], int(id_ in crowd)) for id_ in there),
                index,
            )
        )
        infos.append(PictureInfo(index, f"{key}.png", width, height))
    write_listing(folder / "set.json", CATEGORIES, annotations, infos)
    return folder / "set.json"
