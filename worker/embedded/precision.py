"""Which arithmetic a device does fast."""

from __future__ import annotations

import torch

from bridge.errors import BadRequestError

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


def dtype_for(wish: str, device: str = "cpu") -> torch.dtype:
    """The arithmetic for a wish: ``fp32``, ``bf16``, or ``auto`` for the fastest of this device.

    Raises:
        BadRequestError: another wish.
    """
    if wish == "auto":
        return torch.bfloat16 if bf16_is_fast(device) else torch.float32
    if wish not in PRECISIONS:
        raise BadRequestError(f"unknown precision {wish!r}; expected auto, {' or '.join(PRECISIONS)}")
    return PRECISIONS[wish]


def bf16_is_fast(device: str = "cpu") -> bool:
    """Whether the device has bfloat16 arithmetic: AVX512_BF16 or AMX on a CPU, compute capability 8 on CUDA."""
    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
