"""VIPSeg on disk: ``imgs``, ``panomasks``, ``panoVIPSeg_categories.json`` and lists of clips; or its COCO form.

The COCO form (``VIPSeg_720P`` after the data set's own scripts) has ``images``, ``panomasksRGB`` and
``panoptic_gt_VIPSeg_val.json``.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from bridge.errors import DataSetError
from worker.datasets.base import DataSet, Frame, ListedDataSet, subfolder
from worker.datasets.coco_format import Annotation, DataCategory, Listing, read_listing
from worker.datasets.pictures import read_plane
from worker.evaluation.panoptic import VOID, PanopticMap

FPS: float | None = 5.0
"""Frames a second at which clips are annotated."""
_STUFF_BELOW = 125
_PER_CATEGORY = 100
"""Masks hold the number of a stuff category, or ``number * 100 + instance``; numbers are category ids plus 1."""


def open_vipseg(root: Path, split: str) -> DataSet:
    """The data set in either form.

    Args:
        root: Its folder.
        split: ``val``, ``train`` or ``test``.
    """
    listing = root / f"panoptic_gt_VIPSeg_{split}.json"
    if listing.is_file():
        masks = subfolder(root, "panomasksRGB", f"panoptic_gt_VIPSeg_{split}", what="panoptic PNGs")
        found = read_listing(listing, masks)
        if not found.nested:
            raise DataSetError(f"{listing} is expected to list its frames by clip")
        pictures = subfolder(root, "images", "imgs", what="pictures")
        places = [_picture(found, annotation, pictures) for annotation in found.annotations]
        return ListedDataSet("vipseg", root, found, places, FPS)
    return VIPSeg(root, split)


def _picture(listing: Listing, annotation: Annotation, folder: Path) -> Path:
    info = listing.pictures.get((str(annotation.video_id), annotation.key))
    name = info.file_name if info is not None else annotation.file_name
    # The listing names the masks; the frames are JPEGs of the same name.
    return (folder / str(annotation.video_id) / name).with_suffix(".jpg")


class VIPSeg:
    """The data set as it is unpacked."""

    name = "vipseg"
    fps = FPS

    def __init__(self, root: Path, split: str) -> None:
        self.root = root
        self._masks = subfolder(root, "panomasks", what="panoptic masks")
        pictures = subfolder(root, "imgs", "images", what="pictures")
        self.categories = _read_categories(root / "panoVIPSeg_categories.json")
        self._known = {category.id: category for category in self.categories}
        names = root / f"{split}.txt"
        if not names.is_file():
            raise DataSetError(f"{names} does not exist; expected a list of clips, one a line")
        self.frames = tuple(
            Frame(f"{clip}/{mask.stem}", pictures / clip / f"{mask.stem}.jpg", clip)
            for clip in names.read_text().split()
            for mask in sorted((self._masks / clip).glob("*.png"))
        )
        if not self.frames:
            raise DataSetError(f"{self._masks} has no masks for the clips of {names}")

    def truth(self, frame: Frame) -> PanopticMap:
        """See `DataSet`."""
        ids = read_plane(self._masks / f"{frame.key}.png")
        categories: dict[int, str] = {}
        for value in np.unique(ids).tolist():
            if value == VOID:
                continue
            category = (value if value < _STUFF_BELOW else value // _PER_CATEGORY) - 1
            if category not in self._known:
                raise DataSetError(f"{frame.key}: the value {value} stands for no category of the data set")
            categories[value] = str(category)
        return PanopticMap(ids, categories)


def _read_categories(path: Path) -> tuple[DataCategory, ...]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[DataCategory, ...])
    except OSError:
        raise DataSetError(f"{path} is missing; it comes with the data and names the categories") from None
    except msgspec.MsgspecError as err:
        raise DataSetError(f"{path} does not list categories: {err}") from None
