"""Groups of categories: what artists mean by people, vehicles or plants.

Groups cover the categories of COCO panoptic; those of other label sets belong to a group where their names are
the same. Names are compared as layer names, so that ``dining table`` and ``dining_table`` are one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Optional

from bridge.naming import short_category, slug

GROUPS: Mapping[str, tuple[str, ...]] = {
    "people": ("person",),
    "animals": (
        "bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "teddy bear",
    ),
    "vehicles": ("bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat"),
    "plants": ("tree-merged", "flower", "potted plant"),
    "sky": ("sky-other-merged",),
    "water": ("river", "sea", "water-other"),
    "ground": (
        "grass-merged", "dirt-merged", "gravel", "sand", "snow", "road", "pavement-merged", "playingfield",
        "railroad", "platform", "mountain-merged", "rock-merged",
    ),
    "buildings": (
        "building-other-merged", "house", "roof", "bridge", "tent", "wall-brick", "wall-stone", "wall-tile",
        "wall-wood", "wall-other-merged", "window-blind", "window-other", "ceiling-merged", "floor-wood",
        "floor-other-merged", "door-stuff", "stairs", "fence-merged", "net",
    ),
    "furniture": (
        "bench", "chair", "couch", "bed", "dining table", "toilet", "sink", "counter", "shelf", "cabinet-merged",
        "table-merged", "mirror-stuff", "light",
    ),
    "street": ("traffic light", "fire hydrant", "stop sign", "parking meter"),
    "accessories": ("backpack", "umbrella", "handbag", "tie", "suitcase"),
    "sports": (
        "frisbee", "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard",
        "surfboard", "tennis racket",
    ),
    "appliances": (
        "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven", "toaster",
        "refrigerator", "hair drier",
    ),
    "household": (
        "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "book", "clock", "vase", "scissors",
        "toothbrush", "cardboard", "paper-merged",
    ),
    "food": (
        "banana", "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake",
        "fruit", "food-other-merged",
    ),
    "textiles": ("banner", "blanket", "curtain", "pillow", "towel", "rug-merged"),
}  # fmt: skip
"""Each category of COCO panoptic is in exactly one group."""


def group_of(category: str) -> Optional[str]:
    """The group of a category given by its long or short name; None where it is in none."""
    groups = _by_slug()
    return groups.get(slug(category)) or groups.get(slug(short_category(category)))


@lru_cache(maxsize=1)
def _by_slug() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for group, categories in GROUPS.items():
        for category in categories:
            found[slug(category)] = group
            # A short name can stand for several: "wall" for each kind of wall, all of one group.
            found.setdefault(slug(short_category(category)), group)
    return found
