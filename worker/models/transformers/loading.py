"""Loads a transformers folder: its network, its input rule, its categories."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from bridge.errors import ModelError
from worker.embedded.precision import dtype_for
from worker.models.base import Weights
from worker.models.checkpoints import read_checkpoint
from worker.models.folders import read_folder
from worker.models.transformers.architectures import Architecture, Kind, architecture_of
from worker.models.transformers.files import fingerprint, read_config, weight_files
from worker.models.transformers.inputs import read_rule
from worker.models.transformers.model import Identity, QueryModel, Raw
from worker.models.transformers.speed import compiled
from worker.models.transformers.task import task_tokens
from worker.models.transformers.video import VideoNetwork, VideoQueryModel

_CUDA_BATCH = 4


def load(weights: Weights, device: torch.device) -> QueryModel:
    """Load a model from a folder; nothing is fetched from anywhere.

    Args:
        weights: ``path`` is a folder as the library's ``save_pretrained`` writes it. Options: ``min_score``,
            ``precision`` and ``compile`` as in `worker.models.base.LoadOptions`.
        device: Where it is to run.

    Raises:
        ModelError: the folder is incomplete, or holds an architecture that is not supported.
    """
    folder, options = weights.path, weights.options
    config = read_config(folder)
    architecture = architecture_of(
        config.get("architectures") or [], str(config.get("model_type", "")), str(folder)
    )
    files = weight_files(folder)
    label_set = weights.label_set or read_folder(folder).label_set
    rule = read_rule(folder, config, architecture)
    min_score = float(options.get("min_score", architecture.min_score))
    dtype = dtype_for(str(options.get("precision", "auto")), str(device))
    faster = compiled if options.get("compile") else None
    network = read_network(folder, architecture, files)
    _check_classes(config, label_set.names, folder)
    network = network.to(device, dtype if architecture.half_weights else torch.float32).eval()
    settings: dict[str, str | int | float] = {
        "input": rule.words(),
        "min_score": min_score,
        "precision": str(dtype).removeprefix("torch."),
    }
    if faster is not None:
        settings["compiled"] = 1
    rest: dict[str, Any] = {
        "identity": Identity(weights.name, weights.licence, label_set, fingerprint(files, config), settings),
        "network": network,
        "rule": rule,
        "min_score": min_score,
        "device": device,
        "batch_size": _CUDA_BATCH if device.type == "cuda" else 1,
        "fixed_batch": faster is not None,
    }
    if architecture.kind is Kind.VIDEOMT:
        return VideoQueryModel(VideoNetwork(network, dtype, faster), **rest)
    extras = _extras(architecture, folder, config, device)
    return QueryModel(run=_runner(network, dtype, architecture, extras, faster), **rest)


def read_network(folder: Path, architecture: Architecture, files: list[Path]) -> nn.Module:
    """The library's network with its weights, in 32 bits; ModelError where a folder does not hold all of it."""
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    network_class: Any = getattr(transformers, architecture.name)
    safe = files[0].suffix == ".safetensors"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if safe:
                found = network_class.from_pretrained(
                    folder,
                    local_files_only=True,
                    use_safetensors=True,
                    output_loading_info=True,
                    dtype=torch.float32,
                )
            else:
                config = network_class.config_class.from_pretrained(folder, local_files_only=True)
                state = {name: tensor for file in files for name, tensor in read_checkpoint(file).items()}
                found = network_class.from_pretrained(
                    None, config=config, state_dict=state, output_loading_info=True, dtype=torch.float32
                )
    except (OSError, ValueError, RuntimeError, ImportError) as err:
        raise ModelError(f"{folder} cannot be loaded: {err}") from err
    network, told = found
    missing = sorted(told["missing_keys"])
    if missing:
        raise ModelError(f"{folder} holds not all weights of its network; it lacks {', '.join(missing[:5])}")
    checked: nn.Module = network
    return checked


def _check_classes(config: Mapping[str, Any], names: tuple[str, ...], folder: Path) -> None:
    count = len(config.get("id2label") or ()) or config.get("num_labels")
    if count is not None and count != len(names):
        raise ModelError(
            f"{folder}: the network was made for {count} categories, but the label set has {len(names)}"
        )


def _extras(
    architecture: Architecture, folder: Path, config: Mapping[str, Any], device: torch.device
) -> dict[str, Tensor]:
    """What the network is given beside pixels, for one plate."""
    if architecture.kind is Kind.ONEFORMER:
        return {"task_inputs": task_tokens(folder, config).to(device)}
    return {}


def _runner(
    network: nn.Module,
    dtype: torch.dtype,
    architecture: Architecture,
    extras: Mapping[str, Tensor],
    faster: Callable[[Callable[..., Any]], Callable[..., Any]] | None,
) -> Callable[[Tensor], Raw]:
    """A function that calls the network in the right precision."""
    mixed = dtype is not torch.float32 and not architecture.half_weights
    call = network if faster is None else faster(network)

    def run(pixels: Tensor) -> Raw:
        more = {name: value.expand(len(pixels), -1) for name, value in extras.items()}
        with torch.autocast(pixels.device.type, dtype, enabled=mixed):
            found = call(pixels if mixed else pixels.to(dtype), **more)
        return Raw(found.class_queries_logits, found.masks_queries_logits)

    return run
