"""Tiny data sets in COCO panoptic format, written from literal arrays."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import CliRunner

from worker.cli.evaluate import evaluate
from worker.datasets.coco_format import write_ids

CATEGORIES = [
    {"id": 1, "name": "person", "isthing": 1},
    {"id": 2, "name": "dog", "isthing": 1},
    {"id": 9, "name": "grass", "isthing": 0},
]


@dataclass
class Picture:
    """One picture: a digit a pixel, and the category of each digit."""

    rows: tuple[str, ...]
    categories: dict[int, int]
    crowds: frozenset[int] = frozenset()
    name: str = "0001.png"
    extra: dict[str, Any] = field(default_factory=dict)
    """More keys of the annotation."""
    areas: dict[int, int] = field(default_factory=dict)

    @property
    def ids(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The digits, shape ``(h, w)``."""
        return np.array([[int(digit) for digit in row] for row in self.rows])


def write(folder: Path, name: str, *pictures: Picture, categories: Any = CATEGORIES) -> Path:
    """Write a listing and its PNGs; returns the JSON's path."""
    annotations = []
    for picture in pictures:
        write_ids(folder / name / picture.name, picture.ids)
        segments = [
            {"id": id_, "category_id": category, "iscrowd": int(id_ in picture.crowds)}
            for id_, category in picture.categories.items()
        ]
        for segment in segments:
            if segment["id"] in picture.areas:
                segment["area"] = picture.areas[segment["id"]]
        annotations.append(
            {"file_name": picture.name, "image_id": picture.name[:-4], "segments_info": segments, **picture.extra}
        )
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"categories": categories, "annotations": annotations}))
    return path


def figures(command: str, truth: Path, predicted: Path, *options: str) -> dict[str, Any]:
    """What a command of ``evaluate`` prints with ``--json``."""
    arguments = [command, "--gt", str(truth), "--pred", str(predicted), "--json", *options]
    result = CliRunner().invoke(evaluate, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def of_category(found: dict[str, Any], name: str) -> dict[str, Any]:
    """One category's row of ``evaluate panoptic``."""
    row: dict[str, Any] = next(row for row in found["categories"] if row["name"] == name)
    return row
