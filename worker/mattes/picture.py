"""Parts of the plate as tensors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from worker.mattes.geometry import Box


def pixels(plate: npt.NDArray[np.uint8], box: Box, device: torch.device) -> torch.Tensor:
    """A part of the plate on the device. Shape ``(h, w, 3)``, float32, sRGB in [0, 1]."""
    return values(plate, box, device).div_(255.0)


def values(plate: npt.NDArray[np.uint8], box: Box, device: torch.device) -> torch.Tensor:
    """The same, but from 0 to 255."""
    x0, y0, x1, y1 = box
    # A copy, since a plate that came over the wire cannot be written, nor one that is mirrored be shared.
    part = plate[y0:y1, x0:x1]
    if device.type == "cpu":
        return torch.from_numpy(part.astype(np.float32))
    return torch.from_numpy(np.array(part)).to(device).float()
