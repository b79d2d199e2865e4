"""COCO panoptic on disk: ``val2017/*.jpg``, ``annotations/panoptic_val2017.json`` and its PNGs."""

from __future__ import annotations

from pathlib import Path

from bridge.errors import DataSetError
from worker.datasets.base import ListedDataSet, subfolder
from worker.datasets.coco_format import Annotation, Listing, read_listing

_ENDINGS = (".jpg", ".png", ".jpeg", ".JPG", ".tif", ".exr")


def open_coco(root: Path, split: str) -> ListedDataSet:
    """The data set as it is downloaded; the PNGs lie beside the JSON, or at the top as detectron2 wants them.

    Args:
        root: The folder of ``annotations``.
        split: ``val`` or ``train`` (of 2017), or the whole name, such as ``val2014``.
    """
    name = f"{split}2017" if split in ("val", "train") else split
    listing = root / "annotations" / f"panoptic_{name}.json"
    if not listing.is_file():
        raise DataSetError(f"{listing} does not exist; expected COCO's panoptic annotations there")
    maps = subfolder(root, f"annotations/panoptic_{name}", f"panoptic_{name}", what="panoptic PNGs")
    pictures = subfolder(root, name, f"images/{name}", what="pictures")
    return open_listing(listing, maps, pictures, "coco", root)


def open_listing(
    path: Path, maps: Path | None, pictures: Path | None, name: str | None = None, root: Path | None = None
) -> ListedDataSet:
    """Any JSON in COCO panoptic format with single pictures.

    Args:
        path: The JSON.
        maps: Where its PNGs lie; None is its name without its ending.
        pictures: Where the pictures lie; None is the JSON's folder.
        name: What the data set is called; None is the JSON's name with its folder's.
        root: The folder it was asked for by.

    Raises:
        DataSetError: The listing breaks the format, or is one of clips.
    """
    listing = read_listing(path, maps)
    if listing.nested:
        raise DataSetError(f"{path} lists its frames by clip; open it as vipseg:{path.parent}")
    folder = path.parent if pictures is None else pictures
    found = [picture_of(listing, annotation, folder) for annotation in listing.annotations]
    return ListedDataSet(name or f"{path.resolve().parent.name}/{path.name}", root or path, listing, found)


def picture_of(listing: Listing, annotation: Annotation, folder: Path) -> Path:
    """Where an annotation's picture lies: what ``images`` says, else its PNG's name with a picture's ending."""
    picture = listing.pictures.get(("", annotation.key))
    if picture is not None:
        return folder / picture.file_name
    stem = Path(annotation.file_name).with_suffix("")
    for ending in _ENDINGS:
        if (folder / stem).with_suffix(ending).is_file():
            return (folder / stem).with_suffix(ending)
    raise DataSetError(f"{listing.where(annotation)}: {folder} has no picture {stem} ({', '.join(_ENDINGS)})")
