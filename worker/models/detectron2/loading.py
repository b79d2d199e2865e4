"""Loads a model of detectron2: weights, config and categories, and a network that they fit."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import torch

from bridge.errors import ModelError
from worker.embedded.precision import dtype_for
from worker.labels import LabelSet
from worker.models.base import Weights
from worker.models.detectron2 import configs
from worker.models.detectron2.library import require
from worker.models.detectron2.model import Detectron2Model, Preparation
from worker.models.detectron2.running import BOX_STRIDE, MAP_STRIDE, runner
from worker.models.detectron2.segmenting import Settings
from worker.models.detectron2.weights import load_weights
from worker.models.folders import CATEGORIES_FILE, read_categories

CONFIG_FILE = "config.yaml"
LAST_FILE = "last_checkpoint"
CHECKPOINTS = ("model_final.safetensors", "model_final.pth", "model_final.pkl")
_ENDINGS = (".safetensors", ".pth", ".pt", ".pkl", ".pyth")


@dataclass(frozen=True)
class Parts:
    """What a model consists of on disk."""

    checkpoint: Path
    config: str
    """A name that comes with detectron2, or a path."""
    folder: Path
    """Where relative paths begin, and where the categories may lie."""


def load(weights: Weights, device: torch.device) -> Detectron2Model:
    """Load a model.

    `Weights.path` is a checkpoint, or a folder with one, a ``config.yaml`` and, for own categories, a
    ``categories.json`` (a list of ``name``, ``isthing`` and ``color`` in the order of the class numbers), as
    `mattebridge train detectron2` leaves it. Of `Weights.options` it takes:

    - ``config``: a name that comes with detectron2, or a YAML file; needed for a checkpoint alone.
    - ``package``: the installed package that registers the architecture, where it is none of detectron2's.
    - ``min_score``: instances below are left out; the default is the config's own.
    - ``precision``: ``bf16`` for mixed precision; ``auto`` is full precision, in which these networks were tried.

    Raises:
        ModelError: detectron2 is not installed, or something of the model is missing, refused or does not fit.
        UnknownNameError: No config of that name.
    """
    require()
    configs.quiet()
    parts = find_parts(weights)
    package = weights.options.get("package")
    config = configs.full_config(
        configs.read_config(parts.config, parts.folder), None if package is None else str(package)
    )
    labels = weights.label_set or own_labels(parts.folder) or configs.label_set_of(config)
    settings = settings_of(config, weights.options.get("min_score"))
    wish = str(weights.options.get("precision", "auto"))
    dtype = dtype_for("fp32" if wish == "auto" else wish, str(device))
    configs.for_inference(config, str(device), settings.min_score)
    check_labels(config, labels)
    network = build_network(config)
    check_device(network, device, weights.name)
    load_weights(network, parts.checkpoint)
    network.eval()
    preparation = Preparation(
        config.INPUT.MIN_SIZE_TEST, config.INPUT.MAX_SIZE_TEST, config.INPUT.FORMAT == "BGR", device
    )
    return Detectron2Model(
        name=weights.name,
        label_set=labels,
        licence=weights.licence,
        fingerprint=_fingerprint(parts.checkpoint, config),
        settings={
            "short_side": preparation.short_px,
            "long_side": preparation.long_px,
            "box_stride": BOX_STRIDE,
            "map_stride": MAP_STRIDE,
            "min_score": settings.min_score,
            "min_stuff": settings.min_stuff_px,
            "precision": str(dtype).removeprefix("torch."),
        },
        run=runner(network, config, labels, settings, dtype),
        preparation=preparation,
    )


def find_parts(weights: Weights) -> Parts:
    """Find checkpoint and config; ModelError where one is missing or there are several."""
    path = weights.path
    config = weights.options.get("config")
    if not path.exists():
        raise ModelError(f"the weights of {weights.name!r} are not at {path}")
    if path.is_file():
        if config is None:
            raise ModelError(
                f"{path} does not say what network it holds; name its config (option 'config'), for example "
                "COCO-PanopticSegmentation/panoptic_fpn_R_101_3x"
            )
        return Parts(path, str(config), path.parent)
    if config is None and not (path / CONFIG_FILE).is_file():
        raise ModelError(f"{path} has no {CONFIG_FILE}, and no config was named (option 'config')")
    return Parts(_checkpoint_in(path), CONFIG_FILE if config is None else str(config), path)


def _checkpoint_in(folder: Path) -> Path:
    for name in CHECKPOINTS:
        if (folder / name).is_file():
            return folder / name
    last = folder / LAST_FILE
    if last.is_file():
        # A run of training that has not come to its end. Only a name counts, not a way to somewhere else.
        named = folder / Path(last.read_text(encoding="utf-8", errors="replace").strip()).name
        if named.is_file() and named.suffix in _ENDINGS:
            return named
    found = sorted(path for path in folder.iterdir() if path.suffix in _ENDINGS and path.is_file())
    if len(found) == 1:
        return found[0]
    names = ", ".join(path.name for path in found) or "none"
    raise ModelError(f"{folder}: expected {CHECKPOINTS[1]} or a single checkpoint, but found {names}")


def own_labels(folder: Path) -> LabelSet | None:
    """The categories that stand beside weights, or None; BadRequestError where the file is damaged."""
    path = folder / CATEGORIES_FILE
    return read_categories(path) if path.is_file() else None


def write_categories(folder: Path, labels: LabelSet) -> None:
    """Write what `own_labels` reads."""
    entries = [{"name": c.name, "isthing": c.is_thing, "color": c.color} for c in labels.categories]
    (folder / CATEGORIES_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(entries), indent=1) + b"\n")


def check_labels(config: Any, labels: LabelSet) -> None:
    """Raise ModelError where the network has another number of classes than the label set."""
    things = sum(c.is_thing for c in labels.categories)
    every = len(labels.categories)
    model = config.MODEL
    if model.META_ARCHITECTURE in ("PanopticFPN", "GeneralizedRCNN"):
        _expect(labels, "things", things, model.ROI_HEADS.NUM_CLASSES)
    if model.META_ARCHITECTURE == "PanopticFPN":
        _expect(
            labels,
            "stuff categories, and one more for all things",
            every - things + 1,
            model.SEM_SEG_HEAD.NUM_CLASSES,
        )
    if model.META_ARCHITECTURE == "PanopticDeepLab":
        _expect(labels, "categories", every, model.SEM_SEG_HEAD.NUM_CLASSES)


def _expect(labels: LabelSet, what: str, known: int, needed: int) -> None:
    if known != needed:
        raise ModelError(f"the network is for {needed} {what}, but the label set {labels.name!r} has {known}")


def check_device(network: torch.nn.Module, device: torch.device, name: str) -> None:
    """Raise ModelError where detectron2 cannot compute a network on a device."""
    layers = require("detectron2.layers")
    deformable = (layers.DeformConv, layers.ModulatedDeformConv)
    if device.type != "cuda" and any(isinstance(module, deformable) for module in network.modules()):
        raise ModelError(
            f"model {name!r} has deformable convolutions, which detectron2 computes on CUDA alone; this worker "
            f"runs on {device}. Start it with --device cuda, or choose a model without them"
        )


def build_network(config: Any) -> torch.nn.Module:
    """The network of a config, with random weights; ModelError where the config cannot be built."""
    try:
        network: torch.nn.Module = require("detectron2.modeling").build_model(config)
    except (AssertionError, KeyError, AttributeError, TypeError, ValueError) as err:
        raise ModelError(
            f"detectron2 cannot build the network of this config: {type(err).__name__}: {err}"
        ) from err
    return network


def settings_of(config: Any, min_score: str | int | float | None) -> Settings:
    """What of a network's output becomes segments, by its config or by a wish; ModelError outside [0, 1]."""
    model = config.MODEL
    if model.META_ARCHITECTURE == "PanopticDeepLab":
        # It has no threshold of its own: what has a centre is a thing.
        least, stuff = 0.0, float(model.PANOPTIC_DEEPLAB.STUFF_AREA)
    elif "INFERENCE" in model and "COMBINE" in model.INFERENCE:
        own = model.INFERENCE.COMBINE
        least, stuff = float(own.INST_THRESH), float(own.STUFF_AREA_LIMIT)
    else:
        combine = model.PANOPTIC_FPN.COMBINE
        least, stuff = float(combine.INSTANCES_CONFIDENCE_THRESH), float(combine.STUFF_AREA_LIMIT)
    if min_score is not None:
        try:
            least = float(min_score)
        except ValueError:
            raise ModelError(f"expected min_score in [0, 1], but got {min_score!r}") from None
        if not 0 <= least <= 1:
            raise ModelError(f"expected min_score in [0, 1], but got {min_score}")
    return Settings(least, stuff)


def _fingerprint(checkpoint: Path, config: Any) -> str:
    """Of the weights and of the config, which decides as well what a network predicts."""
    digest = hashlib.sha256()
    with checkpoint.open("rb") as file:
        while block := file.read(1 << 22):
            digest.update(block)
    values = {key: config[key] for key in ("MODEL", "INPUT")}
    values["MODEL"] = {key: value for key, value in config.MODEL.items() if key != "DEVICE"}
    digest.update(json.dumps(values, sort_keys=True, default=str).encode())
    return digest.hexdigest()
