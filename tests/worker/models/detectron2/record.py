"""Records what detectron2 itself gives for one small picture, for the tests where it is not installed.

Run where it is installed, from the project's folder:

    python -m tests.worker.models.detectron2.record

It writes `data/panoptic_fpn.npz` and `data/panoptic_deeplab.npz`: the raw outputs of small networks with random
weights (seed 0), and what the library's own post-processing makes of exactly these numbers. Recorded with
detectron2 0.6 at 02b5c4e2, torch 2.14.1, torchvision 0.29.1.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from tests.worker.models.detectron2.small import (
    DEEPLAB_CONFIG,
    DEEPLAB_VALUES,
    FPN_CONFIG,
    FPN_VALUES,
    LABELS,
    small_config,
    small_network,
)
from worker.models.detectron2.classes import joint
from worker.models.detectron2.running import runner
from worker.models.detectron2.segmenting import Settings

DATA = Path(__file__).with_name("data")
SIZE_WH = (122, 90)
"""No multiples of the networks' strides, so that there is padding."""


def drawn_picture() -> torch.Tensor:
    """A picture with some shapes on a ramp. Float, shape ``(3, 90, 122)``."""
    width, height = SIZE_WH
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    picture = np.stack([2 * x, 255 - 2 * y, x + y], 0)
    picture[:, (x - 40) ** 2 + (y - 50) ** 2 < 400] = np.array([230, 30, 40])[:, None]
    picture[:, (np.abs(x - 90) < 18) & (np.abs(y - 30) < 11)] = np.array([20, 40, 220])[:, None]
    picture[:, (y > 68)] *= 0.5
    noise = np.random.default_rng(0).normal(0, 12, picture.shape)
    return torch.from_numpy(np.clip(picture + noise, 0, 255).astype(np.float32))


def _rounded(values: torch.Tensor, steps: int) -> torch.Tensor:
    """Rounded to so many steps a unit, which half precision holds and which compresses well."""
    return ((values * steps).round() / steps).half().float()


def _spread(values: torch.Tensor, width: float) -> torch.Tensor:
    """With mean 0 and a standard deviation of `width` in each channel, as trained heads have; random ones hardly
    differ from place to place."""
    mean, deviation = values.mean((1, 2), keepdim=True), values.std((1, 2), keepdim=True)
    return (values - mean) / deviation * width


def record_fpn() -> dict[str, npt.NDArray[Any]]:
    """Raw instances and semantic logits of Panoptic FPN, its pasted masks and its panoptic map."""
    from detectron2.layers.mask_ops import _do_paste_mask
    from detectron2.modeling.meta_arch.panoptic_fpn import combine_semantic_and_instance_outputs
    from detectron2.modeling.postprocessing import detector_postprocess
    from detectron2.structures import Boxes, Instances

    width, height = SIZE_WH
    config = small_config(FPN_CONFIG, FPN_VALUES)
    network: Any = small_network(config)
    with torch.no_grad():
        found, semantic = network.inference([{"image": drawn_picture()}], do_postprocess=False)
        raw = found[0]
        masks = _rounded(_spread(raw.pred_masks[:, 0].logit(eps=1e-4), 3.0).sigmoid()[:, None], 256)
        boxes = _rounded(raw.pred_boxes.tensor, 8)
        scores = _rounded(raw.scores, 1024)
        logits = _rounded(_spread(semantic[0], 2.0), 32)
        # Random weights see the same class everywhere; taken in turns, each occurs.
        numbers = torch.arange(len(scores)) % config.MODEL.ROI_HEADS.NUM_CLASSES
        rounded = Instances(
            raw.image_size,
            pred_boxes=Boxes(boxes.clone()),
            scores=scores,
            pred_classes=numbers,
            pred_masks=masks,
        )
        # At eight times the size, so that the means over cells of two pixels are those of the masks themselves.
        large, _ = _do_paste_mask(masks, boxes * 8, height * 8, width * 8, skip_empty=False)
        pasted = torch.nn.functional.avg_pool2d(large * 255, 16)
        combine = config.MODEL.PANOPTIC_FPN.COMBINE
        ids, infos = combine_semantic_and_instance_outputs(
            detector_postprocess(rounded, height, width),
            logits[:, :height, :width].argmax(0),
            combine.OVERLAP_THRESH,
            combine.STUFF_AREA_LIMIT,
            combine.INSTANCES_CONFIDENCE_THRESH,
        )
    return {
        "scores": scores.half().numpy(),
        "classes": numbers.numpy(),
        "boxes": boxes.half().numpy(),
        "masks": masks[:, 0].half().numpy(),
        "semantic": logits.half().numpy(),
        "pasted": _rounded(pasted, 4).half().numpy(),
        "ids": ids.numpy().astype(np.int32),
        "infos": np.array(json.dumps(infos)),
    }


def record_deeplab() -> dict[str, npt.NDArray[Any]]:
    """The three heads of Panoptic-DeepLab, and its panoptic map."""
    from detectron2.projects.panoptic_deeplab.post_processing import get_panoptic_segmentation

    width, height = SIZE_WH
    config = small_config(DEEPLAB_CONFIG, DEEPLAB_VALUES)
    network = small_network(config)
    classes = joint(LABELS)
    with torch.no_grad():
        run: Any = runner(network, config, LABELS, Settings(0.0, 0.0))
        heads = run.heads(drawn_picture())
        semantic = _rounded(_spread(heads.semantic, 2.0), 16)
        offsets = _rounded(_spread(heads.offsets, 5.0), 8)
        centres = _rounded(_spread(heads.centres, 0.25), 256)
        own = config.MODEL.PANOPTIC_DEEPLAB
        ids, where = get_panoptic_segmentation(
            semantic[:, :height, :width].argmax(0, keepdim=True),
            centres[:, :height, :width].clone(),
            offsets[:, :height, :width],
            thing_ids=list(classes.thing_channels),
            label_divisor=1000,
            stuff_area=own.STUFF_AREA,
            void_label=-1,
            threshold=own.CENTER_THRESHOLD,
            nms_kernel=own.NMS_KERNEL,
            top_k=own.TOP_K_INSTANCE,
        )
    return {
        "semantic": semantic.half().numpy(),
        "centres": centres.half().numpy(),
        "offsets": offsets.half().numpy(),
        "ids": ids[0].numpy().astype(np.int32),
        "where": where[0].numpy().astype(np.int32),
    }


def main() -> None:
    """Write both recordings."""
    torch.set_num_threads(1)
    for name, recorded in (("panoptic_fpn", record_fpn()), ("panoptic_deeplab", record_deeplab())):
        path = DATA / f"{name}.npz"
        np.savez_compressed(path, allow_pickle=False, **recorded)
        print(path, path.stat().st_size, {key: (value.shape, str(value.dtype)) for key, value in recorded.items()})


if __name__ == "__main__":
    main()
