"""The folder that a trained model is used from: weights, input rule, categories, notes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from torch import nn

from bridge.files import write_whole
from worker.datasets.coco_format import DataCategory
from worker.evaluation.page import colors_of
from worker.models.transformers.architectures import Scheme
from worker.models.transformers.inputs import InputRule, read_rule
from worker.training.finetune.networks import architecture

PROCESSOR = "preprocessor_config.json"
CATEGORIES = "categories.json"
NOTES = "mattebridge.toml"
_PROCESSORS = (PROCESSOR, "processor_config.json")


@dataclass(frozen=True)
class Notes:
    """What stands beside the weights for people and for the loader."""

    summary: str
    licence: str | None
    """None where nobody said."""
    min_score: float


def write_model(
    folder: Path,
    network: nn.Module,
    categories: Sequence[DataCategory],
    size: int,
    notes: Notes,
    base: Path | None,
) -> None:
    """Write a model folder; a folder that is there is replaced, and is never seen half-written.

    Args:
        folder: The folder.
        network: The network.
        categories: Its classes in order.
        size: Side of the samples it was trained with, in pixels.
        notes: See `Notes`.
        base: The folder it was made from, whose input rule goes on to hold; None where it was made anew.
    """
    made: Any = network
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    made.save_pretrained(partial, safe_serialization=True)
    _write_processor(partial, network, size, base)
    colors = colors_of(categories)
    rows = [{"name": c.name, "isthing": int(c.isthing), "color": list(colors[str(c.id)])} for c in categories]
    write_whole(partial / CATEGORIES, json.dumps(rows, indent=1).encode())
    lines = ['family = "transformers"', f"summary = {json.dumps(notes.summary)}"]
    if notes.licence is not None:
        lines.append(f"licence = {json.dumps(notes.licence)}")
    lines += ["[options]", f"min_score = {notes.min_score}"]
    write_whole(partial / NOTES, ("\n".join(lines) + "\n").encode())
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    partial.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def rule_for(network: nn.Module, size: int, base: Path | None) -> InputRule:
    """How pictures become inputs, as it will be told in the model's folder; arguments as for `write_model`."""
    made: Any = network
    with TemporaryDirectory() as name:
        _write_processor(Path(name), network, size, base)
        return read_rule(Path(name), made.config.to_dict(), architecture(network))


def _write_processor(folder: Path, network: nn.Module, size: int, base: Path | None) -> None:
    copied = [name for name in _PROCESSORS if base is not None and (base / name).is_file()]
    for name in copied:
        assert base is not None
        shutil.copyfile(base / name, folder / name)
    if not copied:
        write_whole(folder / PROCESSOR, json.dumps(_processor(network, size), indent=1).encode())


def _processor(network: nn.Module, size: int) -> dict[str, Any]:
    """How plates become inputs, in the words of the library's processors."""
    sizes = {"shortest_edge": size, "longest_edge": size}
    if architecture(network).scheme is not Scheme.FREE:
        return {"do_pad": True, "size": sizes, "resample": 2}
    return {"size": sizes, "size_divisor": 32, "resample": 2}
