"""What an annotated data set gives, whatever its layout on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bridge.errors import DataSetError
from worker.datasets.coco_format import Annotation, DataCategory, Listing, read_map
from worker.evaluation.panoptic import PanopticMap


@dataclass(frozen=True)
class Frame:
    """A picture that is annotated."""

    key: str
    """Its name in the data set, with its clip's before a slash."""
    picture: Path
    clip: str = ""
    """The clip it is a frame of; empty for single pictures."""


class DataSet(Protocol):
    """Pictures with truth; the truth is read frame by frame."""

    @property
    def name(self) -> str:
        """The layout's name."""
        ...

    @property
    def root(self) -> Path:
        """The folder it was opened from."""
        ...

    @property
    def categories(self) -> Sequence[DataCategory]:
        """All categories."""
        ...

    @property
    def frames(self) -> Sequence[Frame]:
        """All frames, those of a clip after one another and in order."""
        ...

    @property
    def fps(self) -> float | None:
        """Frames a second of its clips; None where it has none, or where it is not known."""
        ...

    def truth(self, frame: Frame) -> PanopticMap:
        """A frame's map, categories called by their ids; DataSetError where its files are missing or damaged."""
        ...


class ListedDataSet:
    """A data set whose truth is in COCO panoptic format."""

    def __init__(
        self, name: str, root: Path, listing: Listing, pictures: Sequence[Path], fps: float | None = None
    ) -> None:
        """
        Args:
            name: The layout.
            root: Its folder.
            listing: The annotations.
            pictures: The picture of each annotation.
            fps: Frames a second of its clips.

        Raises:
            DataSetError: The listing has no categories or no annotations.
        """
        for what, values in (("categories", listing.categories), ("annotations", listing.annotations)):
            if not values:
                raise DataSetError(f"{listing.path} lists no {what}")
        self.name = name
        self.root = root
        self.fps = fps
        self.categories = listing.categories
        self._listing = listing
        self._known = {category.id: category for category in listing.categories}
        self.frames = tuple(
            Frame(_key(listing, annotation), picture, str(annotation.video_id) if listing.nested else "")
            for annotation, picture in zip(listing.annotations, pictures, strict=True)
        )
        self._annotations = {
            frame.key: annotation for frame, annotation in zip(self.frames, listing.annotations, strict=True)
        }

    def truth(self, frame: Frame) -> PanopticMap:
        """See `DataSet`."""
        return read_map(self._listing, self._annotations[frame.key], self._known, truth=True)


def _key(listing: Listing, annotation: Annotation) -> str:
    return f"{annotation.video_id}/{annotation.key}" if listing.nested else annotation.key


def subfolder(root: Path, *names: str, what: str) -> Path:
    """The first of some folders below `root` that is there; DataSetError where none is."""
    for name in names:
        if (root / name).is_dir():
            return root / name
    raise DataSetError(f"{root} has no {what}: expected the folder {' or '.join(names)}")
