"""The library's own panoptic map: one segment a pixel, hard edges, as its image processors make it.

For comparisons with what others publish. Mattes are made from the soft masks, never from this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from worker.evaluation.panoptic import VOID, PanopticMap
from worker.labels import LabelSet
from worker.models.base import Plate
from worker.models.transformers.architectures import Kind
from worker.models.transformers.model import QueryModel, Raw

MASK_THRESHOLD = 0.5
OVERLAP_THRESHOLD = 0.8


@dataclass(frozen=True)
class LibraryMap:
    """What the library's ``post_process_panoptic_segmentation`` gives for one plate."""

    ids: npt.NDArray[np.int64]
    """The segment of each pixel, or the library's number for none: -1, or 0. Shape ``(H, W)``."""
    segments: tuple[dict[str, Any], ...]
    """``id``, ``label_id`` and ``score`` of each, and what else the library says of it."""

    def panoptic(self, labels: LabelSet) -> PanopticMap:
        """The same for evaluation."""
        categories = {segment["id"] + 1: labels.names[segment["label_id"]] for segment in self.segments}
        known = np.isin(self.ids + 1, list(categories))
        return PanopticMap(np.where(known, self.ids + 1, VOID).astype(np.int32), categories)


def merged_maps(model: QueryModel, plates: Sequence[Plate], min_score: float | None = None) -> list[LibraryMap]:
    """The library's panoptic maps of plates of one size, each on its own.

    Args:
        model: Loaded by this package.
        plates: At most ``model.batch_size``.
        min_score: Queries with a score above take part; None for the model's own.
    """
    raw = model.raw(plates)
    return merge_raw(model, raw, (plates[0].shape[0], plates[0].shape[1]), min_score)


@torch.inference_mode()
def merge_raw(
    model: QueryModel, raw: Raw, plate_hw: tuple[int, int], min_score: float | None = None
) -> list[LibraryMap]:
    """The library's panoptic maps from a network's own words; see `merged_maps`."""
    least = model.keeping.min_score if min_score is None else min_score
    stuff = {number for number, c in enumerate(model.label_set.categories) if not c.is_thing}
    classes, masks = raw.classes.float(), raw.masks.float()
    alone = _ALONE.get(model.architecture.kind)
    if alone is not None:
        found = [alone(c, m, plate_hw, least, stuff) for c, m in zip(classes, masks, strict=True)]
    else:
        outputs = SimpleNamespace(class_queries_logits=classes, masks_queries_logits=masks)
        found = _processed(model, outputs, [plate_hw] * len(classes), least, stuff)
    return [
        LibraryMap(one["segmentation"].cpu().numpy().astype(np.int64), tuple(one["segments_info"]))
        for one in found
    ]


def _processed(
    model: QueryModel, outputs: Any, sizes: list[tuple[int, int]], min_score: float, stuff: set[int]
) -> list[dict[str, Any]]:
    rules: dict[str, Any] = {
        "threshold": min_score,
        "mask_threshold": MASK_THRESHOLD,
        "overlap_mask_area_threshold": OVERLAP_THRESHOLD,
        "target_sizes": sizes,
    }
    if model.architecture.kind is Kind.EOMT:
        from transformers import EomtImageProcessorPil

        height, width = model.rule.size_hw
        size = {"shortest_edge": height, "longest_edge": width}
        made = EomtImageProcessorPil(size=size).post_process_panoptic_segmentation(
            outputs, **rules, stuff_classes=sorted(stuff), size=size
        )
    else:
        made = _processor(model.architecture.kind).post_process_panoptic_segmentation(
            outputs, **rules, label_ids_to_fuse=stuff
        )
    found: list[dict[str, Any]] = made
    return found


def _processor(kind: Kind) -> Any:
    # Each by its own import: the library's table of all of them complains of what is not installed.
    if kind is Kind.MASK2FORMER:
        from transformers import Mask2FormerImageProcessorPil

        return Mask2FormerImageProcessorPil()
    from transformers import MaskFormerImageProcessorPil

    return MaskFormerImageProcessorPil()


def _video_map(
    classes: Tensor, masks: Tensor, plate_hw: tuple[int, int], min_score: float, stuff: set[int]
) -> dict[str, Any]:
    """As VidEoMT's video processor, which cannot be imported without torchvision: by EoMT's rules, its model."""
    from transformers.models.eomt.image_processing_pil_eomt import compute_segments, remove_low_and_no_objects

    scores, labels = classes.softmax(-1).max(-1)
    resized = F.interpolate(masks[None], plate_hw, mode="bilinear", align_corners=False)[0]
    kept, scores, labels = remove_low_and_no_objects(resized, scores, labels, min_score, classes.shape[-1] - 1)
    if not len(kept):
        return _nothing(plate_hw)
    segmentation, segments = compute_segments(
        kept, scores, labels, sorted(stuff), MASK_THRESHOLD, OVERLAP_THRESHOLD, plate_hw
    )
    return {"segmentation": segmentation, "segments_info": segments}


def _oneformer_map(
    classes: Tensor, masks: Tensor, plate_hw: tuple[int, int], min_score: float, stuff: set[int]
) -> dict[str, Any]:
    """As OneFormer's processor, which resizes by torchvision: that resize here, then MaskFormer's same rules."""
    from transformers.models.maskformer.image_processing_pil_maskformer import (
        compute_segments,
        remove_low_and_no_objects,
    )

    scores, labels = classes.softmax(-1).max(-1)
    kept, scores, labels = remove_low_and_no_objects(
        masks.sigmoid(), scores, labels, min_score, classes.shape[-1] - 1
    )
    if not len(kept):
        return _nothing(plate_hw)
    resized = F.interpolate(kept[None], plate_hw, mode="bilinear", align_corners=False, antialias=True)[0]
    segmentation, segments = compute_segments(resized, scores, labels, MASK_THRESHOLD, OVERLAP_THRESHOLD, stuff)
    return {"segmentation": segmentation, "segments_info": segments}


def _nothing(plate_hw: tuple[int, int]) -> dict[str, Any]:
    return {"segmentation": torch.full(plate_hw, -1), "segments_info": []}


_ALONE = {Kind.VIDEOMT: _video_map, Kind.ONEFORMER: _oneformer_map}
"""What is put together here from the library's parts, because a part beside them needs torchvision."""
