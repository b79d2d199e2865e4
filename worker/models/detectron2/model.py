"""A network of detectron2 behind the protocol that all models follow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from worker.labels import LabelSet
from worker.models.base import Plate
from worker.models.detectron2.running import Run
from worker.segments import FramePrediction


class Detectron2Model:
    """A loaded network; see `worker.models.base.Model`."""

    batch_size = 1
    """Plates go through one by one: some architectures take no more."""

    def __init__(
        self,
        name: str,
        label_set: LabelSet,
        licence: str,
        fingerprint: str,
        settings: dict[str, str | int | float],
        run: Run,
        preparation: Preparation,
    ) -> None:
        self.name = name
        self.label_set = label_set
        self.licence = licence
        self.fingerprint = fingerprint
        self.settings = settings
        self._run = run
        self._preparation = preparation

    def predict(self, plates: Sequence[Plate]) -> list[FramePrediction]:
        """Find the segments of each plate. Plates may have any size and aspect."""
        with torch.inference_mode():
            return [self._run(self._preparation.picture(plate)) for plate in plates]


class Preparation:
    """From a plate to a network's input, as detectron2's own predictor makes it."""

    def __init__(self, short_px: int, long_px: int, bgr: bool, device: torch.device) -> None:
        """
        Args:
            short_px: The input's short side, in pixels (``INPUT.MIN_SIZE_TEST``); 0 leaves plates as they are.
            long_px: The most that the long side may have (``INPUT.MAX_SIZE_TEST``).
            bgr: The network was trained with blue first (``INPUT.FORMAT``).
            device: Where the network is.
        """
        self.short_px = short_px
        self.long_px = long_px
        self._bgr = bgr
        self._device = device

    def size_wh(self, plate_wh: tuple[int, int]) -> tuple[int, int]:
        """Width and height of the input for a plate."""
        if self.short_px <= 0:
            return plate_wh
        scale = self.short_px / min(plate_wh)
        if scale * max(plate_wh) > self.long_px:
            scale = self.long_px / max(plate_wh)
        width, height = (max(1, int(side * scale + 0.5)) for side in plate_wh)
        return width, height

    def picture(self, plate: Plate) -> Tensor:
        """The input for a plate: float, shape ``(3, h, w)``, values 0 to 255, without padding."""
        if plate.ndim != 3 or plate.shape[2] != 3 or plate.dtype != np.uint8 or 0 in plate.shape:
            raise ValueError(
                f"expected a uint8 plate of shape (H, W, 3), but got {plate.dtype} of shape {plate.shape}"
            )
        size = self.size_wh((plate.shape[1], plate.shape[0]))
        resized = np.asarray(Image.fromarray(plate).resize(size, Image.Resampling.BILINEAR))
        channels = resized[:, :, ::-1] if self._bgr else resized
        return torch.from_numpy(channels.transpose(2, 0, 1).astype(np.float32)).to(self._device)
