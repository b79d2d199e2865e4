"""Plates to the networks' inputs, as the library's own image processors make them, but on the device."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from bridge.errors import ModelError
from worker.models.base import Plate
from worker.models.transformers.architectures import Architecture, Scheme
from worker.models.transformers.files import read_json

_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
_SHORT_PX, _LONG_PX = 800, 1333

_FILTERS = {2: "bilinear", 3: "bicubic"}
"""Pillow's numbers of filters, as the processors' files have them, and torch's names."""


@dataclass(frozen=True)
class InputRule:
    """How plates become inputs."""

    scheme: Scheme
    size_hw: tuple[int, int]
    """The square of `Scheme.PADDED` and `Scheme.SQUARE`; short and long side of `Scheme.FREE`. In pixels."""
    divisor: int = 1
    mean: tuple[float, ...] = _MEAN
    deviation: tuple[float, ...] = _DEVIATION
    scale: float = 1 / 255
    filter: str = "bilinear"

    def picture_hw(self, plate_hw: tuple[int, int]) -> tuple[int, int]:
        """Height and width of a plate once it is resized, without padding."""
        if self.scheme is Scheme.SQUARE:
            return self.size_hw
        height, width = _within(plate_hw, *self.size_hw)
        step = self.divisor
        return max(1, math.ceil(height / step)) * step, max(1, math.ceil(width / step)) * step

    def canvas_hw(self, plate_hw: tuple[int, int]) -> tuple[int, int]:
        """Height and width of the input."""
        return self.size_hw if self.scheme is Scheme.PADDED else self.picture_hw(plate_hw)

    def words(self) -> str:
        """The rule as one line, for the key of what is predicted."""
        size = "x".join(map(str, self.size_hw))
        numbers = ",".join(f"{value:g}" for value in (*self.mean, *self.deviation, self.scale))
        return f"{self.scheme.value} {size} /{self.divisor} {self.filter} {numbers}"

    def batch(self, plates: Sequence[Plate], device: torch.device) -> Tensor:
        """The input for some plates of one size. float32, shape ``(n, 3, h, w)``."""
        mean = torch.tensor(self.mean, device=device)[:, None, None]
        deviation = torch.tensor(self.deviation, device=device)[:, None, None]
        out = torch.stack([self._picture(plate, device) for plate in plates]).float()
        return (out * self.scale - mean) / deviation

    def _picture(self, plate: Plate, device: torch.device) -> Tensor:
        if plate.ndim != 3 or plate.shape[2] != 3 or plate.dtype != np.uint8 or 0 in plate.shape:
            raise ValueError(
                f"expected a uint8 plate of shape (H, W, 3), but got {plate.dtype} of shape {plate.shape}"
            )
        # torch wants to be able to write to what it shares, and knows no negative strides.
        pixels = torch.from_numpy(np.require(plate, requirements=["C", "W"])).to(device).permute(2, 0, 1)
        plate_hw = (plate.shape[0], plate.shape[1])
        picture = resized(pixels, self.picture_hw(plate_hw), self.filter)
        height, width = self.canvas_hw(plate_hw)
        return F.pad(picture, (0, width - picture.shape[2], 0, height - picture.shape[1]))


def resized(picture: Tensor, size_hw: tuple[int, int], method: str) -> Tensor:
    """A uint8 picture ``(3, H, W)`` filtered to a size, uint8 again, as Pillow does it."""
    if picture.shape[1:] == size_hw:
        return picture
    # Only the CPU filters bytes.
    source = picture if picture.device.type == "cpu" else picture.float()
    filtered = F.interpolate(source[None], size_hw, mode=method, antialias=True)[0]
    return filtered if filtered.dtype == torch.uint8 else filtered.round().clamp(0, 255).to(torch.uint8)


def _within(plate_hw: tuple[int, int], short_px: int, long_px: int) -> tuple[int, int]:
    """A plate's size with the short side at `short_px`, or less where the long side would exceed `long_px`.

    Rounds as `transformers.image_transforms.get_size_with_aspect_ratio`.
    """
    short, long = min(plate_hw), max(plate_hw)
    exact: float = short_px
    if long / short * short_px > long_px:
        exact = long_px * short / long
        short_px = round(exact)
    if short == short_px:
        return plate_hw
    sides = {short: max(1, short_px), long: max(1, int(exact * long / short))}
    return sides[plate_hw[0]], sides[plate_hw[1]]


def read_rule(folder: Path, config: Mapping[str, Any], architecture: Architecture) -> InputRule:
    """The rule that a folder's processor files tell; what they leave open is as the architecture's own processor.

    Raises:
        ModelError: the files ask for something that no known network wants.
    """
    told = _processor(folder)
    if architecture.scheme is Scheme.FREE:
        size_hw = _limits(told, folder)
        divisor = int(told.get("size_divisor") or architecture.divisor)
    else:
        # The positions are learned, one for each place of this square.
        size = config.get("image_size", 640)
        size_hw, divisor = (size, size) if isinstance(size, int) else tuple(size), 1
    number = int(told.get("resample", 2))
    if number not in _FILTERS:
        raise ModelError(f"{folder}: plates cannot be resized with filter {number}; expected 2 or 3")
    normal = bool(told.get("do_normalize", True))
    return InputRule(
        scheme=architecture.scheme,
        size_hw=size_hw,
        divisor=divisor,
        mean=tuple(told.get("image_mean") or _MEAN) if normal else (0.0, 0.0, 0.0),
        deviation=tuple(told.get("image_std") or _DEVIATION) if normal else (1.0, 1.0, 1.0),
        scale=float(told.get("rescale_factor") or 1 / 255) if told.get("do_rescale", True) else 1.0,
        filter=_FILTERS[number],
    )


def _processor(folder: Path) -> dict[str, Any]:
    """What the processor files say, whichever of their forms the folder has."""
    whole = read_json(folder / "processor_config.json")
    for part in ("image_processor", "video_processor"):
        if isinstance(whole.get(part), dict):
            return dict(whole[part])
    return read_json(folder / "preprocessor_config.json") or read_json(folder / "video_preprocessor_config.json")


def _limits(told: Mapping[str, Any], folder: Path) -> tuple[int, int]:
    """Short side and longest long side, from the forms that ``size`` has had over the years."""
    size = told.get("size") or {}
    if isinstance(size, (int, float)):
        return int(size), int(told.get("max_size") or _LONG_PX)
    if "height" in size and "width" in size:
        return min(size["height"], size["width"]), max(size["height"], size["width"])
    if size and "shortest_edge" not in size:
        raise ModelError(f"{folder}: expected a size with shortest_edge and longest_edge, but found {size}")
    short = int(size.get("shortest_edge") or _SHORT_PX)
    return short, int(size.get("longest_edge") or told.get("max_size") or max(_LONG_PX, short))
