"""A transformers network behind the protocol that all models follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from worker.labels import LabelSet
from worker.models.base import Plate
from worker.models.transformers.architectures import architecture_of
from worker.models.transformers.decode import Keeping, MaskGrid, find_segments
from worker.models.transformers.inputs import InputRule
from worker.segments import FramePrediction


@dataclass(frozen=True)
class Raw:
    """What a network says of a batch, before anything is chosen."""

    classes: Tensor
    """Logits of the categories and, last, of nothing. Shape ``(n, queries, categories + 1)``."""
    masks: Tensor
    """Logits for the whole input, padding included. Shape ``(n, queries, h, w)``."""


@dataclass(frozen=True)
class Identity:
    """What a model says of itself; see `worker.models.base.Model`."""

    name: str
    licence: str
    label_set: LabelSet
    fingerprint: str
    settings: dict[str, str | int | float]


class QueryModel:
    """EoMT, Mask2Former, OneFormer, MaskFormer: each frame on its own, a batch of frames at once."""

    def __init__(
        self,
        identity: Identity,
        network: nn.Module,
        run: Callable[[Tensor], Raw],
        rule: InputRule,
        min_score: float,
        device: torch.device,
        batch_size: int,
        fixed_batch: bool = False,
    ) -> None:
        """
        Args:
            identity: What it says of itself.
            network: The library's network, in eval mode and on the device.
            run: Calls it with an input as `rule` makes it, in the right precision.
            rule: How plates become inputs.
            min_score: Queries with a score above become segments.
            device: Where `network` is.
            batch_size: How many plates go through the network at once.
            fixed_batch: Fill batches up, because the network was compiled for that size.
        """
        self.name = identity.name
        self.licence = identity.licence
        self.label_set = identity.label_set
        self.fingerprint = identity.fingerprint
        self.settings = dict(identity.settings)
        self.batch_size = batch_size
        self.architecture = architecture_of([type(network).__name__], "", "the network")
        self.network = network
        self.rule = rule
        self.device = device
        self._run = run
        self.keeping = Keeping(identity.label_set, min_score)
        self._fixed_batch = fixed_batch

    def predict(self, plates: Sequence[Plate]) -> list[FramePrediction]:
        """Find the segments of each plate; see `worker.models.base.Model`. Plates may have any size and aspect."""
        found: list[FramePrediction] = []
        for start in range(0, len(plates), self.batch_size):
            found.extend(self._predict(plates[start : start + self.batch_size]))
        return found

    @torch.inference_mode()
    def raw(self, plates: Sequence[Plate]) -> Raw:
        """What the network says of some plates of one size, at most `batch_size`."""
        batch = self.rule.batch(plates, self.device)
        if self._fixed_batch and len(plates) < self.batch_size:
            batch = torch.cat([batch, batch[-1:].expand(self.batch_size - len(plates), -1, -1, -1)])
        raw = self._run(batch)
        return Raw(raw.classes[: len(plates)], raw.masks[: len(plates)])

    @torch.inference_mode()
    def _predict(self, plates: Sequence[Plate]) -> list[FramePrediction]:
        raw = self.raw(plates)
        grid = self.grid((plates[0].shape[0], plates[0].shape[1]))
        return [
            find_segments(classes, masks, grid, self.keeping)
            for classes, masks in zip(raw.classes, raw.masks, strict=True)
        ]

    def grid(self, plate_hw: tuple[int, int]) -> MaskGrid:
        """Where plates of a size lie in the masks of `raw`."""
        return MaskGrid(self.rule.canvas_hw(plate_hw), self.rule.picture_hw(plate_hw))
