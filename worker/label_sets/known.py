"""The label sets that ship as data: one JSON file each, with names, things and stuff, and colours."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

import msgspec

from bridge.errors import unknown_name
from worker.labels import Category, LabelSet

_FOLDER = Path(__file__).parent


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a file of a label set holds."""

    name: str
    about: str
    """Where the list comes from."""
    categories: tuple[tuple[str, Literal["thing", "stuff"], str], ...]
    """Name, kind and colour (``#rrggbb``), in the order of the models' class numbers."""


@lru_cache(maxsize=1)
def known_names() -> tuple[str, ...]:
    """The names of the label sets that ship, with COCO's first."""
    return tuple(sorted((path.stem for path in _FOLDER.glob("*.json")), key=lambda n: (n != "coco-panoptic", n)))


def is_known(name: str) -> bool:
    """Whether a label set of that name ships."""
    return name in known_names()


@cache
def known_label_set(name: str) -> LabelSet:
    """A label set by its name, for example ``coco-panoptic``; its order is that of the models' class numbers.

    Raises:
        UnknownNameError: none of that name ships.
    """
    if not is_known(name):
        raise unknown_name("label set", name, known_names())
    file = msgspec.json.decode((_FOLDER / f"{name}.json").read_bytes(), type=_File)
    return LabelSet(file.name, tuple(_category(*row) for row in file.categories))


def _category(name: str, kind: str, color: str) -> Category:
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return Category(name, kind == "thing", (red, green, blue))
