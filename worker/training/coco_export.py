"""Drawn clips as a data set in COCO panoptic format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from bridge.files import whole
from worker.datasets.coco_format import (
    Annotation,
    DataCategory,
    PictureInfo,
    SegmentInfo,
    write_ids,
    write_listing,
)
from worker.embedded.labels import LABELS
from worker.evaluation.drawn import MIN_SHARE
from worker.evaluation.panoptic import VOID, areas_of
from worker.training.scenes import ClipSpec, DrawnFrame, draw_clip

HAIR = DataCategory(len(LABELS.categories) + 1, "hair", 0, (240, 120, 200))
CATEGORIES = tuple(
    DataCategory(index, category.name, int(category.is_thing), category.color)
    for index, category in enumerate(LABELS.categories, start=1)
)
LISTING, MAPS, PICTURES = "panoptic.json", "panoptic", "pictures"


def write_data_set(folder: Path, clips: Sequence[ClipSpec], on_frame: Callable[[], None] = lambda: None) -> Path:
    """Draw clips into ``pictures``, ``panoptic`` and ``panoptic.json``; ids hold through a clip.

    Every pixel belongs to the segment that covers most of it; segments too small to be asked for are void.

    Args:
        folder: Made where it is missing.
        clips: What to draw; their seeds name the files.
        on_frame: Called after each frame.

    Returns:
        The JSON.
    """
    (folder / PICTURES).mkdir(parents=True, exist_ok=True)
    annotations, pictures = [], []
    hair = any(spec.hair for spec in clips)
    categories = (*CATEGORIES, HAIR) if hair else CATEGORIES
    number_of = {category.name: category.id for category in categories}
    for spec in clips:
        for index, frame in enumerate(draw_clip(spec)):
            key = f"{spec.seed:09d}_{index:04d}"
            with whole(folder / PICTURES / f"{key}.png", durable=False) as temporary:
                Image.fromarray(frame.rgb).save(temporary)
            ids = _ids(frame)
            write_ids(folder / MAPS / f"{key}.png", ids)
            category_of = {segment.track: number_of[segment.category] for segment in frame.segments}
            areas = areas_of(ids)
            areas.pop(VOID, None)
            segments = tuple(SegmentInfo(id_, category_of[id_], 0, area) for id_, area in areas.items())
            annotations.append(Annotation(f"{key}.png", segments, key, f"{spec.seed:09d}"))
            pictures.append(PictureInfo(key, f"{key}.png", *spec.size_wh))
            on_frame()
    write_listing(folder / LISTING, categories, annotations, pictures)
    return folder / LISTING


def _ids(frame: DrawnFrame) -> npt.NDArray[np.int32]:
    ids = frame.panoptic_map()
    for track, area in areas_of(ids).items():
        if area < MIN_SHARE * ids.size:
            ids[ids == track] = VOID
    return ids
