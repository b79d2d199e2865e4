"""Truth and prediction side by side, read from two listings of the COCO panoptic format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import DataSetError
from worker.datasets.coco_format import Annotation, DataCategory, Listing, read_listing, read_map
from worker.evaluation.panoptic import PanopticMap

Pair = tuple[PanopticMap, PanopticMap]


@dataclass(frozen=True)
class Pairs:
    """Two listings of the same pictures."""

    truth: Listing
    predicted: Listing
    matched: tuple[tuple[Annotation, Annotation], ...]
    """The pictures of the truth, in its order, each with its prediction."""

    @property
    def categories(self) -> dict[int, DataCategory]:
        """The categories of the truth, by id."""
        return {category.id: category for category in self.truth.categories}

    def read(self) -> Iterator[Pair]:
        """The pictures' maps, in order; DataSetError where files do not fit."""
        return (self._pair(true, predicted) for true, predicted in self.matched)

    def clips(self, *, frames_per_clip: int | None = None, pattern: str | None = None) -> list[tuple[str, Pairs]]:
        """The pictures clip by clip, frames of a clip in the truth's order.

        A frame's clip is that of the listing (nested, or ``video_id``); else the folder in its file's name, else
        the name without the last number in it.

        Args:
            frames_per_clip: So many pictures after one another are a clip, whatever their names.
            pattern: A regular expression with one group, the clip, searched in file names.

        Raises:
            DataSetError: The pattern does not fit a name, or the pictures are no multiple of `frames_per_clip`.
        """
        found: dict[str, list[tuple[Annotation, Annotation]]] = {}
        if frames_per_clip is not None and len(self.matched) % frames_per_clip:
            raise DataSetError(
                f"{self.truth.path} has {len(self.matched)} frames, no multiple of {frames_per_clip}"
            )
        for index, pair in enumerate(self.matched):
            name = str(index // frames_per_clip) if frames_per_clip else _clip_of(pair[0], pattern)
            found.setdefault(name, []).append(pair)
        return [(name, Pairs(self.truth, self.predicted, tuple(pairs))) for name, pairs in found.items()]

    def _pair(self, true: Annotation, predicted: Annotation) -> Pair:
        truth = read_map(self.truth, true, self.categories, truth=True)
        guess = read_map(self.predicted, predicted, self.categories, truth=False)
        if truth.ids.shape != guess.ids.shape:
            sizes = [f"{ids.shape[1]}x{ids.shape[0]}" for ids in (truth.ids, guess.ids)]
            raise DataSetError(
                f"image {true.key}: {self.truth.png(true)} is {sizes[0]}, "
                f"but {self.predicted.png(predicted)} is {sizes[1]}"
            )
        return truth, guess


def open_pairs(truth: Path, predicted: Path, truth_folder: Path | None, predicted_folder: Path | None) -> Pairs:
    """Match two listings picture by picture; pictures that only the prediction has are passed over.

    Raises:
        DataSetError: A file is missing or breaks the format, or a picture of the truth has no prediction.
    """
    ours, theirs = read_listing(truth, truth_folder), read_listing(predicted, predicted_folder)
    if not ours.categories:
        raise DataSetError(f"{truth} lists no categories; expected names and ids under 'categories'")
    if not ours.annotations:
        raise DataSetError(f"{truth} lists no annotations")
    by_name = any(annotation.image_id is None for annotation in (*ours.annotations, *theirs.annotations))

    def key(listing: Listing, annotation: Annotation) -> tuple[str, str]:
        clip = str(annotation.video_id) if listing.nested else ""
        return clip, annotation.file_name if by_name else annotation.key

    if ours.nested != theirs.nested:
        nested, flat = (truth, predicted) if ours.nested else (predicted, truth)
        raise DataSetError(f"{nested} lists its frames by clip, but {flat} does not; expected the same of both")
    found = {key(theirs, annotation): annotation for annotation in theirs.annotations}
    missing = [annotation for annotation in ours.annotations if key(ours, annotation) not in found]
    if missing:
        named = ", ".join(str(key(ours, a)[1]) for a in missing[:5]) + (", ..." if len(missing) > 5 else "")
        raise DataSetError(
            f"{predicted} has no prediction for {len(missing)} of the {len(ours.annotations)} images: {named}"
        )
    matched = tuple((annotation, found[key(ours, annotation)]) for annotation in ours.annotations)
    return Pairs(ours, theirs, matched)


def _clip_of(annotation: Annotation, pattern: str | None) -> str:
    name = annotation.file_name
    if pattern is not None:
        hit = re.search(pattern, name)
        if hit is None or not hit.groups():
            raise DataSetError(f"the clip pattern {pattern!r} needs one group and must be found in {name!r}")
        return str(hit[1])
    if annotation.video_id is not None:
        return str(annotation.video_id)
    parent = Path(name).parent.as_posix()
    if parent != ".":
        return parent
    return re.sub(r"[._-]*\d+$", "", Path(name).stem)
