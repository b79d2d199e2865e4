"""Networks to train: small ones made anew, and trained ones that get other classes."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from bridge.errors import ModelError, UnknownNameError
from worker.training.finetune.networks import SCRATCH, anneal, new_network, parameter_groups, with_classes

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
