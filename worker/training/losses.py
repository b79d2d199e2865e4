"""Losses of the embedded network."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from worker.embedded.network import Outputs, mask_logits
from worker.training.loader import Batch

WEIGHTS = {"centre": 1.0, "dice": 1.0, "cover": 1.0, "semantic": 1.5}
"""What each part counts in the sum."""
_EDGE_EMPHASIS = 3.0


def centre_loss(logits: Tensor, heat: Tensor, weight: Tensor) -> Tensor:
    """Focal loss on a Gaussian heatmap (Law and Deng 2018, equation 1; alpha 2, beta 4), by number of centres.

    Args:
        logits: Shape ``(B, C, h, w)``.
        heat: Targets in [0, 1], exactly 1 at centres. Same shape.
        weight: Shape ``(B, h, w)``.
    """
    logits = logits.float()
    p = torch.sigmoid(logits)
    centre = heat == 1.0
    at_centre = F.logsigmoid(logits) * (1 - p).square() * centre
    elsewhere = F.logsigmoid(-logits) * p.square() * (1 - heat).pow(4) * weight[:, None] * ~centre
    return -(at_centre + elsewhere).sum() / centre.sum().clamp(min=1)


def dice_loss(p: Tensor, target: Tensor) -> Tensor:
    """1 minus the soft Dice coefficient with squares below (Milletari et al. 2016): 0 only where p equals target.

    Args:
        p: Coverage in [0, 1]. Shape ``(n, h, w)``.
        target: Coverage in [0, 1]. Same shape.

    Returns:
        Shape ``(n,)``.
    """
    both = (p * target).sum((1, 2))
    return 1 - (2 * both + 1) / (p.square().sum((1, 2)) + target.square().sum((1, 2)) + 1)


def cover_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy against soft coverage by the size of the thing, partial coverage counted more.

    Dividing by the thing's own box rather than the picture keeps small things from vanishing in the mean.

    Returns:
        Shape ``(n,)``.
    """
    partial = (target > 0.02) & (target < 0.98)
    loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none") * (
        1 + (_EDGE_EMPHASIS - 1) * partial
    )
    inside = target > 0.02
    wide, high = inside.any(1).sum(1), inside.any(2).sum(1)
    return loss.sum((1, 2)) / (1.5 * wide * high + 64.0)


def semantic_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy against soft coverage.

    Args:
        logits: Shape ``(B, C, h, w)``.
        target: Coverage that adds up to about 1. Same shape.
    """
    return -(F.log_softmax(logits.float(), 1) * target).sum(1).mean()


def losses(outputs: Outputs, batch: Batch) -> dict[str, Tensor]:
    """All parts of the loss, by name; `WEIGHTS` says what each counts."""
    dice, cover = [], []
    for index, (masks, cells) in enumerate(zip(batch.masks, batch.cells_xy, strict=True)):
        if len(masks) == 0:
            continue
        kernels = outputs.kernels[index, :, cells[:, 1], cells[:, 0]].T.float()
        logits = mask_logits(outputs.features[index].float(), kernels, cells)
        target = masks.float() / 255.0
        dice.append(dice_loss(torch.sigmoid(logits), target))
        cover.append(cover_loss(logits, target))
    nothing = outputs.kernels.sum() * 0.0
    return {
        "centre": centre_loss(outputs.centres, batch.heat, batch.heat_weight),
        "dice": torch.cat(dice).mean() if dice else nothing,
        "cover": torch.cat(cover).mean() if cover else nothing,
        "semantic": semantic_loss(outputs.semantics, batch.semantics.float() / 255.0),
    }
