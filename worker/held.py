"""How much memory the inference process holds: its own, and the device's."""

from __future__ import annotations

import contextlib

import msgspec
import psutil
import torch

from worker.engine_link import Held


def held(device: torch.device) -> Held:
    """What this process, those that write for it, and the device hold now, in bytes."""
    process = psutil.Process()
    writers = 0
    for child in process.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            writers += child.memory_info().rss
    return of_device(device, Held(0, process.memory_info().rss, writers))


def of_device(device: torch.device, process: Held) -> Held:
    """Add the device's part, which is empty for a CPU, and for a device that was not used yet or has failed."""
    with contextlib.suppress(RuntimeError):
        if device.type == "cuda" and torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            free, total = torch.cuda.mem_get_info(device)
            allocated, reserved = torch.cuda.memory_allocated(device), torch.cuda.memory_reserved(device)
            return _with(process, device, (allocated, reserved, free, total))
        if device.type == "mps":
            # Metal says how much it should be given at most, not how much of that others have.
            allocated, reserved = torch.mps.current_allocated_memory(), torch.mps.driver_allocated_memory()
            return _with(process, device, (allocated, reserved, None, torch.mps.recommended_max_memory()))
    return process


def _with(process: Held, device: torch.device, counts: tuple[int, int, int | None, int]) -> Held:
    allocated, reserved, free, total = counts
    return msgspec.structs.replace(
        process,
        device=str(device),
        allocated_bytes=allocated,
        reserved_bytes=reserved,
        free_bytes=free,
        total_bytes=total,
    )
