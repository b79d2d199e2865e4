"""Panoptic quality of a network in training, found as a user of the trained model would find it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from worker.datasets import DataSet
from worker.datasets.coco_format import DataCategory
from worker.datasets.pictures import read_picture
from worker.evaluation.label_map import map_labels
from worker.evaluation.merge import LeastScores
from worker.evaluation.page import colors_of
from worker.evaluation.panoptic import PanopticMap, PanopticScore, score_pictures
from worker.evaluation.settled import settle
from worker.labels import Category, LabelSet
from worker.models.transformers.inputs import InputRule
from worker.models.transformers.model import Identity, QueryModel, Raw


def label_set_of(categories: Sequence[DataCategory], name: str) -> LabelSet:
    """The classes of a network that is trained on these categories."""
    colors = colors_of(categories)
    return LabelSet(name, tuple(Category(c.name, bool(c.isthing), colors[str(c.id)]) for c in categories))


def judge(
    network: nn.Module, rule: InputRule, data: DataSet, min_score: float, bf16: bool, device: torch.device
) -> PanopticScore:
    """Panoptic quality over all frames of a data set.

    Args:
        network: In eval mode, its classes those of `data`.
        rule: How pictures become inputs.
        data: What to judge on.
        min_score: Queries with a score above become segments.
        bf16: Mixed precision.
        device: Where the network is.
    """

    def run(pixels: Tensor) -> Raw:
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            found = network(pixels)
        return Raw(found.class_queries_logits, found.masks_queries_logits)

    labels = label_set_of(data.categories, "training")
    model = QueryModel(Identity("training", "", labels, "", {}), network, run, rule, min_score, device, 1)
    known = map_labels(labels, data.categories)

    def pairs() -> Iterator[tuple[PanopticMap, PanopticMap]]:
        for frame in data.frames:
            plate = read_picture(frame.picture)
            (prediction,) = model.predict([plate])
            size_wh = plate.shape[1], plate.shape[0]
            guess = settle(prediction, size_wh, LeastScores(0.0, 0.0), known, data.categories)
            yield data.truth(frame), guess

    return score_pictures(pairs())
