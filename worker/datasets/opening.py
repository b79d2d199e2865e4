"""Open a data set by layout and folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from bridge.errors import DataSetError, unknown_name
from worker.datasets.ade20k import open_ade20k
from worker.datasets.base import DataSet
from worker.datasets.cityscapes import open_cityscapes
from worker.datasets.coco import open_coco, open_listing
from worker.datasets.vipseg import open_vipseg

LAYOUTS: Mapping[str, Callable[[Path, str], DataSet]] = {
    "coco": open_coco,
    "cityscapes": open_cityscapes,
    "ade20k": open_ade20k,
    "vipseg": open_vipseg,
}


def open_data_set(text: str, split: str = "val") -> DataSet:
    """Open ``LAYOUT:FOLDER``, or a JSON in COCO panoptic format beside its pictures.

    Args:
        text: For example ``cityscapes:/data/cityscapes``, or ``shots/hair.json``.
        split: Which part of the data set.

    Raises:
        UnknownNameError: There is no such layout.
        DataSetError: The folder is not in that layout.
    """
    layout, colon, rest = text.partition(":")
    if not colon and text.endswith(".json"):
        return open_listing(Path(text), None, None)
    if not colon:
        raise DataSetError(
            f"expected LAYOUT:FOLDER with {', '.join(LAYOUTS)} as layout, or a .json file, but got {text!r}"
        )
    if layout not in LAYOUTS:
        raise unknown_name("layout of data sets", layout, LAYOUTS)
    root = Path(rest)
    if not root.is_dir():
        raise DataSetError(f"{root} is no folder")
    return LAYOUTS[layout](root, split)
