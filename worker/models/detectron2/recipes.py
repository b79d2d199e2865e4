"""The configs of Panoptic-DeepLab, which detectron2 installs the code of but not the files."""

from __future__ import annotations

from typing import Any

_HEAD: dict[str, Any] = {
    "IN_FEATURES": ["res2", "res3", "res5"],
    "PROJECT_FEATURES": ["res2", "res3"],
    "PROJECT_CHANNELS": [32, 64],
    "ASPP_CHANNELS": 256,
    "ASPP_DILATIONS": [6, 12, 18],
    "ASPP_DROPOUT": 0.1,
    "COMMON_STRIDE": 4,
    "NORM": "SyncBN",
}


def _panoptic_deeplab(
    *, classes: int, separable: bool, stuff_area: int, nms: int, solver: dict[str, Any], inputs: dict[str, Any],
    datasets: tuple[str, str], top_k_loss: float, divisibility: int,
) -> dict[str, Any]:  # fmt: skip
    return {
        "MODEL": {
            "META_ARCHITECTURE": "PanopticDeepLab",
            "PIXEL_MEAN": [123.675, 116.280, 103.530],
            "PIXEL_STD": [58.395, 57.120, 57.375],
            "BACKBONE": {"NAME": "build_resnet_deeplab_backbone", "FREEZE_AT": 0},
            "RESNETS": {
                "DEPTH": 50,
                "OUT_FEATURES": ["res2", "res3", "res5"],
                "RES5_DILATION": 2,
                "RES5_MULTI_GRID": [1, 2, 4],
                "NORM": "SyncBN",
                "STEM_TYPE": "deeplab",
                "STEM_OUT_CHANNELS": 128,
                "STRIDE_IN_1X1": False,
            },
            "SEM_SEG_HEAD": _HEAD
            | {
                "NAME": "PanopticDeepLabSemSegHead",
                "HEAD_CHANNELS": 256,
                "CONVS_DIM": 256,
                "NUM_CLASSES": classes,
                "LOSS_TYPE": "hard_pixel_mining",
                "LOSS_TOP_K": top_k_loss,
                "USE_DEPTHWISE_SEPARABLE_CONV": separable,
            },
            "INS_EMBED_HEAD": _HEAD
            | {
                "NAME": "PanopticDeepLabInsEmbedHead",
                "HEAD_CHANNELS": 32,
                "CONVS_DIM": 128,
                "CENTER_LOSS_WEIGHT": 200.0,
                "OFFSET_LOSS_WEIGHT": 0.01,
            },
            "PANOPTIC_DEEPLAB": {
                "STUFF_AREA": stuff_area,
                "CENTER_THRESHOLD": 0.1,
                "NMS_KERNEL": nms,
                "TOP_K_INSTANCE": 200,
                "USE_DEPTHWISE_SEPARABLE_CONV": separable,
                "SIZE_DIVISIBILITY": divisibility,
            },
        },
        "DATASETS": {"TRAIN": [datasets[0]], "TEST": [datasets[1]]},
        "SOLVER": {
            "OPTIMIZER": "ADAM",
            "WEIGHT_DECAY": 0.0,
            "WEIGHT_DECAY_NORM": 0.0,
            "WEIGHT_DECAY_BIAS": 0.0,
            "LR_SCHEDULER_NAME": "WarmupPolyLR",
        }
        | solver,
        "INPUT": {"FORMAT": "RGB", "MIN_SIZE_TRAIN_SAMPLING": "choice"} | inputs,
    }


def _cityscapes(*, separable: bool) -> dict[str, Any]:
    sides = [512, 640, 704, 832, 896, 1024, 1152, 1216, 1344, 1408, 1536, 1664, 1728, 1856, 1920, 2048]
    return _panoptic_deeplab(
        classes=19,
        separable=separable,
        stuff_area=2048,
        nms=7,
        top_k_loss=0.2,
        divisibility=-1,
        solver={"BASE_LR": 0.001, "MAX_ITER": 90000, "IMS_PER_BATCH": 32},
        inputs={
            "GAUSSIAN_SIGMA": 10,
            "MIN_SIZE_TRAIN": sides,
            "MIN_SIZE_TEST": 1024,
            "MAX_SIZE_TRAIN": 4096,
            "MAX_SIZE_TEST": 2048,
            "CROP": {"ENABLED": True, "TYPE": "absolute", "SIZE": [512, 1024]},
        },
        datasets=("cityscapes_fine_panoptic_train", "cityscapes_fine_panoptic_val"),
    )


def _coco() -> dict[str, Any]:
    return _panoptic_deeplab(
        classes=133,
        separable=True,
        stuff_area=4096,
        nms=41,
        top_k_loss=1.0,
        divisibility=640,
        solver={"BASE_LR": 0.0005, "MAX_ITER": 200000, "IMS_PER_BATCH": 64},
        inputs={
            "GAUSSIAN_SIGMA": 8,
            "MIN_SIZE_TRAIN": [64 * tenths for tenths in range(5, 16)],
            "MIN_SIZE_TEST": 640,
            "MAX_SIZE_TRAIN": 960,
            "MAX_SIZE_TEST": 640,
            "CROP": {"ENABLED": True, "TYPE": "absolute", "SIZE": [640, 640]},
        },
        datasets=("coco_2017_train_panoptic", "coco_2017_val_panoptic"),
    )


_CITY = "Cityscapes-PanopticSegmentation/panoptic_deeplab_R_52_os16_mg124_poly_90k_bs32_crop_512_1024"

RECIPES: dict[str, dict[str, Any]] = {
    "COCO-PanopticSegmentation/panoptic_deeplab_R_52_os16_mg124_poly_200k_bs64_crop_640_640_coco_dsconv": _coco(),
    _CITY: _cityscapes(separable=False),
    f"{_CITY}_dsconv": _cityscapes(separable=True),
}
"""By the name of the file in detectron2's repository, without its ending."""
