"""Networks to train: small ones made anew, and trained ones that get other classes."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from bridge.errors import ModelError, UnknownNameError
from worker.training.finetune.networks import (
    SCRATCH,
    TRAINABLE,
    anneal,
    architecture,
    new_network,
    parameter_groups,
    with_classes,
)

NAMES = ("person", "sky", "grass")


@pytest.mark.parametrize("name", sorted(SCRATCH))
def test_known_classes_keep_what_they_have_learned(name: str) -> None:
    torch.manual_seed(0)
    old = new_network(name, 64, NAMES)
    new = with_classes(old, NAMES, ("hair", "grass", "person"))
    config: Any = new.config
    assert config.id2label == {0: "hair", 1: "grass", 2: "person"}
    picture = torch.randn(1, 3, 64, 64)
    for network in (old, new):
        network.eval()
    with torch.inference_mode():
        before, after = old(picture), new(picture)
    assert torch.equal(before.masks_queries_logits, after.masks_queries_logits)
    # Grass, person and, last, nothing: what they were before, at their new places.
    assert torch.equal(before.class_queries_logits[..., [2, 0, 3]], after.class_queries_logits[..., [1, 2, 3]])
    assert after.class_queries_logits[..., 0].abs().sum() > 0


def test_the_same_number_of_classes_in_another_order_is_another_head() -> None:
    old = new_network("tiny-eomt", 64, NAMES)
    new = with_classes(old, NAMES, tuple(reversed(NAMES)))
    weight = "class_predictor.weight"
    assert torch.equal(old.state_dict()[weight][[2, 1, 0, 3]], new.state_dict()[weight])


def _maskformer() -> Any:
    from transformers import DetrConfig, MaskFormerConfig, MaskFormerForInstanceSegmentation, SwinConfig

    stages = ["stage1", "stage2", "stage3", "stage4"]
    swin = SwinConfig(embed_dim=16, depths=(1,) * 4, num_heads=(1, 2, 2, 2), window_size=4, out_features=stages)
    detr = DetrConfig(
        d_model=32,
        encoder_layers=1,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        num_queries=10,
    )
    return MaskFormerForInstanceSegmentation(
        MaskFormerConfig(
            backbone_config=swin, decoder_config=detr, fpn_feature_size=32, mask_feature_size=32, num_labels=3
        )
    )


def _eomt_dinov3() -> Any:
    from transformers import EomtDinov3Config, EomtDinov3ForUniversalSegmentation

    return EomtDinov3ForUniversalSegmentation(
        EomtDinov3Config(
            hidden_size=48,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=96,
            image_size=64,
            num_blocks=1,
            num_queries=10,
            train_num_points=200,
            num_labels=3,
        )
    )


@pytest.mark.parametrize("make", [_maskformer, _eomt_dinov3])
def test_every_family_learns_other_classes(make: Any) -> None:
    network = with_classes(make(), NAMES, ("hair", "person"))
    assert architecture(network).kind in TRAINABLE
    factors = {id(p): g["factor"] for g in parameter_groups(network, 0.05, 0.1) for p in g["params"]}
    assert set(factors.values()) == {0.1, 1.0}
    masks = torch.zeros(2, 64, 64)
    masks[0, :30] = masks[1, 30:] = 1
    found = network(
        pixel_values=torch.randn(2, 3, 64, 64), mask_labels=[masks] * 2, class_labels=[torch.tensor([0, 1])] * 2
    )
    found.loss.sum().backward()
    head = network.get_parameter("class_predictor.weight")
    assert head.shape[0] == 3
    assert head.grad is not None
    assert head.grad.abs().sum() > 0


def test_classes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ModelError, match="has 3 classes, but 2 names"):
        with_classes(new_network("tiny-eomt", 64, NAMES), NAMES[:2], ("hair",))


def test_sizes_and_names_that_cannot_be_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="small network 'tiny'; there is: tiny-eomt"):
        new_network("tiny", 64, NAMES)
    with pytest.raises(ModelError, match="multiple of 32"):
        new_network("tiny-eomt", 100, NAMES)


def test_masks_of_eomt_go_block_after_block() -> None:
    network = new_network("tiny-eomt", 64, NAMES)
    shares = []
    for progress in (0.0, 0.25, 0.4, 0.6, 1.0):
        anneal(network, progress)
        shares.append([round(float(share), 2) for share in network.attn_mask_probs])  # type: ignore[union-attr]
    assert shares[0] == shares[1] == [1.0, 1.0]
    assert 0 < shares[2][0] < 1
    assert shares[2][1] == 1.0
    assert shares[3][0] == 0.0
    assert 0 < shares[3][1] < 1
    assert shares[4] == [0.0, 0.0]


def test_every_parameter_is_in_one_group_and_the_backbone_in_its_own() -> None:
    network = new_network("tiny-mask2former", 64, NAMES)
    groups = parameter_groups(network, 0.05, 0.1)
    assert sum(len(group["params"]) for group in groups) == len(list(network.parameters()))
    factors = {id(p): group["factor"] for group in groups for p in group["params"]}
    named = dict(network.named_parameters())
    assert factors[id(named["class_predictor.weight"])] == 1.0
    slow = {name for name, p in named.items() if factors[id(p)] == 0.1}
    assert slow == {name for name in named if ".encoder." in name and "pixel_level_module.encoder" in name}
