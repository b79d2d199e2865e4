"""Losses where the answer is plain."""

from __future__ import annotations

import pytest
import torch

pytest.importorskip("skia", exc_type=ImportError)

from worker.training.losses import centre_loss, cover_loss, dice_loss, semantic_loss


def _logit(p: float) -> float:
    return float(torch.logit(torch.tensor(p)))


def test_dice_is_zero_only_for_the_very_coverage() -> None:
    target = torch.full((1, 4, 4), 0.5)
    exact = float(dice_loss(target, target))
    assert exact == pytest.approx(0.0, abs=1e-6)
    assert float(dice_loss(torch.ones(1, 4, 4), target)) > 0.1
    assert float(dice_loss(torch.zeros(1, 4, 4), target)) > 0.5


@pytest.mark.parametrize("alpha", [0.1, 0.5, 0.9])
def test_the_cover_loss_is_least_where_the_mask_is_the_coverage(alpha: float) -> None:
    target = torch.full((1, 8, 8), alpha)
    at = {p: float(cover_loss(torch.full((1, 8, 8), _logit(p)), target)) for p in (0.05, 0.1, 0.5, 0.9, 0.95)}
    assert min(at, key=lambda p: at[p]) == alpha


def test_a_small_thing_weighs_as_much_as_a_large_one() -> None:
    wrong = torch.zeros(2, 64, 64)
    target = torch.zeros(2, 64, 64)
    target[0, :40, :40] = 1.0
    target[1, :20, :20] = 1.0
    logits = torch.full_like(wrong, -8.0)
    large, small = cover_loss(logits, target).tolist()
    assert small == pytest.approx(large, rel=0.15)


def test_the_centre_loss_forgives_what_has_no_weight() -> None:
    heat = torch.zeros(1, 1, 4, 4)
    heat[0, 0, 1, 1] = 1.0
    logits = torch.full((1, 1, 4, 4), -6.0)
    logits[0, 0, 1, 1] = 6.0
    good = float(centre_loss(logits, heat, torch.ones(1, 4, 4)))
    logits[0, 0, 3, 3] = 6.0
    weight = torch.ones(1, 4, 4)
    assert float(centre_loss(logits, heat, weight)) > good + 1
    weight[0, 3, 3] = 0.0
    assert float(centre_loss(logits, heat, weight)) == pytest.approx(good, abs=1e-4)


def test_the_semantic_loss_is_least_at_the_mixture() -> None:
    target = torch.tensor([0.3, 0.7]).reshape(1, 2, 1, 1)
    mixed = float(semantic_loss(target.log(), target))
    assert mixed < float(semantic_loss(torch.zeros(1, 2, 1, 1), target))
    assert mixed < float(semantic_loss(torch.tensor([0.0, 9.0]).reshape(1, 2, 1, 1), target))
