"""The models this worker can run, by name or path, and the loaded ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import cast

import torch

from bridge.errors import BadRequestError, ModelError, ModelNotInstalledError, unknown_name
from worker.device import cores
from worker.label_sets import known_label_set
from worker.labels import LabelSet
from worker.models.base import LoadOptions, Model, Plate, Predictor, Weights
from worker.models.catalog import CatalogEntry, catalog, find_entry, terms_for
from worker.models.folders import Found, read_folder
from worker.models.installed import cached_snapshot, find_installed, own_models, uncatalogued
from worker.models.licences import Terms
from worker.segments import FramePrediction


@dataclass(frozen=True)
class ModelEntry:
    """A model that can be loaded."""

    name: str
    summary: str
    """One line: what it is and how good."""
    licence: str
    label_set: LabelSet
    """What it knows, as far as can be told without loading it."""
    load: Callable[[torch.device, LoadOptions], Model]
    weights: Weights | None = None
    """Where its weights lie; None where they are the package's own."""

    @property
    def terms(self) -> Terms:
        """What one may do with it."""
        return terms_for(self.name, self.licence)


def _embedded() -> ModelEntry:
    from worker.embedded.labels import LABELS
    from worker.embedded.model import EmbeddedModel

    return ModelEntry(
        name="embedded",
        summary="small network that ships with Mattebridge; trained on drawn scenes and knows only those",
        licence=EmbeddedModel.licence,
        label_set=LABELS,
        load=lambda device, options: EmbeddedModel.load(str(device), precision=options.precision),
    )


def known_models() -> dict[str, ModelEntry]:
    """Every model that is installed on this worker, by name; one's own that cannot be told are left out."""
    models = [model for entry in catalog().values() if (model := _installed(entry)) is not None]
    for name, path in uncatalogued().items():
        try:
            models.append(_from_path(name, path))
        except BadRequestError:
            # Asked for by its name, it says what is wrong.
            continue
    return {model.name: model for model in models}


def _installed(entry: CatalogEntry) -> ModelEntry | None:
    """A model of the catalog; None where it is not installed, or finds no segments."""
    if entry.family == "embedded":
        return _embedded()
    path = find_installed(entry) if entry.kind == "panoptic" else None
    return None if path is None else _from_catalog(entry, path)


def find_model(name: str) -> ModelEntry:
    """The model of a name, of a hub repository, or at a path, without loading it.

    Raises:
        ModelNotInstalledError: it is in the catalog, but not on this machine; says how to get it.
        BadRequestError: what lies at the path does not say what it is.
        UnknownNameError: nothing of that name is known.
    """
    # Asked for with every plate: all others are looked at only where it is not this one.
    named = catalog().get(name)
    found = None if named is None else _installed(named)
    if found is not None:
        return found
    models = known_models()
    if name in models:
        return models[name]
    entry = find_entry(name)
    if entry is not None and entry.kind == "matting":
        raise BadRequestError(
            f"model {entry.name!r} finds no segments: where it is installed, it makes the borders of the kind "
            "'matting' (docs/borders.md). Choose another model, and that kind in a border policy"
        )
    if entry is not None:
        if entry.name in models:
            return models[entry.name]
        raise ModelNotInstalledError(_how_to_get(entry))
    own = own_models().get(name)
    path = own if own is not None else _as_path(name)
    if path is not None:
        return _from_path(name, path)
    raise unknown_name(
        "model", name, [*models, *(n for n, e in catalog().items() if n not in models and e.kind == "panoptic")]
    )


def _how_to_get(entry: CatalogEntry) -> str:
    if entry.delta_of is not None:
        return (
            f"model {entry.name!r} has no weights of its own to pull: the hub's are the difference to "
            f"{entry.delta_of}, which Meta gives to those who accept its licence. Join the two with the "
            f"publisher's tools and put the result into a folder called {entry.name} in MATTEBRIDGE_MODELS"
        )
    return (
        f"model {entry.name!r} is not installed on the worker's machine; to get it, say there: "
        f"mattebridge models pull {entry.name}"
    )


def is_path(name: str) -> bool:
    """Whether a model is asked for by its path: an absolute one, or one from the worker's folder (``./mine``)."""
    return name.startswith((".", "~")) or Path(name).is_absolute()


def _as_path(name: str) -> Path | None:
    """The path that a name may be: of a folder or file, or of a hub repository in the cache."""
    if is_path(name):
        return Path(name).expanduser()
    return cached_snapshot(name) if name.count("/") == 1 else None


def _from_catalog(entry: CatalogEntry, path: Path) -> ModelEntry:
    label_set = known_label_set(entry.label_set)
    weights = Weights(entry.name, path, entry.licence, label_set, entry.options)
    return ModelEntry(
        name=entry.name,
        summary=f"{entry.summary} ({entry.score_words}, {entry.data})" if entry.score else entry.summary,
        licence=entry.licence,
        label_set=label_set,
        load=lambda device, options: load_family(entry.family, options.given_to(weights), device),
        weights=weights,
    )


def _from_path(name: str, path: Path) -> ModelEntry:
    found: Found = read_folder(path)
    weights = Weights(name, path, found.licence, found.label_set, found.options)
    return ModelEntry(
        name=name,
        summary=found.summary,
        licence=found.licence,
        label_set=found.label_set,
        load=lambda device, options: load_family(found.family, options.given_to(weights), device),
        weights=weights,
    )


def load_family(family: str, weights: Weights, device: torch.device) -> Model:
    """Load weights with the module of their family; ModelError where its packages are not installed."""
    try:
        module = import_module(f"worker.models.{family}")
    except ImportError as err:
        raise ModelError(
            f"model {weights.name!r} needs the family {family!r}, which cannot be used here: {err}; "
            "pip install 'mattebridge[worker]'"
        ) from err
    return cast("Model", module.load(weights, device))


class ModelPool:
    """Loaded models, kept until the worker ends. Usable from any thread; `at_once` calls run side by side.

    On a CPU two calls with half of the cores each get more done than one with all: between its long steps a
    network has many short ones that only one core works on. A GPU works on one call at a time.
    """

    def __init__(self, device: torch.device, options: LoadOptions | None = None) -> None:
        self.device = device
        self._options = options or LoadOptions()
        self._lock = threading.Lock()
        self._loaded: dict[str, Model] = {}
        self.at_once = 2 if device.type == "cpu" and cores() > 1 and not self._options.compile else 1
        """How many calls to a model run side by side."""
        self._turns = threading.BoundedSemaphore(self.at_once)

    def get(self, name: str) -> Model:
        """Load a model, or hand back the one that was loaded before; ModelError where loading fails."""
        entry = find_model(name)
        with self._lock:
            if name not in self._loaded:
                try:
                    self._loaded[name] = entry.load(self.device, self._options)
                except (OSError, RuntimeError, ValueError) as err:
                    raise ModelError(f"model {name!r} could not be loaded: {err}") from err
            return self._loaded[name]

    def predict(self, model: Predictor, plates: Sequence[Plate]) -> list[FramePrediction]:
        """Run a model, or a run of one; a job and a single plate asked for meanwhile take turns, call by call."""
        with self._turns:
            return model.predict(plates)
