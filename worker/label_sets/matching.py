"""Makes a label set of a model's own list of names, with what the known label sets say about them."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

from bridge.naming import short_category, slug
from worker.label_sets.known import known_label_set, known_names
from worker.labels import Category, LabelSet


def label_set_of_names(names: Sequence[str], name: str) -> LabelSet:
    """The label set behind a model's own names, in its own order.

    Where the names are those of a known set, in its order, that set itself is returned, with the data set's own
    spelling. Else each name is looked up in the known sets, beginning with the one that has most of the names;
    a name that none has counts as a thing, so that its instances stay apart.

    Args:
        names: The categories' names, by class number; commas and underscores do not matter.
        name: What to call the set where it is none of the known ones.
    """
    folded = [slug(n) for n in names]
    known = [known_label_set(n) for n in known_names()]
    for label_set in known:
        if len(names) == len(label_set.names) and all(
            got in _spellings(wanted) for got, wanted in zip(folded, label_set.names, strict=True)
        ):
            return label_set
    known.sort(key=lambda s: -len(set(folded) & {spelling for n in s.names for spelling in _spellings(n)}))
    by_spelling: dict[str, Category] = {}
    for label_set in known:
        for category in label_set.categories:
            for spelling in _spellings(category.name):
                by_spelling.setdefault(spelling, category)
    categories = []
    for index, (own, spelling) in enumerate(zip(names, folded, strict=True)):
        found = by_spelling.get(spelling)
        is_thing = True if found is None else found.is_thing
        categories.append(Category(own, is_thing, spread_color(index) if found is None else found.color))
    return LabelSet(name, tuple(categories))


def spread_color(index: int) -> tuple[int, int, int]:
    """A colour for a category that has none: neighbours in the list are far apart in hue. 8-bit sRGB."""
    # Steps of the golden ratio never come close to an earlier hue for long.
    hue = (index * 0.618033988749895) % 1.0
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.55 + 0.35 * (index % 2), 0.95 - 0.2 * (index % 3) / 2)
    return round(red * 255), round(green * 255), round(blue * 255)


def _spellings(name: str) -> tuple[str, ...]:
    """How a name may be written in a list: in full, its first of several names, or COCO's short form."""
    return tuple(dict.fromkeys((slug(name), slug(name.split(",")[0]), slug(short_category(name)))))
