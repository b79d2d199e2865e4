"""The model that training starts from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from bridge.errors import ModelError
from worker.models.folders import UNKNOWN_LICENCE
from worker.models.registry import find_model
from worker.models.transformers.architectures import architecture_of
from worker.models.transformers.files import read_config, weight_files
from worker.models.transformers.loading import read_network


@dataclass(frozen=True)
class Base:
    """A trained model."""

    folder: Path
    network: nn.Module
    """On the CPU, in 32 bits."""
    names: tuple[str, ...]
    """Its classes in order."""
    licence: str | None
    """None where its files do not say."""


def read_base(text: str) -> Base:
    """A model by its name or folder.

    Raises:
        UnknownNameError: There is no such model.
        ModelNotInstalledError: It is known, but not on this machine.
        ModelError: It is none of the transformers library, or its folder is incomplete.
    """
    folder = Path(text)
    entry = find_model(str(folder.resolve()) if folder.is_dir() else text)
    if entry.weights is None:
        raise ModelError(f"{text} is trained by another command; expected a model of the transformers library")
    path = entry.weights.path
    config = read_config(path)
    architecture = architecture_of(config.get("architectures") or [], str(config.get("model_type", "")), str(path))
    network = read_network(path, architecture, weight_files(path))
    licence = None if entry.licence == UNKNOWN_LICENCE else entry.licence
    return Base(path, network, entry.label_set.names, licence)
