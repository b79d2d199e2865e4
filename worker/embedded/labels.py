"""The categories the embedded model knows."""

from __future__ import annotations

from worker.labels import Category, LabelSet

LABELS = LabelSet(
    "coco-panoptic-drawn",
    (
        Category("person", True, (220, 20, 60)),
        Category("car", True, (30, 90, 220)),
        Category("bus", True, (150, 60, 200)),
        Category("dog", True, (255, 170, 40)),
        Category("sky-other-merged", False, (110, 190, 240)),
        Category("mountain-merged", False, (150, 120, 130)),
        Category("building-other-merged", False, (190, 150, 110)),
        Category("tree-merged", False, (20, 130, 60)),
        Category("grass-merged", False, (130, 210, 90)),
        Category("road", False, (110, 110, 125)),
        Category("water-other", False, (40, 150, 170)),
    ),
)
"""COCO panoptic names, for the categories the drawn scenes show; things first."""

THING_NAMES = tuple(c.name for c in LABELS.categories if c.is_thing)
STUFF_NAMES = tuple(c.name for c in LABELS.categories if not c.is_thing)
