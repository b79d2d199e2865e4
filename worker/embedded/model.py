"""The embedded model behind the protocol that all models follow."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from worker.embedded.decode import decode
from worker.embedded.labels import LABELS
from worker.embedded.network import PanopticNetwork
from worker.embedded.precision import dtype_for
from worker.embedded.preprocess import input_size, normalised, resized
from worker.models.base import Plate
from worker.segments import FramePrediction

WEIGHTS = Path(__file__).with_name("weights.safetensors")
LONG_SIDE = 736
"""The input's long side that the network was trained for."""


class EmbeddedModel:
    """The small network that ships with its weights. It knows drawn scenes only; see `MODEL_CARD.md`."""

    name = "embedded"
    label_set = LABELS
    licence = "Apache-2.0"
    batch_size = 1
    """Plates go through the network one by one: a batch may round otherwise than its parts, and gains nothing."""

    def __init__(
        self, network: PanopticNetwork, fingerprint: str, device: torch.device, dtype: torch.dtype, long_side: int
    ) -> None:
        self.fingerprint = fingerprint
        self.settings: dict[str, str | int | float] = {
            "long_side": long_side,
            "precision": str(dtype).removeprefix("torch."),
        }
        self._network = network
        self._device = device
        self._dtype = dtype
        self._long_side = long_side

    @classmethod
    def load(
        cls, device: str = "cpu", long_side: int = LONG_SIDE, weights: Path = WEIGHTS, precision: str = "auto"
    ) -> EmbeddedModel:
        """Read the weights and put them on a device.

        Args:
            device: A torch device, for example ``cpu`` or ``cuda:1``.
            long_side: The plates' long side at the network's input, in pixels.
            weights: A file of `worker.training`.
            precision: ``fp32``, ``bf16``, or ``auto`` for bfloat16 where the device computes fast in it.
        """
        data = weights.read_bytes()
        network = PanopticNetwork()
        tensors: dict[str, Tensor] = load(data)
        missing, unknown = network.load_state_dict(tensors, strict=False)
        # Inference does not read the normalisation's counters of batches; the file leaves them out.
        missing = [name for name in missing if not name.endswith("num_batches_tracked")]
        if missing or unknown:
            raise ValueError(f"{weights} holds another network: it lacks {missing} and has {unknown} besides")
        network.eval()
        _fold_normalisation(network)
        dtype = dtype_for(precision, device)
        network.to(device=torch.device(device), dtype=dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return cls(network, hashlib.sha256(data).hexdigest(), torch.device(device), dtype, long_side)

    def predict(self, plates: Sequence[Plate]) -> list[FramePrediction]:
        """Find the segments of each plate; see `worker.models.base.Model`. Plates may have any size."""
        return [self._predict(plate) for plate in plates]

    @torch.inference_mode()
    def _predict(self, plate: Plate) -> FramePrediction:
        if plate.ndim != 3 or plate.shape[2] != 3 or plate.dtype != np.uint8 or 0 in plate.shape:
            raise ValueError(
                f"expected a uint8 plate of shape (H, W, 3), but got {plate.dtype} of shape {plate.shape}"
            )
        # torch wants to be able to write to what it shares, and knows no negative strides.
        pixels = np.require(plate, requirements=["C", "W"])
        picture = torch.from_numpy(pixels).to(self._device).permute(2, 0, 1)
        height, width = plate.shape[:2]
        picture = resized(picture, input_size((width, height), self._long_side))
        batch = normalised(picture[None]).to(self._dtype).contiguous(memory_format=torch.channels_last)
        return decode(self._network(batch))


def _fold_normalisation(network: nn.Module) -> None:
    """Fold every batch normalisation into the convolution before it; right in eval mode only."""
    for module in network.modules():
        if not isinstance(module, nn.Sequential):
            continue
        for index in range(len(module) - 1):
            convolution, normalisation = module[index], module[index + 1]
            if isinstance(convolution, nn.Conv2d) and isinstance(normalisation, nn.BatchNorm2d):
                module[index] = fuse_conv_bn_eval(convolution, normalisation)
                module[index + 1] = nn.Identity()
