"""Configs in YAML, read as data: detectron2's own reader runs what a file asks for in its tags."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bridge.errors import ModelError

_BASE = "_BASE_"
_MOST_BASES = 10


def read_yaml(path: Path, find: Callable[[str], Path | None] = lambda name: None) -> dict[str, Any]:
    """Read a config with those it builds on (``_BASE_``: a file relative to it, or a name).

    Args:
        path: The file.
        find: Where the config of a name lies; None where there is none.

    Raises:
        ModelError: It cannot be read, is no config, or carries tags that would run code.
    """
    found = _read_one(path)
    for _ in range(_MOST_BASES):
        base = found.pop(_BASE, None)
        if base is None:
            return found
        if not isinstance(base, str):
            raise ModelError(f"{path}: {_BASE} is expected to name a file, but is {base!r}")
        beside = path.parent / base
        path = beside if beside.is_file() else find(base) or beside
        found = _merged(_read_one(path), found)
    raise ModelError(f"{path}: the configs build on each other more than {_MOST_BASES} deep")


def _read_one(path: Path) -> dict[str, Any]:
    import yaml

    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as err:
        raise ModelError(f"cannot read the config {path}: {err.strerror}") from None
    except yaml.constructor.ConstructorError as err:
        raise ModelError(
            f"{path} is refused: {err.problem} (line {err.problem_mark.line + 1 if err.problem_mark else '?'}). "
            "A tag like that runs code when detectron2 reads it; write the value out"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as err:
        raise ModelError(f"{path} is no YAML: {err}") from None
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise ModelError(f"{path} is no config of detectron2: expected names with values, as in 'MODEL: ...'")
    return found


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """The values of `base`, with those of `over` in their place."""
    out = dict(base)
    for key, value in over.items():
        before = out.get(key)
        out[key] = _merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return out
