"""What artists call categories: groups such as people, vehicles or nature, synonyms, singular and plural.

`GROUPS` covers COCO panoptic; `bridge.category_words` has the names of the other label sets, and the synonyms.
Names are compared as layer names, so that ``dining table`` and ``dining_table`` are one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Optional

from bridge.category_words import ALSO, LAND, ONE, SAME, WIDE
from bridge.naming import short_category, slug

GROUPS: Mapping[str, tuple[str, ...]] = {
    "people": ("person",),
    "animals": (
        "bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "teddy bear",
    ),
    "vehicles": ("bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat"),
    "plants": ("tree-merged", "flower", "potted plant"),
    "sky": ("sky-other-merged",),
    "water": ("river", "sea", "water-other"),
    "ground": (
        "grass-merged", "dirt-merged", "gravel", "sand", "snow", "road", "pavement-merged", "playingfield",
        "railroad", "platform", "mountain-merged", "rock-merged",
    ),
    "buildings": (
        "building-other-merged", "house", "roof", "bridge", "tent", "wall-brick", "wall-stone", "wall-tile",
        "wall-wood", "wall-other-merged", "window-blind", "window-other", "ceiling-merged", "floor-wood",
        "floor-other-merged", "door-stuff", "stairs", "fence-merged", "net",
    ),
    "furniture": (
        "bench", "chair", "couch", "bed", "dining table", "toilet", "sink", "counter", "shelf", "cabinet-merged",
        "table-merged", "mirror-stuff", "light",
    ),
    "street": ("traffic light", "fire hydrant", "stop sign", "parking meter"),
    "accessories": ("backpack", "umbrella", "handbag", "tie", "suitcase"),
    "sports": (
        "frisbee", "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard",
        "surfboard", "tennis racket",
    ),
    "appliances": (
        "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven", "toaster",
        "refrigerator", "hair drier",
    ),
    "household": (
        "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "book", "clock", "vase", "scissors",
        "toothbrush", "cardboard", "paper-merged",
    ),
    "food": (
        "banana", "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake",
        "fruit", "food-other-merged",
    ),
    "textiles": ("banner", "blanket", "curtain", "pillow", "towel", "rug-merged"),
}  # fmt: skip
"""Each category of COCO panoptic is in exactly one group."""

STUFF = frozenset(
    {
        *(name for names in GROUPS.values() for name in names if name.endswith(("-merged", "-other", "-stuff"))),
        "banner", "blanket", "bridge", "cardboard", "counter", "curtain", "floor-wood", "flower", "fruit",
        "gravel", "house", "light", "net", "pillow", "platform", "playingfield", "railroad", "river", "road",
        "roof", "sand", "sea", "shelf", "snow", "stairs", "tent", "towel", "wall-brick", "wall-stone",
        "wall-tile", "wall-wood", "window-blind",
    }
)  # fmt: skip
"""The categories of COCO panoptic that are stuff."""


WIDE_GROUPS = tuple(WIDE)
"""Groups of groups, such as ``nature``."""

_KINDS = {"thing": True, "things": True, "stuff": False}


def group_of(category: str) -> Optional[str]:
    """The group of a category given by any of its names; None where it is in none."""
    groups = _by_slug()
    return next((groups[name] for name in names_of(category) if name in groups), None)


def group_called(word: str) -> Optional[str]:
    """The group, or group of groups, that a word stands for: ``vehicle``, ``Vehicles``; None where it is none."""
    folded = slug(word)
    folded = ONE.get(folded, folded)
    names = {*GROUPS, *WIDE}
    return next((name for name in (folded, f"{folded}s") if name in names), None)


def in_group(category: str, group: str) -> bool:
    """Whether a category is in a group, or in one of a group of groups."""
    own = group_of(category)
    if group not in WIDE:
        return own == group
    return own in WIDE[group] or (
        "land" in WIDE[group] and own == "ground" and bool(LAND & set(names_of(category)))
    )


@lru_cache(maxsize=4096)
def names_of(category: str) -> tuple[str, ...]:
    """All that a category may be called, folded, its own names first, then words that mean the same."""
    own = own_names(category)
    return tuple(dict.fromkeys((*own, *(word for name in own for word in _same().get(name, ())))))


def own_names(category: str) -> tuple[str, ...]:
    """A category's own names, folded: in full, in short, and each of several that a label set lists.

    ``painting, picture`` is a painting and a picture, ``ship_or_boat`` a ship and a boat, ``Traffic Sign (Back)``
    a traffic sign.
    """
    parts = re.split(r",|[ _]or[ _]", category, flags=re.IGNORECASE)
    plain = re.split(r" - | \(", category)[0]
    return tuple(dict.fromkeys(slug(name) for name in (category, short_category(category), *parts, plain)))


def singular(word: str) -> tuple[str, ...]:
    """What a folded word may be the plural of, or be one of, likeliest first; itself first of all."""
    irregular = {"men": "man", "women": "woman", "children": "child", "buses": "bus", "shelves": "shelf"}
    forms = [word, irregular.get(word, "")]
    if word.endswith("ies"):
        forms.append(f"{word[:-3]}y")
    if word.endswith("es"):
        forms.append(word[:-2])
    if word.endswith("s"):
        forms.append(word[:-1])
    else:
        forms.append(f"{word}s")
    return tuple(dict.fromkeys(form for form in forms if form))


Categories = Sequence[tuple[str, bool]]
"""The categories of a label set: names, each with whether it is a thing."""


def match_name(word: str, categories: Categories) -> tuple[str, ...]:
    """The categories of a name: as it stands, else folded, else in short, which several may share."""
    if any(name == word for name, _ in categories):
        return (word,)
    folded = slug(word)
    in_full = tuple(name for name, _ in categories if slug(name) == folded)
    return in_full or tuple(name for name, _ in categories if slug(short_category(name)) == folded)


def match_group(word: str, categories: Categories) -> tuple[str, ...]:
    """The categories of a group, of a group of groups, of all ``things`` or of all ``stuff``."""
    kind = _KINDS.get(slug(word))
    if kind is not None:
        return tuple(name for name, is_thing in categories if is_thing is kind)
    group = group_called(word)
    return () if group is None else tuple(name for name, _ in categories if in_group(name, group))


def match_word(word: str, categories: Categories) -> tuple[str, ...]:
    """The categories that a word stands for: one of several own names, the plural of one, or a synonym."""
    forms = singular(slug(word))
    for wanted in (*forms, *(same for form in forms for same in _same().get(form, ()))):
        found = tuple(name for name, _ in categories if wanted in own_names(name))
        if found:
            return found
    return ()


@lru_cache(maxsize=4096)
@lru_cache(maxsize=1024)
def row_names(category: str) -> tuple[str, ...]:
    """What a row of a border policy for a category may be called, the most specific first."""
    group = group_of(category)
    wide = (name for name in WIDE if in_group(category, name))
    groups = (name for name in (group, *wide) if name is not None)
    return tuple(dict.fromkeys((*names_of(category), *groups)))


def is_row_name(word: str, categories: Optional[Iterable[str]] = None) -> bool:
    """Whether a row of that name fits a category, a group, ``thing``, ``stuff`` or ``*``.

    Args:
        word: The row's name.
        categories: The categories that there are; None for all that are in a group.
    """
    if word == "*" or slug(word) in _KINDS:
        return True
    forms = set(row_forms(word))
    if categories is None:
        return bool(forms & ({*GROUPS, *WIDE, *_by_slug()} | set(_same())))
    return any(forms & set(row_names(category)) for category in categories)


@lru_cache(maxsize=4096)
@lru_cache(maxsize=1024)
def row_forms(word: str) -> tuple[str, ...]:
    """What a row's name may mean, folded: the word itself, its singular or plural, the group it stands for."""
    group = group_called(word)
    return tuple(dict.fromkeys((*singular(slug(word)), *([] if group is None else [group]))))


@lru_cache(maxsize=1)
def _same() -> Mapping[str, tuple[str, ...]]:
    """The other words for a word, the commonest first."""
    return {word: tuple(other for other in words if other != word) for words in SAME for word in words}


@lru_cache(maxsize=1)
def _by_slug() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for group, categories in GROUPS.items():
        for category in categories:
            found[slug(category)] = group
            # A short name can stand for several: "wall" for each kind of wall, all of one group.
            found.setdefault(slug(short_category(category)), group)
    for group, names in ALSO.items():
        for name in names:
            found.setdefault(name, group)
    return found
