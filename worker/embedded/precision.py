"""Which arithmetic a device does fast."""

from __future__ import annotations

import torch


def bf16_is_fast(device: str = "cpu") -> bool:
    """Whether the device has bfloat16 arithmetic: AVX512_BF16 or AMX on a CPU, compute capability 8 on CUDA."""
    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
