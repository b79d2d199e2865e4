"""Segments from the finished outputs of an architecture, for those whose heads are not known here.

They have been cut at a threshold by the library already; what is left of their softness is the mean over a cell of
the mask grid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from bridge.errors import ModelError
from worker.labels import LabelSet
from worker.models.detectron2.classes import THINGS, Classes, classes_for, separated
from worker.models.detectron2.segmenting import Settings, cut_things, segment_of, stuff_segments, to_grid
from worker.segments import Segment


def merged_segments(
    outputs: Mapping[str, Any],
    labels: LabelSet,
    size_wh: tuple[int, int],
    grid_wh: tuple[int, int],
    settings: Settings,
) -> list[Segment]:
    """The segments in the outputs of one picture (``instances``, ``sem_seg``, ``panoptic_seg``).

    Things come from ``instances``, where masks may overlap, and stuff from ``sem_seg``, where they are soft; from
    ``panoptic_seg`` comes what the others lack.

    Raises:
        ModelError: None of the outputs is there, or they do not fit the label set.
    """
    semantic = outputs.get("sem_seg")
    instances = outputs.get("instances")
    panoptic = outputs.get("panoptic_seg")
    if semantic is None and instances is None and panoptic is None:
        names = ", ".join(map(str, outputs)) or "nothing"
        raise ModelError(f"expected instances, sem_seg or panoptic_seg from the architecture, but got {names}")
    classes = separated(labels) if semantic is None else classes_for(labels, len(semantic))
    segments: list[Segment] = []
    if semantic is not None:
        probabilities = to_grid(_probabilities(semantic.float()), size_wh, grid_wh)
        segments += stuff_segments(probabilities, classes, size_wh, settings)
    if instances is not None:
        segments += _instances(instances, classes, size_wh, grid_wh, settings)
    if panoptic is not None and (semantic is None or instances is None):
        ids, infos = panoptic
        segments += [
            segment
            for segment in _panoptic(ids, infos or (), classes, size_wh, grid_wh)
            if (instances is None if segment.is_thing else semantic is None)
        ]
    return segments


def _probabilities(semantic: Tensor) -> Tensor:
    """Some architectures give logits, others what lies in [0, 1] already."""
    low, high = semantic.amin(), semantic.amax()
    return semantic if bool((low >= 0) & (high <= 1)) else semantic.softmax(0)


def _instances(
    found: Any, classes: Classes, size_wh: tuple[int, int], grid_wh: tuple[int, int], settings: Settings
) -> list[Segment]:
    if len(found.scores) == 0 or not found.has("pred_masks"):
        return []
    scores = found.scores.float()
    order = scores.argsort(descending=True, stable=True)
    order = order[scores[order] >= settings.min_score]
    masks = getattr(found.pred_masks, "tensor", found.pred_masks)
    numbers = found.pred_classes[order].tolist()
    if numbers and max(numbers) >= len(classes.instances):
        raise ModelError(
            f"the architecture gives the class {max(numbers)}; the label set has {len(classes.instances)}"
        )
    gridded = _on_grid([masks[i] for i in order.tolist()], size_wh, grid_wh)
    return cut_things(gridded, [classes.instances[n] for n in numbers], scores[order].tolist(), classes.things)


def _on_grid(masks: Sequence[Tensor], size_wh: tuple[int, int], grid_wh: tuple[int, int]) -> Tensor:
    """Masks in [0, 1] or boolean on the grid, uint8, shape ``(n, h, w)``."""
    if not masks:
        return torch.zeros((0, grid_wh[1], grid_wh[0]), dtype=torch.uint8)
    # One by one: all of them in floats can be gigabytes.
    means = (to_grid(mask[None].float(), size_wh, grid_wh)[0] for mask in masks)
    return torch.stack([(mean.clamp(0, 1) * 255.0 + 0.5).to(torch.uint8) for mean in means])


def _panoptic(
    ids: Tensor,
    infos: Sequence[Mapping[str, Any]],
    classes: Classes,
    size_wh: tuple[int, int],
    grid_wh: tuple[int, int],
) -> list[Segment]:
    """Segments of a map in which every pixel has one."""
    segments: list[Segment] = []
    for info in infos:
        number, is_thing = int(info["category_id"]), bool(info["isthing"])
        names = classes.instances if is_thing else classes.semantic
        if not 0 <= number < len(names) or names[number] == THINGS:
            raise ModelError(f"the architecture gives the category {number}; the label set has {len(names)}")
        mask = _on_grid([ids == int(info["id"])], size_wh, grid_wh)[0].cpu().numpy()
        segments += segment_of(mask, names[number], is_thing, float(info.get("score", 1.0)))
    return segments
