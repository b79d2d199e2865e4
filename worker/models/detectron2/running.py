"""Runs a network of detectron2 on one picture and takes what its heads give, before the library merges it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from worker.labels import LabelSet
from worker.models.detectron2.classes import Classes, joint, separated
from worker.models.detectron2.deeplab import Grouping, Heads, deeplab_segments
from worker.models.detectron2.library import require
from worker.models.detectron2.merged import merged_segments
from worker.models.detectron2.segmenting import (
    Instances,
    Settings,
    mask_grid,
    prediction,
    stuff_segments,
    thing_segments,
    to_grid,
)
from worker.segments import FramePrediction

BOX_STRIDE = 2
"""Pixels of the network's input a sample of the mask grid where masks come in boxes: a box of 56 pixels still
keeps the 28 samples of its mask."""
MAP_STRIDE = 4
"""The same where all masks come as whole maps; heads compute them at this stride."""

Run = Callable[[Tensor], FramePrediction]
"""Finds the segments of a picture, float, shape ``(3, h, w)``, values 0 to 255, on the network's device."""


def runner(
    network: nn.Module, config: Any, labels: LabelSet, settings: Settings, dtype: torch.dtype = torch.float32
) -> Run:
    """What runs a network, by its architecture; `worker.models.detectron2.loading` checks that the labels fit.

    Args:
        network: In evaluation mode when it is run.
        config: Its config.
        labels: Its categories.
        settings: What of its output is left out.
        dtype: What the network computes in; masks are made in full precision of what it gives.
    """
    call = _Call(torch.device(config.MODEL.DEVICE).type, dtype)
    modeling = require("detectron2.modeling")
    kind = type(network)
    inference = getattr(kind, "inference", None)
    # A class that builds on these but infers in its own way is run as a whole.
    if issubclass(kind, modeling.PanopticFPN) and inference is modeling.PanopticFPN.inference:
        return _PanopticFpn(network, call, separated(labels), settings)
    if issubclass(kind, modeling.GeneralizedRCNN) and inference is modeling.GeneralizedRCNN.inference:
        return _Rcnn(network, call, separated(labels), settings)
    if config.MODEL.META_ARCHITECTURE == "PanopticDeepLab":
        return _PanopticDeepLab(network, call, config, joint(labels), settings)
    return _Whole(network, call, labels, settings)


@dataclass(frozen=True)
class _Call:
    """How networks are called."""

    device_type: str
    dtype: torch.dtype

    def precise(self) -> AbstractContextManager[None]:
        """Within it a network computes in the wished precision."""
        mixed = self.dtype is not torch.float32
        return torch.autocast(self.device_type, self.dtype if mixed else torch.bfloat16, enabled=mixed)


class _PanopticFpn:
    """Mask R-CNN's boxed masks and the semantic head's logits (Kirillov et al., "Panoptic Feature Pyramid
    Networks", CVPR 2019)."""

    def __init__(self, network: nn.Module, call: _Call, classes: Classes, settings: Settings) -> None:
        self._network: Any = network
        self._call = call
        self._classes = classes
        self._settings = settings

    def __call__(self, picture: Tensor) -> FramePrediction:
        with self._call.precise():
            detections, semantic = self._network.inference([{"image": picture}], do_postprocess=False)
        return fpn_prediction(
            instances_of(detections[0]), semantic[0], self._classes, _size_wh(picture), self._settings
        )


class _Rcnn:
    """Mask R-CNN without a semantic head: things only."""

    def __init__(self, network: nn.Module, call: _Call, classes: Classes, settings: Settings) -> None:
        self._network: Any = network
        self._call = call
        self._classes = classes
        self._settings = settings

    def __call__(self, picture: Tensor) -> FramePrediction:
        with self._call.precise():
            detections = self._network.inference([{"image": picture}], do_postprocess=False)
        return fpn_prediction(instances_of(detections[0]), None, self._classes, _size_wh(picture), self._settings)


class _PanopticDeepLab:
    """The three heads of Panoptic-DeepLab."""

    def __init__(self, network: nn.Module, call: _Call, config: Any, classes: Classes, settings: Settings) -> None:
        self._network: Any = network
        self._call = call
        self._classes = classes
        self._settings = settings
        own = config.MODEL.PANOPTIC_DEEPLAB
        self._divisibility = own.SIZE_DIVISIBILITY if own.SIZE_DIVISIBILITY > 0 else None
        self._grouping = Grouping(
            threshold=own.CENTER_THRESHOLD,
            nms_px=own.NMS_KERNEL,
            top=own.TOP_K_INSTANCE,
            sigma_px=float(config.INPUT.GAUSSIAN_SIGMA),
        )

    def __call__(self, picture: Tensor) -> FramePrediction:
        size_wh = _size_wh(picture)
        grid_wh = mask_grid(size_wh, MAP_STRIDE)
        heads = self.heads(picture)
        found = deeplab_segments(heads, self._classes, size_wh, grid_wh, self._grouping, self._settings)
        return prediction(found, grid_wh)

    def heads(self, picture: Tensor) -> Heads:
        """What the heads give, with the padding still there."""
        network = self._network
        normalised = (picture - network.pixel_mean) / network.pixel_std
        divisibility = self._divisibility or network.backbone.size_divisibility
        padded = require("detectron2.structures").ImageList.from_tensors([normalised], divisibility)
        with self._call.precise():
            features = network.backbone(padded.tensor)
            semantic, _ = network.sem_seg_head(features)
            centres, offsets, _, _ = network.ins_embed_head(features)
        return Heads(semantic[0], centres[0], offsets[0])


class _Whole:
    """Any other architecture: what it gives as `instances`, `sem_seg` and `panoptic_seg`."""

    def __init__(self, network: nn.Module, call: _Call, labels: LabelSet, settings: Settings) -> None:
        self._network: Any = network
        self._call = call
        self._labels = labels
        self._settings = settings

    def __call__(self, picture: Tensor) -> FramePrediction:
        width, height = _size_wh(picture)
        with self._call.precise():
            outputs: Mapping[str, Any] = self._network([{"image": picture, "height": height, "width": width}])[0]
        grid_wh = mask_grid((width, height), BOX_STRIDE)
        found = merged_segments(outputs, self._labels, (width, height), grid_wh, self._settings)
        return prediction(found, grid_wh)


def instances_of(found: Any) -> Instances:
    """The fields of detectron2's `Instances` before its post-processing."""
    masks = found.pred_masks if found.has("pred_masks") else torch.zeros((len(found), 1, 1, 1))
    return Instances(
        found.scores.float(), found.pred_classes, found.pred_boxes.tensor.float(), masks[:, 0].float()
    )


def fpn_prediction(
    found: Instances, semantic: Tensor | None, classes: Classes, size_wh: tuple[int, int], settings: Settings
) -> FramePrediction:
    """The segments of Panoptic FPN's raw outputs.

    Args:
        found: The mask head's, at the network's input.
        semantic: The semantic head's logits at the network's input with its padding. Shape ``(channels, H, W)``.
        classes: What the numbers mean.
        size_wh: Width and height of the input without padding.
        settings: What is left out.
    """
    grid_wh = mask_grid(size_wh, BOX_STRIDE)
    segments = thing_segments(found, classes, size_wh, grid_wh, settings)
    if semantic is not None:
        probabilities = to_grid(semantic.float().softmax(0), size_wh, grid_wh)
        segments += stuff_segments(probabilities, classes, size_wh, settings)
    return prediction(segments, grid_wh)


def _size_wh(picture: Tensor) -> tuple[int, int]:
    return picture.shape[2], picture.shape[1]
