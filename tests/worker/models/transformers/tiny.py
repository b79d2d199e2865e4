"""Tiny networks of every architecture, with random weights, saved as a user would find them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

SIZE = {"shortest_edge": 64, "longest_edge": 120}
"""What plates are resized to for networks that take any size."""
NAMES = ("person", "car", "sky-other-merged", "grass-merged")
LABELS = dict(enumerate(NAMES))

EOMT = {
    "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2, "image_size": 96, "patch_size": 8,
    "num_queries": 10, "num_blocks": 2, "num_upscale_blocks": 1, "num_register_tokens": 2,
}  # fmt: skip
SWIN = {
    "embed_dim": 8, "depths": [1, 1, 1, 1], "num_heads": [1, 1, 2, 2], "window_size": 4,
    "out_features": ["stage1", "stage2", "stage3", "stage4"],
}  # fmt: skip


def eomt() -> Any:
    from transformers import EomtConfig, EomtForUniversalSegmentation

    return EomtForUniversalSegmentation(EomtConfig(**EOMT, id2label=LABELS))


def eomt_dinov3() -> Any:
    from transformers import EomtDinov3Config, EomtDinov3ForUniversalSegmentation

    return EomtDinov3ForUniversalSegmentation(EomtDinov3Config(**EOMT, intermediate_size=64, id2label=LABELS))


def videomt() -> Any:
    from transformers import VideomtConfig, VideomtForUniversalSegmentation

    return VideomtForUniversalSegmentation(VideomtConfig(**EOMT, id2label=LABELS))


def mask2former() -> Any:
    from transformers import Mask2FormerConfig, Mask2FormerForUniversalSegmentation, SwinConfig

    return Mask2FormerForUniversalSegmentation(
        Mask2FormerConfig(
            backbone_config=SwinConfig(**SWIN), feature_size=32, mask_feature_size=32, hidden_dim=32,
            encoder_feedforward_dim=32, encoder_layers=1, decoder_layers=2, num_attention_heads=2,
            dim_feedforward=32, num_queries=10, id2label=LABELS,
        )
    )  # fmt: skip


def maskformer() -> Any:
    from transformers import DetrConfig, MaskFormerConfig, MaskFormerForInstanceSegmentation, SwinConfig

    decoder = DetrConfig(
        d_model=32, decoder_layers=1, decoder_attention_heads=2, decoder_ffn_dim=32, encoder_layers=1,
        encoder_attention_heads=2, encoder_ffn_dim=32, num_queries=10,
    )  # fmt: skip
    return MaskFormerForInstanceSegmentation(
        MaskFormerConfig(
            backbone_config=SwinConfig(**SWIN), decoder_config=decoder, fpn_feature_size=32,
            mask_feature_size=32, id2label=LABELS,
        )
    )  # fmt: skip


def oneformer() -> Any:
    from transformers import OneFormerConfig, OneFormerForUniversalSegmentation, SwinConfig

    return OneFormerForUniversalSegmentation(
        OneFormerConfig(
            backbone_config=SwinConfig(**SWIN), conv_dim=32, mask_dim=32, hidden_dim=32,
            encoder_feedforward_dim=32, encoder_layers=1, decoder_layers=3, num_attention_heads=2,
            dim_feedforward=32, num_queries=10, text_encoder_width=32, text_encoder_num_layers=1,
            id2label=LABELS,
        )
    )  # fmt: skip


MAKERS: dict[str, Callable[[], Any]] = {
    "eomt": eomt,
    "eomt_dinov3": eomt_dinov3,
    "mask2former": mask2former,
    "maskformer": maskformer,
    "oneformer": oneformer,
    "videomt": videomt,
}


def save(kind: str, folder: Path) -> Path:
    """A folder as the library writes it."""
    torch.manual_seed(1)
    network = MAKERS[kind]().eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            # As they are drawn, they say the same of every place.
            if kind == "eomt_dinov3" and name.startswith("mask_head"):
                parameter.mul_(10)
            # Nor may every query be of "nothing", whatever the picture: that is the last class.
            if name.endswith(("class_predictor.bias", "class_embed.bias")):
                parameter[-1] -= 1.0
    network.save_pretrained(folder / kind)
    if "image_size" not in network.config.to_dict():
        told = {"size": SIZE, **({} if kind == "oneformer" else {"size_divisor": 32})}
        (folder / kind / "preprocessor_config.json").write_text(json.dumps(told))
    return folder / kind
