"""Layer and file names that Nuke, Resolve and Fusion accept unchanged.

Nuke splits an EXR channel name at its dots, strips leading digits of each piece and turns every other
character into ``_``, so that two names can become one; it keeps some layer names for itself. Names made here
match ``[a-z][a-z0-9_]*`` and pass through all of that as they are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Optional

from bridge.errors import LayerNameError

_LAYER = re.compile(r"[a-z][a-z0-9_]*")

MAX_LAYER_LENGTH = 29
"""With a dot and a channel letter behind it this is 31 bytes, beyond which older EXR readers cut names."""

RESERVED_LAYERS = frozenset(
    {
        "rgb", "rgba", "alpha", "depth", "mask", "motion", "forward", "backward", "deep", "disparity",
        "disparityl", "disparityr", "rotopaint_mask", "mask_planartrack", "mask_splinewarp", "other", "main",
        "none", "all", "unnamed", "ci", "r", "g", "b", "a", "y", "z",
        "red", "green", "blue", "left", "right",
    }
)  # fmt: skip
"""Layer names that Nuke or Fusion give a meaning of their own, and the usual view names."""

_FRAME_TOKEN = re.compile(
    r"""
    [._-]?                                          # what joins the token to the name
    (?:
        (?:
            -?\d+--?\d+(?:[xy:]\d+)?                 # a frame range before the padding: 1-100x2
            (?:,-?\d+(?:--?\d+(?:[xy:]\d+)?)?)*      # and more of them, or single frames: ,150
        )?
        (?:\#+|@+)                                  # padding: #### or @@@@
      | %0?\d*d                                     # printf: %04d
      | \$F\d*                                      # Houdini: $F4
    )
    $
    """,
    re.VERBOSE,
)

_COCO_SUFFIXES = ("-other-merged", "-merged", "-other", "-stuff")


def short_category(category: str) -> str:
    """The category as artists say it: ``sky-other-merged`` is ``sky``, ``painting, picture`` is ``painting``.

    COCO's endings are left out, and of the synonyms that ADE20K lists the first is taken.
    """
    category = category.split(",")[0].strip() or category
    for suffix in _COCO_SUFFIXES:
        if category.endswith(suffix):
            return category[: -len(suffix)]
    return category


@lru_cache(maxsize=4096)
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
    checked = tuple(names)
    seen: set[str] = set()
    for name in checked:
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
    return checked


def clip_name(source: str) -> str:
    """The name that files of a source begin with: its file name without folder, frame token and extension.

    ``/shots/sh010/plate.####.exr`` gives ``plate``, ``/shots/Take 3.mov`` gives ``Take_3``. Case and letters of
    any script are kept, since hosts keep them; everything but letters, digits, ``_`` and ``-`` becomes ``_``.
    """
    # No file's name is longer, and the pattern takes the square of the length where it does not match.
    base = source.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1][-255:]
    stem = base.rsplit(".", 1)[0] if "." in base.strip(".") else base
    stem = _FRAME_TOKEN.sub("", stem)
    stem = re.sub(r"[^\w-]+", "_", unicodedata.normalize("NFC", stem)).strip("_-")
    return stem or "clip"
