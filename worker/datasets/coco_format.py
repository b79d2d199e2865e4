"""The COCO panoptic format: a JSON that lists segments, beside it a folder of PNGs that say where they lie.

As panopticapi, VPSNet and VIPSeg write it. A segment's id is ``R + 256 G + 65536 B`` of its pixels, 0 is void.
Videos are the same with one entry a frame, flat or nested by clip, and ids that hold through the clip.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from bridge.errors import DataSetError
from bridge.files import whole, write_whole
from worker.evaluation.panoptic import VOID, PanopticMap, areas_of

MAX_ID = (1 << 24) - 1
"""The highest id that three 8-bit channels hold."""


class DataCategory(msgspec.Struct, frozen=True):
    """A category of a data set."""

    id: int
    name: str
    isthing: int | bool
    """1 for countable objects, 0 for stuff."""
    color: tuple[int, int, int] = (0, 0, 0)
    """8-bit sRGB."""
    supercategory: str = ""


class SegmentInfo(msgspec.Struct, frozen=True):
    """One segment of one picture."""

    id: int
    category_id: int
    iscrowd: int | bool = 0
    area: int | float | None = None
    """Pixels; predictions need not say."""


class PictureInfo(msgspec.Struct, frozen=True):
    """A picture that is annotated."""

    id: int | str
    file_name: str
    width: int | None = None
    height: int | None = None
    video_id: int | str | None = None
    """The clip, in flat listings that tell it here."""


class Annotation(msgspec.Struct, frozen=True):
    """The segments of one picture."""

    file_name: str
    """The PNG below the listing's folder; in nested listings, below the clip's folder there."""
    segments_info: tuple[SegmentInfo, ...]
    image_id: int | str | None = None
    video_id: int | str | None = None
    """The clip; None in listings of single pictures and where names alone tell."""

    @property
    def key(self) -> str:
        """What truth and prediction are matched by: the picture's id, or its file's name where it has none."""
        return self.file_name if self.image_id is None else str(self.image_id)


class _Entry(msgspec.Struct, frozen=True):
    """An annotation, or the annotations of a clip."""

    file_name: str = ""
    segments_info: tuple[SegmentInfo, ...] | None = None
    image_id: int | str | None = None
    video_id: int | str | None = None
    annotations: tuple[Annotation, ...] | None = None


class _Clip(msgspec.Struct, frozen=True):
    video_id: int | str
    images: tuple[PictureInfo, ...] = ()


class _File(msgspec.Struct, frozen=True):
    annotations: tuple[_Entry, ...]
    categories: tuple[DataCategory, ...] = ()
    images: tuple[PictureInfo, ...] = ()
    videos: tuple[_Clip, ...] = ()


@dataclass(frozen=True)
class Listing:
    """What a JSON of the format says."""

    path: Path
    folder: Path
    """Where its PNGs lie."""
    annotations: tuple[Annotation, ...]
    categories: tuple[DataCategory, ...]
    """Empty where the file has none, as predictions may."""
    pictures: Mapping[tuple[str, str], PictureInfo]
    """By clip (empty for single pictures) and picture id."""
    nested: bool
    """PNGs lie in a folder for each clip."""

    def png(self, annotation: Annotation) -> Path:
        """Where an annotation's ids lie."""
        clip = str(annotation.video_id) if self.nested else ""
        return self.folder / clip / annotation.file_name

    def where(self, annotation: Annotation) -> str:
        """What errors call an annotation."""
        clip = f" of clip {annotation.video_id}" if annotation.video_id is not None else ""
        return f"{self.path}, image {annotation.key}{clip}"


