"""The state of a training run on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn

from bridge.errors import ModelError
from worker.models.checkpoints import read_state

State = dict[str, Any]


def save_state(path: Path, state: State) -> None:
    """Write a state (tensors and plain Python values) to a temporary name, then rename it."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def load_state(path: Path) -> State:
    """Read a state; nothing but tensors and plain values is accepted.

    Raises:
        ModelError: the file cannot be read, or is none that `save_state` wrote.
    """
    state = read_state(path)
    if not isinstance(state, dict):
        raise ModelError(f"{path} is no state of a training run: expected a table, found {type(state).__name__}")
    return state


def export_weights(network: nn.Module, path: Path) -> None:
    """Write a network's weights in half precision, as safetensors."""
    tensors = {
        name: value.half().contiguous() if value.is_floating_point() else value.contiguous()
        for name, value in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    partial = path.with_suffix(".partial")
    save_file(tensors, partial)
    partial.replace(path)


class Average:
    """An exponential moving average of a network's weights and statistics."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.values = {name: value.detach().clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Move towards the network; `step` counts from 0 and keeps early weights from lingering."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                self.values[name].lerp_(value, 1 - decay)
            else:
                self.values[name].copy_(value)
