"""Layer and file names that Nuke, Resolve and Fusion accept unchanged.

Nuke splits an EXR channel name at its dots, strips leading digits of each piece and turns every other
character into ``_``, so that two names can become one; it keeps some layer names for itself. Names made here
match ``[a-z][a-z0-9_]*`` and pass through all of that as they are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Optional

from bridge.errors import LayerNameError

_LAYER = re.compile(r"[a-z][a-z0-9_]*")

MAX_LAYER_LENGTH = 31
"""Older EXR readers cut names beyond 31 bytes."""

RESERVED_LAYERS = frozenset(
    {
        "rgb", "rgba", "alpha", "depth", "mask", "motion", "forward", "backward", "deep", "disparity",
        "disparityl", "disparityr", "rotopaint_mask", "mask_planartrack", "mask_splinewarp", "other", "main",
        "none", "all", "unnamed", "ci", "r", "g", "b", "a", "y", "z",
        "red", "green", "blue", "left", "right",
    }
)  # fmt: skip
"""Layer names that Nuke or Fusion give a meaning of their own, and the usual view names."""

_COCO_SUFFIXES = ("-other-merged", "-merged", "-other", "-stuff")


def short_category(category: str) -> str:
    """The category as artists say it: ``sky-other-merged`` is ``sky``, ``dining table`` stays."""
    for suffix in _COCO_SUFFIXES:
        if category.endswith(suffix):
            return category[: -len(suffix)]
    return category


def slug(text: str) -> str:
    """Fold any text to ``[a-z][a-z0-9_]*``; what cannot be folded becomes ``_``, and nothing becomes ``x``."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    folded = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    if not folded:
        return "x"
    return folded if folded[0].isalpha() else f"x_{folded}"


def layer_name(category: str, track: Optional[int] = None) -> str:
    """The layer of a category, or of one track of it.

    Reserved names get a trailing ``_matte``, so that a category called ``mask`` becomes ``mask_matte``.
    """
    name = slug(short_category(category))
    ending = "" if track is None else f"_{track}"
    if name + ending in RESERVED_LAYERS:
        name += "_matte"
    return name[: MAX_LAYER_LENGTH - len(ending)].rstrip("_") + ending


def check_layers(names: Iterable[str]) -> tuple[str, ...]:
    """Hand the names back if every host takes them as they are.

    Raises:
        LayerNameError: a name breaks the rules, is reserved, or stands twice.
    """
    seen: set[str] = set()
    for name in names:
        if not _LAYER.fullmatch(name):
            raise LayerNameError(
                f"layer name {name!r} must be a lower-case letter followed by lower-case letters, digits or "
                f"underscores; {slug(name)!r} would do"
            )
        if len(name) > MAX_LAYER_LENGTH:
            raise LayerNameError(f"layer name {name!r} is longer than {MAX_LAYER_LENGTH} characters")
        if name in RESERVED_LAYERS:
            raise LayerNameError(f"layer name {name!r} is reserved by Nuke; {name + '_matte'!r} would do")
        if name in seen:
            raise LayerNameError(f"two layers are called {name!r}")
        seen.add(name)
    return tuple(names)


def clip_name(source: str) -> str:
    """The name that files of a source begin with: its file name without folder, frame token and extension.

    ``/shots/sh010/plate.####.exr`` gives ``plate``, ``/shots/Take 3.mov`` gives ``Take_3``. Case is kept,
    since hosts keep it; everything but letters, digits, ``_`` and ``-`` becomes ``_``.
    """
    base = source.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    stem = base.rsplit(".", 1)[0] if "." in base.strip(".") else base
    stem = re.sub(r"(?:[._-]?)(?:#+|@+|%0?\d*d|\$F\d*)$", "", stem)
    stem = re.sub(r"[^0-9A-Za-z_-]+", "_", stem).strip("_-")
    return stem or "clip"