def read_listing(path: Path, folder: Path | None = None) -> Listing:
    """Read a JSON of the format.

    Args:
        path: The JSON.
        folder: Where the PNGs lie; None is the JSON's name without its ending.

    Raises:
        DataSetError: The file or the folder is missing, or the file breaks the format.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_File)
    except FileNotFoundError:
        raise DataSetError(f"{path} does not exist; expected a JSON in COCO panoptic format") from None
    except OSError as err:
        raise DataSetError(f"{path} cannot be read: {err.strerror}") from None
    except msgspec.MsgspecError as err:
        raise DataSetError(f"{path} is not in COCO panoptic format: {err}") from None
    folder = path.with_suffix("") if folder is None else folder
    if not folder.is_dir():
        raise DataSetError(f"{folder} is no folder; the PNGs of {path} are expected there (or say where they lie)")
    nested = any(entry.annotations is not None for entry in found.annotations)
    annotations: list[Annotation] = []
    clip_of = {str(picture.id): picture.video_id for picture in found.images}
    for index, entry in enumerate(found.annotations):
        if nested and entry.annotations is not None:
            annotations += [msgspec.structs.replace(one, video_id=entry.video_id) for one in entry.annotations]
        elif not nested and entry.segments_info is not None and entry.file_name:
            clip = clip_of.get(str(entry.image_id)) if entry.video_id is None else entry.video_id
            annotations.append(Annotation(entry.file_name, entry.segments_info, entry.image_id, clip))
        else:
            raise DataSetError(
                f"{path}: annotations[{index}] is expected to have file_name and segments_info"
                + (", below a clip's annotations" if nested else "")
            )
    pictures = {("", str(picture.id)): picture for picture in found.images}
    for video in found.videos:
        pictures |= {(str(video.video_id), str(picture.id)): picture for picture in video.images}
    _check_unique(path, (category.id for category in found.categories), "category id")
    listing = Listing(path, folder, tuple(annotations), found.categories, pictures, nested)
    _check_unique(path, ((str(a.video_id) if nested else "", a.key) for a in annotations), "image")
    return listing


def _check_unique(path: Path, keys: Iterable[object], what: str) -> None:
    seen: set[object] = set()
    for key in keys:
        if key in seen:
            raise DataSetError(f"{path} has the {what} {key!r} twice")
        seen.add(key)


def read_ids(path: Path) -> npt.NDArray[np.int32]:
    """The ids of a PNG, shape ``(h, w)``.

    Raises:
        DataSetError: The file is missing, no picture, or not RGB.
    """
    try:
        with Image.open(path) as opened:
            picture = opened.convert("RGB") if opened.mode == "RGBA" else opened
            if picture.mode != "RGB":
                raise DataSetError(f"{path}: expected 8-bit RGB whose colours are ids, but it is {picture.mode}")
            # Pillow keeps RGB in four bytes a pixel: taken as they are, they are numbers already.
            packed = np.frombuffer(picture.tobytes("raw", "RGBX"), "<u4").reshape(picture.height, picture.width)
    except FileNotFoundError:
        raise DataSetError(f"{path} is missing") from None
    except (UnidentifiedImageError, OSError, SyntaxError) as err:
        raise DataSetError(f"{path} cannot be read: {err}") from None
    return (packed & MAX_ID).view(np.int32)


def write_ids(path: Path, ids: npt.NDArray[np.integer]) -> None:
    """Write ids in [0, `MAX_ID`] as a PNG, whole or not at all. Shape ``(h, w)``."""
    flat = ids.astype("<u4")
    rgb = np.stack([flat & 255, flat >> 8 & 255, flat >> 16 & 255], axis=-1).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path, durable=False) as temporary:
        Image.fromarray(rgb).save(temporary, "PNG", compress_level=3)


def read_map(
    listing: Listing, annotation: Annotation, known: Mapping[int, DataCategory], truth: bool
) -> PanopticMap:
    """One picture as a map whose categories are called by their ids, so that no two are taken for one.

    Args:
        listing: The file it is in.
        annotation: Its segments.
        known: The data set's categories by id.
        truth: Areas and crowds count as the JSON says; a prediction has neither, and all it lists must occur.

    Raises:
        DataSetError: PNG and JSON do not fit, or a category is unknown.
    """
    where = listing.where(annotation)
    png = listing.png(annotation)
    ids = read_ids(png)
    segments = {segment.id: segment for segment in annotation.segments_info}
    if len(segments) != len(annotation.segments_info):
        raise DataSetError(f"{where}: a segment id is listed twice")
    for segment in segments.values():
        if segment.category_id not in known:
            raise DataSetError(
                f"{where}: segment {segment.id} has the category {segment.category_id}, "
                f"which is not among the categories of the data set ({_some(sorted(known))})"
            )
    occurring = areas_of(ids).keys() - {VOID}
    if unlisted := occurring - segments.keys():
        raise DataSetError(f"{where}: ids {_some(sorted(unlisted))} are in {png} but not in the JSON")
    if not truth and (absent := segments.keys() - occurring):
        raise DataSetError(f"{where}: segments {_some(sorted(absent))} are in the JSON but not in {png}")
    declared = {s.id: int(s.area) for s in segments.values() if s.area is not None}
    return PanopticMap(
        ids,
        {segment.id: str(segment.category_id) for segment in segments.values()},
        frozenset(s.id for s in segments.values() if s.iscrowd) if truth else frozenset(),
        declared if truth else {},
    )


def _some(values: Sequence[int], shown: int = 8) -> str:
    rest = f", ... ({len(values)} in all)" if len(values) > shown else ""
    return ", ".join(map(str, values[:shown])) + rest


def write_listing(
    path: Path,
    categories: Iterable[DataCategory],
    annotations: Iterable[Annotation],
    pictures: Iterable[PictureInfo] = (),
) -> None:
    """Write a JSON of the format for single pictures; the PNGs are written apart."""
    listing: dict[str, Any] = {
        "images": list(pictures),
        "annotations": list(annotations),
        "categories": list(categories),
    }
    plain = msgspec.to_builtins(listing)
    for row in (*plain["annotations"], *plain["images"]):
        for key in [key for key, value in row.items() if value is None]:
            del row[key]
    write_whole(path, msgspec.json.format(msgspec.json.encode(plain), indent=1) + b"\n")
