"""The device models and mattes are computed on."""

from __future__ import annotations

import os

import torch

from bridge.errors import unknown_name


def choose_device(wish: str = "auto") -> torch.device:
    """The device for a wish: ``auto`` (CUDA where there is one, else the CPU), ``cpu``, ``cuda`` or ``cuda:1``.

    Raises:
        UnknownNameError: no such device on this machine.
    """
    known = ["auto", "cpu"]
    if torch.cuda.is_available():
        known += ["cuda", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
    if wish not in known:
        raise unknown_name("device", wish, known)
    if wish == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(wish)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def share_cores(device: torch.device) -> None:
    """Let torch have half of the cores where models run on the CPU.

    Decoding, mattes and encoding need the others, and a convolution that is split over cores waits for the
    slowest: with all of them a stage that holds one back holds back the model, too.
    """
    if device.type == "cpu":
        torch.set_num_threads(max(1, cores() // 2))


def device_words(device: torch.device) -> str:
    """The device for people: ``cpu (2 cores)`` or ``cuda:0 (NVIDIA ..., 24 GB)``."""
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        return f"{device} ({properties.name}, {properties.total_memory / 2**30:.0f} GB)"
    return f"{device} ({cores()} cores)"
