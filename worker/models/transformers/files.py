"""Reads the JSON files of a transformers folder, and tells equal weights by their digest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from bridge.errors import ModelError

CONFIG_FILE = "config.json"
_INDEX_FILES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")
_WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")
_NOT_THE_MODEL = {"transformers_version", "_name_or_path", "dtype", "torch_dtype", "id2label", "label2id"}
"""Entries of a config.json that leave the network's outputs as they are."""


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object; empty where there is no file, ModelError where it is something else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as err:
        raise ModelError(f"{path} cannot be read: {err}") from None
    if not isinstance(value, dict):
        raise ModelError(f"{path}: expected a JSON object, but found {type(value).__name__}")
    return value


def read_config(folder: Path) -> dict[str, Any]:
    """The folder's config.json; ModelError where there is none."""
    if not (folder / CONFIG_FILE).is_file():
        raise ModelError(f"{folder} holds no {CONFIG_FILE}; a transformers model is a folder with one")
    return read_json(folder / CONFIG_FILE)


def weight_files(folder: Path) -> list[Path]:
    """The files with the weights: safetensors where there are any, else torch's; ModelError where none are."""
    for whole, index in zip(_WEIGHT_FILES, _INDEX_FILES, strict=True):
        if (folder / whole).is_file():
            return [folder / whole]
        if (folder / index).is_file():
            names = sorted(set(read_json(folder / index).get("weight_map", {}).values()))
            missing = [name for name in names if Path(name).name != name or not (folder / name).is_file()]
            if missing or not names:
                raise ModelError(f"{folder / index} names weights that are not there: {', '.join(missing)}")
            return [folder / name for name in names]
    raise ModelError(f"{folder} holds no weights; expected {_WEIGHT_FILES[0]}")


def fingerprint(files: list[Path], config: Mapping[str, Any]) -> str:
    """Digest of weights and of what else decides the network's outputs. Hex; the same for every copy."""
    kept = {key: value for key, value in config.items() if key not in _NOT_THE_MODEL}
    parts = [*(_digest(path) for path in files), json.dumps(kept, sort_keys=True)]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def _digest(path: Path) -> str:
    # The hub's cache calls a large file by its sha256.
    stored = path.resolve().name
    if re.fullmatch(r"[0-9a-f]{64}", stored):
        return stored
    status = path.stat()
    return _sha256(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=64)
def _sha256(path: Path, size_bytes: int, mtime_ns: int) -> str:
    """The digest of a file; size and time make it read again when it has changed."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else _slow(path)


def _slow(path: Path) -> str:
    # Python 3.10 has no file_digest.
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 22):
            digest.update(block)
    return digest.hexdigest()
