"""A model's segments as a map in a data set's own categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from worker.datasets.coco_format import DataCategory
from worker.evaluation.label_map import LabelMap
from worker.evaluation.merge import LeastScores, merge
from worker.evaluation.panoptic import VOID, PanopticMap
from worker.segments import FramePrediction


def settle(
    prediction: FramePrediction,
    size_wh: tuple[int, int],
    least: LeastScores,
    labels: LabelMap,
    categories: Sequence[DataCategory],
    tracks: Sequence[int] | None = None,
) -> PanopticMap:
    """One segment a pixel, categories called by the data set's ids.

    What the data set calls stuff has one segment a category, whatever the model calls it.

    Args:
        prediction: The segments.
        size_wh: Size of the map.
        least: Segments with lower scores take no part.
        labels: Which categories of the model are which of the data set; others take no part.
        categories: The data set's.
        tracks: An id for every segment of the prediction that holds through the clip, 0 for none; without
            them, things are numbered within the frame.
    """
    place = {category.id: index + 1 for index, category in enumerate(categories)}
    kept = []
    numbers = []
    for index, segment in enumerate(prediction.segments):
        category = labels.known.get(segment.category)
        if category is None or segment.score < (least.thing if segment.is_thing else least.stuff):
            continue
        if tracks is not None and tracks[index] == 0 and category.isthing:
            continue
        kept.append(replace(segment, category=str(category.id)))
        thing = index + 1 if tracks is None else tracks[index]
        numbers.append(len(categories) + thing if category.isthing else place[category.id])
    merged = merge(replace(prediction, segments=tuple(kept)), size_wh, LeastScores(0.0, 0.0))
    # `merge` counts from 1 in the order of what it was given.
    number_of = np.array([VOID, *numbers], np.int32)
    ids = number_of[merged.ids]
    return PanopticMap(ids, {int(number_of[id_]): category for id_, category in merged.categories.items()})
