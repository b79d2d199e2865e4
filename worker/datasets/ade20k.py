"""ADE20K (scene parsing challenge) on disk: ``images``, ``annotations`` and ``annotations_instance`` by split.

Where ``ade20k_panoptic_val.json`` was made from those, as Mask2Former's scripts do, it is taken.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bridge.errors import DataSetError
from worker.datasets.base import DataSet, Frame, ListedDataSet, subfolder
from worker.datasets.coco import picture_of
from worker.datasets.coco_format import DataCategory, read_listing
from worker.datasets.pictures import read_labels_rgb, read_plane
from worker.evaluation.panoptic import VOID, PanopticMap

THINGS = (
    7, 8, 10, 12, 14, 15, 18, 19, 20, 22, 23, 24, 27, 30, 31, 32, 33, 35, 36, 37, 38, 39, 41, 42, 43, 44, 45, 47,
    49, 50, 53, 55, 56, 57, 58, 62, 64, 65, 66, 67, 69, 70, 71, 72, 73, 74, 75, 76, 78, 80, 81, 82, 83, 85, 86, 87,
    88, 89, 90, 92, 93, 95, 97, 98, 102, 103, 104, 107, 108, 110, 111, 112, 115, 116, 118, 119, 120, 121, 123, 124,
    125, 126, 127, 129, 130, 132, 133, 134, 135, 136, 137, 138, 139, 142, 143, 144, 146, 147, 148, 149,
)  # fmt: skip
"""The 100 categories of the instance challenge, as indices from 0 into the 150; in the order of their numbers
there, which count from 1."""

_FOLDERS = {"val": "validation", "train": "training"}


def open_ade20k(root: Path, split: str) -> DataSet:
    """The data set as it is unpacked (``ADEChallengeData2016``).

    Args:
        root: The folder of ``images``.
        split: ``val`` or ``train``.
    """
    if split not in _FOLDERS:
        raise DataSetError(f"ADE20K has the splits val and train, not {split!r}")
    pictures = subfolder(root, f"images/{_FOLDERS[split]}", what="pictures")
    listing = root / f"ade20k_panoptic_{split}.json"
    if listing.is_file():
        found = read_listing(listing)
        return ListedDataSet("ade20k", root, found, [picture_of(found, a, pictures) for a in found.annotations])
    semantic = subfolder(root, f"annotations/{_FOLDERS[split]}", what="semantic annotations")
    instances = subfolder(root, f"annotations_instance/{_FOLDERS[split]}", what="instance annotations")
    return ADE20K(root, pictures, semantic, instances)


class ADE20K:
    """The data set with its own label maps: stuff from the semantic ones, things laid over it."""

    name = "ade20k"
    fps: float | None = None

    def __init__(self, root: Path, pictures: Path, semantic: Path, instances: Path) -> None:
        self.root = root
        self.categories = _read_categories(root / "objectInfo150.txt")
        self._semantic, self._instances = semantic, instances
        self.frames = tuple(Frame(path.stem, path) for path in sorted(pictures.glob("*.jpg")))
        if not self.frames:
            raise DataSetError(f"{pictures} has no pictures; expected *.jpg")

    def truth(self, frame: Frame) -> PanopticMap:
        """See `DataSet`."""
        semantic = read_plane(self._semantic / f"{frame.key}.png")
        coded = read_labels_rgb(self._instances / f"{frame.key}.png")
        if coded.shape[:2] != semantic.shape:
            raise DataSetError(f"{frame.key}: semantic and instance annotations differ in size")
        things = np.zeros(len(self.categories) + 1, np.bool_)
        things[[index + 1 for index in THINGS]] = True
        if semantic.max(initial=0) >= things.size:
            raise DataSetError(f"{frame.key}: expected labels from 0 to {things.size - 1}")
        ids = np.where(things[semantic], VOID, semantic)
        categories = {value: str(value - 1) for value in np.unique(ids).tolist() if value != VOID}
        # Red is the category from 1 to 100, green the instance, counted over all categories of a picture.
        for number in np.unique(coded[..., 1]).tolist():
            if number == 0:
                continue
            mask = coded[..., 1] == number
            kind = int(coded[..., 0][mask][0])
            if not 1 <= kind <= len(THINGS):
                raise DataSetError(f"{frame.key}: instance {number} has the category {kind}, expected 1 to 100")
            ids[mask] = len(self.categories) + number
            categories[len(self.categories) + number] = str(THINGS[kind - 1])
        left = set(np.unique(ids).tolist())
        return PanopticMap(ids, {id_: name for id_, name in categories.items() if id_ in left})


def _read_categories(path: Path) -> tuple[DataCategory, ...]:
    """The 150 categories, from the table that comes with the data: tab-separated, the name last."""
    try:
        rows = [line.split("\t") for line in path.read_text().splitlines()[1:] if line.strip()]
    except OSError:
        raise DataSetError(f"{path} is missing; it comes with the data and names the categories") from None
    if len(rows) != 150:
        raise DataSetError(f"{path}: expected 150 categories, but got {len(rows)}")
    return tuple(DataCategory(index, row[-1].strip(), int(index in THINGS)) for index, row in enumerate(rows))
