"""Groups cover what they say they cover."""

from __future__ import annotations

import json
import os
from itertools import chain
from pathlib import Path

import pytest

from bridge.categories import GROUPS, group_of


def test_no_category_is_in_two_groups() -> None:
    names = list(chain.from_iterable(GROUPS.values()))
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("category", "group"),
    [
        ("person", "people"),
        ("sky-other-merged", "sky"),
        ("sky", "sky"),
        ("Dining Table", "furniture"),
        ("dining_table", "furniture"),
        ("wall", "buildings"),
        ("table", "furniture"),
        ("ego vehicle", None),
    ],
)
def test_a_category_is_found_by_any_of_its_names(category: str, group: str | None) -> None:
    assert group_of(category) == group


def test_groups_cover_coco_panoptic() -> None:
    data = os.environ.get("MATTEBRIDGE_TEST_DATA")
    if not data:
        pytest.skip("needs MATTEBRIDGE_TEST_DATA")
    path = Path(data) / "panoptic/panopticapi/panoptic_coco_categories.json"
    coco = {category["name"] for category in json.loads(path.read_text(encoding="utf-8"))}
    assert set(chain.from_iterable(GROUPS.values())) == coco
