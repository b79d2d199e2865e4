"""A checkpoint's weights into a network of detectron2, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from bridge.errors import ModelError
from worker.models.checkpoints import CheckpointFormat, checkpoint_format, read_checkpoint, read_state
from worker.models.detectron2.library import require

_NOT_NEEDED = ("pixel_mean", "pixel_std", "num_batches_tracked")
"""Endings of names that a network has from its config, or does not read."""
_LEFT_OVER = ("anchor_generator.cell_anchors", "_momentum", "num_batches_tracked", "pixel_mean", "pixel_std")
"""Parts of names that old checkpoints have and networks no longer do."""


@dataclass(frozen=True)
class NamedWeights:
    """The tensors of a checkpoint, and how their names are meant."""

    tensors: dict[str, Tensor]
    by_ending: bool
    """The names are endings of the network's own, as those of a backbone alone are."""
    caffe2: bool
    """The names are Caffe2's and must be translated first."""


@dataclass(frozen=True)
class Fit:
    """What did not fit."""

    missing: tuple[str, ...]
    """Weights of the network that the checkpoint lacks."""
    unexpected: tuple[str, ...]
    """Weights of the checkpoint that the network lacks."""
    other_shape: tuple[str, ...]
    """Weights that both have, in different shapes; in words."""


def read_weights(path: Path) -> NamedWeights:
    """Read a checkpoint of detectron2, of its zoo, of Caffe2 or of pycls; nothing in it is run.

    Raises:
        ModelError: (or UnsafeCheckpointError) it cannot be read, or carries code.
    """
    state = read_state(path)
    by_ending = caffe2 = False
    if isinstance(state, Mapping):
        by_ending = bool(state.get("matching_heuristics")) or "model_state" in state
        caffe2 = state.get("__author__") == "Caffe2"
        if "model" not in state and "model_state" not in state:
            # Pickles without the zoo's own wrapping are Caffe2's, as detectron2 itself takes it.
            caffe2 = checkpoint_format(path) is CheckpointFormat.PICKLE
            by_ending = caffe2
    return NamedWeights(_tensors(path, state), by_ending, caffe2)


def _tensors(path: Path, state: object) -> dict[str, Tensor]:
    inner = state.get("model_state") if isinstance(state, Mapping) else None
    if isinstance(inner, Mapping):
        return {str(name): value for name, value in inner.items() if isinstance(value, Tensor)}
    return read_checkpoint(path)


def fit_weights(network: nn.Module, weights: NamedWeights) -> Fit:
    """Put weights into a network wherever names and shapes agree; says where they do not."""
    tensors = {name: value for name, value in weights.tensors.items() if not name.endswith("_momentum")}
    own = network.state_dict()
    if weights.by_ending:
        align = require("detectron2.checkpoint.c2_model_loading").align_and_update_state_dicts
        try:
            tensors = align(own, tensors, c2_conversion=weights.caffe2)
        except (ValueError, AssertionError, IndexError, KeyError) as err:
            raise ModelError(f"the names in the checkpoint cannot be matched with the network's: {err}") from None
    fitting = {name: value for name, value in tensors.items() if name in own and value.shape == own[name].shape}
    network.load_state_dict(fitting, strict=False)
    other = tuple(
        f"{name} is {tuple(tensors[name].shape)}, the network's {tuple(own[name].shape)}"
        for name in tensors
        if name in own and name not in fitting
    )
    missing = tuple(name for name in own if name not in tensors and not name.endswith(_NOT_NEEDED))
    unexpected = tuple(
        name for name in tensors if name not in own and not any(part in name for part in _LEFT_OVER)
    )
    return Fit(missing, unexpected, other)


def load_weights(network: nn.Module, path: Path) -> None:
    """Put a whole checkpoint into a network.

    Raises:
        ModelError: Anything is missing, left over or of another shape, or the file cannot be read.
    """
    fit = fit_weights(network, read_weights(path))
    if not (fit.missing or fit.unexpected or fit.other_shape):
        return
    wrong = [
        f"{what}: {_some(names)}"
        for what, names in (
            ("it lacks", fit.missing),
            ("it has besides", fit.unexpected),
            ("of another shape", fit.other_shape),
        )
        if names
    ]
    raise ModelError(f"{path} holds another network than its config says; {'; '.join(wrong)}. Name its own config")


def _some(names: tuple[str, ...], shown: int = 3) -> str:
    rest = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + rest
