"""Small networks of detectron2 with random weights, for where it is installed."""

from __future__ import annotations

from typing import Any

import torch

from worker.labels import Category, LabelSet
from worker.models.detectron2 import configs
from worker.models.detectron2.loading import build_network

LABELS = LabelSet(
    "small",
    (
        Category("person", True, (220, 20, 60)),
        Category("sky", False, (70, 130, 180)),
        Category("car", True, (0, 0, 142)),
        Category("road", False, (128, 64, 128)),
        Category("dog", True, (119, 11, 32)),
        Category("tree", False, (107, 142, 35)),
    ),
)
"""Things and stuff take turns, so that a numbering that is taken for another shows."""

FPN_CONFIG = "COCO-PanopticSegmentation/panoptic_fpn_R_50_3x"
DEEPLAB_CONFIG = (
    "COCO-PanopticSegmentation/panoptic_deeplab_R_52_os16_mg124_poly_200k_bs64_crop_640_640_coco_dsconv"
)

_BACKBONE = {"WIDTH_PER_GROUP": 4, "STEM_OUT_CHANNELS": 8, "RES2_OUT_CHANNELS": 16}

FPN_VALUES: dict[str, Any] = {
    "MODEL": {
        "RESNETS": _BACKBONE,
        "FPN": {"OUT_CHANNELS": 16},
        "ANCHOR_GENERATOR": {"SIZES": [[24], [32], [48], [64], [96]]},
        "ROI_HEADS": {"NUM_CLASSES": 3},
        "ROI_BOX_HEAD": {"FC_DIM": 32},
        "ROI_MASK_HEAD": {"CONV_DIM": 16},
        "SEM_SEG_HEAD": {"NUM_CLASSES": 4, "CONVS_DIM": 16, "NORM": ""},
        "PANOPTIC_FPN": {"COMBINE": {"STUFF_AREA_LIMIT": 64, "INSTANCES_CONFIDENCE_THRESH": 0.3}},
    },
    "TEST": {"DETECTIONS_PER_IMAGE": 12},
    "INPUT": {"MIN_SIZE_TEST": 90, "MAX_SIZE_TEST": 150},
}

DEEPLAB_VALUES: dict[str, Any] = {
    "MODEL": {
        "RESNETS": _BACKBONE,
        "SEM_SEG_HEAD": {"NUM_CLASSES": 6, "CONVS_DIM": 8, "ASPP_CHANNELS": 8, "HEAD_CHANNELS": 8},
        "INS_EMBED_HEAD": {"CONVS_DIM": 8, "ASPP_CHANNELS": 8, "HEAD_CHANNELS": 8},
        "PANOPTIC_DEEPLAB": {"SIZE_DIVISIBILITY": 96, "NMS_KERNEL": 15, "STUFF_AREA": 64},
    },
    "INPUT": {"MIN_SIZE_TEST": 90, "MAX_SIZE_TEST": 150, "CROP": {"SIZE": [96, 96]}, "GAUSSIAN_SIGMA": 4},
}


def small_config(name: str, values: dict[str, Any]) -> Any:
    """A config of detectron2 with some values of our own, ready for inference on the CPU."""
    config = configs.full_config(configs.read_config(name))
    config.merge_from_other_cfg(type(config)(values))
    configs.for_inference(config, "cpu", None)
    return config


def small_network(config: Any, seed: int = 0) -> torch.nn.Module:
    """A network with random weights whose outputs are neither all alike nor infinite."""
    torch.manual_seed(seed)
    network = build_network(config)
    for name, values in [*network.named_parameters(), *network.named_buffers()]:
        if name.endswith("conv3.norm.weight"):
            # Blocks that each add as much as they get make the values of a deep network overflow.
            values.data.fill_(0.1)
        elif name.endswith("cls_score.weight"):
            # Scores between sure and undecided, in all classes.
            values.data.normal_(0.0, 0.004)
    return network.eval()
