"""Cityscapes on disk: ``leftImg8bit/val/<city>/*_leftImg8bit.png`` and ``gtFine`` in the same folders.

Where ``gtFine/cityscapes_panoptic_val.json`` was made from those by the data set's scripts, it is taken.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bridge.errors import DataSetError
from worker.datasets.base import DataSet, Frame, ListedDataSet, subfolder
from worker.datasets.coco_format import DataCategory, read_listing
from worker.datasets.pictures import read_plane
from worker.evaluation.panoptic import VOID, PanopticMap

CATEGORIES = (
    DataCategory(7, "road", 0, (128, 64, 128)),
    DataCategory(8, "sidewalk", 0, (244, 35, 232)),
    DataCategory(11, "building", 0, (70, 70, 70)),
    DataCategory(12, "wall", 0, (102, 102, 156)),
    DataCategory(13, "fence", 0, (190, 153, 153)),
    DataCategory(17, "pole", 0, (153, 153, 153)),
    DataCategory(19, "traffic light", 0, (250, 170, 30)),
    DataCategory(20, "traffic sign", 0, (220, 220, 0)),
    DataCategory(21, "vegetation", 0, (107, 142, 35)),
    DataCategory(22, "terrain", 0, (152, 251, 152)),
    DataCategory(23, "sky", 0, (70, 130, 180)),
    DataCategory(24, "person", 1, (220, 20, 60)),
    DataCategory(25, "rider", 1, (255, 0, 0)),
    DataCategory(26, "car", 1, (0, 0, 142)),
    DataCategory(27, "truck", 1, (0, 0, 70)),
    DataCategory(28, "bus", 1, (0, 60, 100)),
    DataCategory(31, "train", 1, (0, 80, 100)),
    DataCategory(32, "motorcycle", 1, (0, 0, 230)),
    DataCategory(33, "bicycle", 1, (119, 11, 32)),
)
"""The categories that count in evaluation, with the ids of the instance maps; all others are void."""

_PICTURE, _INSTANCES = "_leftImg8bit.png", "_gtFine_instanceIds.png"
_PER_CATEGORY = 1000
"""Instance maps hold ``category * 1000 + instance`` for single things, the bare category for stuff and groups."""


def open_cityscapes(root: Path, split: str) -> DataSet:
    """The data set as it is unpacked.

    Args:
        root: The folder of ``leftImg8bit`` and ``gtFine``.
        split: ``val`` or ``train``.
    """
    pictures = subfolder(root, f"leftImg8bit/{split}", what="pictures")
    listing = root / "gtFine" / f"cityscapes_panoptic_{split}.json"
    if listing.is_file():
        found = read_listing(listing)
        places = [pictures / a.key.split("_")[0] / f"{a.key}{_PICTURE}" for a in found.annotations]
        return ListedDataSet("cityscapes", root, found, places)
    return Cityscapes(root, pictures, subfolder(root, f"gtFine/{split}", what="fine annotations"))


class Cityscapes:
    """The data set with its own instance maps."""

    name = "cityscapes"
    categories = CATEGORIES
    fps: float | None = None

    def __init__(self, root: Path, pictures: Path, truth: Path) -> None:
        self.root = root
        self._truth = truth
        self.frames = tuple(
            Frame(path.name.removesuffix(_PICTURE), path) for path in sorted(pictures.glob(f"*/*{_PICTURE}"))
        )
        if not self.frames:
            raise DataSetError(f"{pictures} has no pictures; expected <city>/*{_PICTURE}")
        self._known = {category.id: category for category in CATEGORIES}

    def truth(self, frame: Frame) -> PanopticMap:
        """See `DataSet`."""
        values = read_plane(self._truth / frame.picture.parent.name / f"{frame.key}{_INSTANCES}")
        categories: dict[int, str] = {}
        crowds = set()
        for value in np.unique(values).tolist():
            category = self._known.get(value // _PER_CATEGORY if value >= _PER_CATEGORY else value)
            if category is None:
                values[values == value] = VOID
                continue
            categories[value] = str(category.id)
            if category.isthing and value < _PER_CATEGORY:
                crowds.add(value)
        return PanopticMap(values, categories, frozenset(crowds))
