"""Tells from the files beside weights what they are: family, categories, licence, without loading them.

A folder of transformers has a ``config.json``, one of detectron2 a ``config.yaml``. Two more files may stand
beside: ``categories.json`` (a list of ``name``, ``isthing`` and ``color`` in the order of the class numbers), and
``mattebridge.toml``::

    family = "detectron2"               # where the files do not tell
    licence = "MIT"
    label_set = "coco-panoptic"         # the name of a known label set
    [options]                           # what the family wants to know
    config = "COCO-PanopticSegmentation/panoptic_fpn_R_101_3x"

For a checkpoint that stands alone, ``model.pth``, that file is called ``model.toml``.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from bridge.errors import BadRequestError, UnknownNameError
from worker.label_sets import known_label_set, known_names, label_set_of_names
from worker.labels import Category, LabelSet
from worker.models.installed import CHECKPOINT_ENDINGS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NOTES_FILE = "mattebridge.toml"
CATEGORIES_FILE = "categories.json"
UNKNOWN_LICENCE = "unknown"

_BY_CONFIG = {"COCO": "coco-panoptic", "Cityscapes": "cityscapes"}
"""Label sets of detectron2's configs, by what their names begin with."""


class _Notes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a ``mattebridge.toml`` holds."""

    family: Literal["transformers", "detectron2"] | None = None
    licence: str | None = None
    label_set: str | None = None
    summary: str = "a model of your own"
    options: dict[str, str | int | float] = {}


class _CategoryRow(msgspec.Struct, frozen=True):
    name: str
    isthing: bool | int
    color: tuple[int, int, int] | None = None


class _Config(msgspec.Struct, frozen=True):
    """What is read of a ``config.json``."""

    model_type: str = ""
    id2label: dict[str, str] = {}
    num_labels: int | None = None


@dataclass(frozen=True)
class Found:
    """A model as its files describe it."""

    path: Path
    family: str
    licence: str
    label_set: LabelSet
    summary: str
    options: dict[str, str | int | float]


def read_folder(path: Path) -> Found:
    """What a folder of weights, or a checkpoint, is.

    Raises:
        BadRequestError: it is not there, or does not say what it is; the message says what to add.
    """
    if not path.exists():
        raise BadRequestError(f"no model lies at {path}")
    notes = _notes(path)
    config = _config(path)
    family = notes.family or _family(path, config, notes)
    return Found(
        path=path,
        family=family,
        licence=notes.licence or licence_of_card(path) or UNKNOWN_LICENCE,
        label_set=_label_set(path, notes, config),
        summary=notes.summary,
        options=dict(notes.options),
    )


def _notes(path: Path) -> _Notes:
    file = notes_path(path)
    try:
        return msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), _Notes)
    except FileNotFoundError:
        return _Notes()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as err:
        raise BadRequestError(f"{file} cannot be used: {err}") from None


def notes_path(path: Path) -> Path:
    """The file with notes for a model folder or a checkpoint that stands alone."""
    return path / NOTES_FILE if path.is_dir() else path.with_suffix(".toml")


def _config(path: Path) -> _Config | None:
    file = path / "config.json"
    if not path.is_dir() or not file.is_file():
        return None
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Config)
    except (OSError, msgspec.MsgspecError) as err:
        raise BadRequestError(f"{file} cannot be used: {err}") from None


def _family(path: Path, config: _Config | None, notes: _Notes) -> str:
    if config is not None:
        return "transformers"
    folder_of_detectron2 = path.is_dir() and (path / "config.yaml").is_file()
    if "config" in notes.options or folder_of_detectron2:
        return "detectron2"
    if path.is_file() and path.suffix.lower() not in CHECKPOINT_ENDINGS:
        raise BadRequestError(
            f"{path} is no checkpoint; its ending must be one of {', '.join(CHECKPOINT_ENDINGS)}"
        )
    raise BadRequestError(
        f"{path} does not say what network it holds: expected a config.json (transformers) or a config.yaml "
        f"(detectron2) in a folder, or a file {notes_path(path).name} beside it that names its family and config; "
        "docs/models.md shows one"
    )


def _label_set(path: Path, notes: _Notes, config: _Config | None) -> LabelSet:
    if notes.label_set is not None:
        try:
            return known_label_set(notes.label_set)
        except UnknownNameError as err:
            raise BadRequestError(f"{notes_path(path)}: {err}") from None
    folder = path if path.is_dir() else path.parent
    if (folder / CATEGORIES_FILE).is_file():
        return read_categories(folder / CATEGORIES_FILE)
    if config is not None:
        return label_set_of_config(config.id2label, config.num_labels, path.name)
    named = str(notes.options.get("config", ""))
    for start, label_set in _BY_CONFIG.items():
        if named.startswith(start):
            return known_label_set(label_set)
    raise BadRequestError(
        f"{path} does not say what its classes are; put a {CATEGORIES_FILE} beside it, or name the label set in "
        f"{notes_path(path).name}: {', '.join(known_names())}"
    )


def label_set_of_config(id2label: dict[str, str], num_labels: int | None, name: str) -> LabelSet:
    """The label set that a transformers config tells.

    Args:
        id2label: Names by class numbers, which are text in JSON; empty where the config has none.
        num_labels: How many classes, where there are no names.
        name: What to call a set that is none of the known ones.

    Raises:
        BadRequestError: the names have gaps, or there are none and their number is that of no known set.
    """
    numbered = {int(number): label for number, label in id2label.items() if number.lstrip("-").isdigit()}
    if sorted(numbered) != list(range(len(numbered))):
        raise BadRequestError(f"the config of {name} has class numbers with gaps: {sorted(numbered)[:20]}")
    names = [numbered[number] for number in range(len(numbered))]
    if names and not all(re.fullmatch(r"LABEL_\d+", label) for label in names):
        return label_set_of_names(names, name)
    count = len(names) or num_labels
    for known in map(known_label_set, known_names()):
        if len(known.names) == count:
            return known
    raise BadRequestError(
        f"the config of {name} does not name its {count or ''} classes; put a {CATEGORIES_FILE} beside it"
    )


def read_categories(file: Path) -> LabelSet:
    """The label set of a ``categories.json``; BadRequestError where it cannot be used."""
    try:
        rows = msgspec.json.decode(file.read_bytes(), type=list[_CategoryRow])
    except (OSError, msgspec.MsgspecError) as err:
        raise BadRequestError(f"{file}: expected a list of name, isthing and color; {err}") from None
    names = [row.name for row in rows]
    if not names or len(set(names)) != len(names):
        raise BadRequestError(f"{file}: expected different names, got {', '.join(names) or 'none'}")
    looked_up = label_set_of_names(names, file.parent.name)
    categories = (
        Category(row.name, bool(row.isthing), row.color or found.color)
        for row, found in zip(rows, looked_up.categories, strict=True)
    )
    return LabelSet(file.parent.name, tuple(categories))


def licence_of_card(path: Path) -> str | None:
    """The licence in a model card's front matter (README.md), as hub repositories have it; None without one."""
    if not path.is_dir():
        return None
    try:
        text = (path / "README.md").read_text(encoding="utf-8")[:4000]
    except (OSError, UnicodeDecodeError):
        return None
    front = re.match(r"---\s*\n(.*?)\n---", text, re.DOTALL)
    found = front and re.search(r"^license:\s*[\"']?([\w.+-]+)", front.group(1), re.MULTILINE)
    return found.group(1) if found else None
