"""The models this worker can run, by name, and the loaded ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from bridge.errors import ModelError, unknown_name
from worker.labels import LabelSet
from worker.models.base import Model, Plate
from worker.segments import FramePrediction


@dataclass(frozen=True)
class ModelEntry:
    """A model that can be loaded."""

    name: str
    summary: str
    """One line: what it is and how good."""
    licence: str
    label_set: LabelSet
    load: Callable[[torch.device], Model]


def _embedded() -> ModelEntry:
    from worker.embedded.labels import LABELS
    from worker.embedded.model import EmbeddedModel

    return ModelEntry(
        name="embedded",
        summary="small network that ships with Mattebridge; trained on drawn scenes and knows only those",
        licence=EmbeddedModel.licence,
        label_set=LABELS,
        load=lambda device: EmbeddedModel.load(str(device)),
    )


def known_models() -> dict[str, ModelEntry]:
    """Every model of this worker, by name."""
    return {entry.name: entry for entry in (_embedded(),)}


def find_model(name: str) -> ModelEntry:
    """The model of that name; UnknownNameError where there is none."""
    models = known_models()
    if name not in models:
        raise unknown_name("model", name, models)
    return models[name]


class ModelPool:
    """Loaded models, kept until the worker ends. Usable from any thread: calls to models wait for each other."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._lock = threading.Lock()
        self._loaded: dict[str, Model] = {}

    def get(self, name: str) -> Model:
        """Load a model, or hand back the one that was loaded before; ModelError where loading fails."""
        entry = find_model(name)
        with self._lock:
            if name not in self._loaded:
                try:
                    self._loaded[name] = entry.load(self.device)
                except (OSError, RuntimeError, ValueError) as err:
                    raise ModelError(f"model {name!r} could not be loaded: {err}") from err
            return self._loaded[name]

    def predict(self, model: Model, plates: Sequence[Plate]) -> list[FramePrediction]:
        """Run a model; a job and a single plate asked for meanwhile take turns, call by call."""
        with self._lock:
            return model.predict(plates)
