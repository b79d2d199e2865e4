"""The layers of an export: settled once, before the first file, and the same in every frame."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bridge.borders import Border, BorderPolicy
from bridge.categories import GROUPS, WIDE_GROUPS, in_group, is_row_name, match_group, match_name, match_word
from bridge.errors import unknown_name
from bridge.naming import check_layers, layer_name, slug
from worker.labels import LabelSet


@dataclass(frozen=True)
class LayerSpec:
    """One layer: what it shows and how its edge is made."""

    name: str
    """Its name in the files, one that every host takes as it is."""
    category: str
    """The category's name in the model's label set; a group's own name."""
    is_thing: bool
    track: int | None
    """The track it follows; None for all of its category."""
    border: Border
    members: tuple[str, ...] = ()
    """The categories that a group of one's own joins; empty for the layers of categories and tracks."""

    @property
    def is_group(self) -> bool:
        """Whether the layer joins categories, which have layers of their own."""
        return bool(self.members)

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories whose segments it shows."""
        return self.members or (self.category,)


def settle_layers(
    shown: Mapping[str, Collection[int]],
    categories: Iterable[str] | None,
    policy: BorderPolicy,
    label_set: LabelSet,
    *,
    tracks: bool = False,
    groups: Mapping[str, Sequence[str]] | None = None,
) -> tuple[LayerSpec, ...]:
    """The layers of an export: things before stuff, each by name; a track's layer follows its category's.

    The name of a category's layer depends on the label set alone, so that it is the same in every shot.

    Args:
        shown: The categories the source shows, by their names in the label set, each with its track ids.
        categories: The categories asked for, by long or short name, by other words for them, or by groups; None
            for all that the source shows. One that the source never shows still has its layer, which is black;
            of a group, those that are shown have layers.
        policy: How each category's edge is made.
        label_set: The model's label set.
        tracks: Whether each track of a thing has a layer of its own too. Stuff has none: all of a category's
            stuff is one track.
        groups: Layers of one's own, behind all others: a name, and the categories or groups that it joins. Borders
            are those of the policy's row of that name, else of their first category.

    Raises:
        UnknownNameError: a category the label set does not have.
        LayerNameError: a group is called like another layer.
    """
    names = layer_names(label_set)
    taken = set(names.values())
    wanted = set(shown) if categories is None else asked_for(categories, shown, label_set)
    layers = []
    for category in sorted(wanted, key=lambda c: (not label_set[c].is_thing, names[c])):
        is_thing = label_set[category].is_thing
        border = policy.border_for(category, is_thing=is_thing)
        layers.append(LayerSpec(names[category], category, is_thing, None, border))
        for track in sorted(shown.get(category, ())) if tracks and is_thing else ():
            name = _untaken(names[category], track, taken)
            layers.append(LayerSpec(name, category, is_thing, track, border))
    layers += [_group(name, members, policy, label_set) for name, members in sorted((groups or {}).items())]
    check_layers([layer.name for layer in layers])
    return tuple(layers)


def _group(name: str, members: Sequence[str], policy: BorderPolicy, label_set: LabelSet) -> LayerSpec:
    found = tuple(dict.fromkeys(name for member in members for name in find_categories(member, label_set)))
    is_thing = all(label_set[category].is_thing for category in found)
    named = policy.row(name)
    border = named or policy.border_for(found[0], is_thing=label_set[found[0]].is_thing)
    return LayerSpec(layer_name(name), name, is_thing, None, border, found)


def asked_for(words: Iterable[str], shown: Collection[str], label_set: LabelSet) -> set[str]:
    """The categories that words ask for; of those that a group stands for, the ones that are shown.

    Raises:
        UnknownNameError: a word that stands for nothing in the label set.
    """
    wanted: set[str] = set()
    for word in words:
        named, by_group = _find(word, label_set)
        wanted |= {category for category in named if category in shown} if by_group else set(named)
    return wanted


def find_categories(word: str, label_set: LabelSet) -> tuple[str, ...]:
    """The label set's names for what a word stands for: a category's long or short name or that of its layer, a
    group (`bridge.categories`), another word for a category, or the plural of one.

    A category's name comes before a group of that name.

    Raises:
        UnknownNameError: it stands for nothing in the label set, or is the short name of several categories.
    """
    return _find(word, label_set)[0]


def _find(word: str, label_set: LabelSet) -> tuple[tuple[str, ...], bool]:
    """What a word stands for, and whether as a group."""
    categories = [(category.name, category.is_thing) for category in label_set.categories]
    found = match_name(word, categories)
    if len(found) > 1:
        # A layer's name is that of one category.
        folded, layers = slug(word), layer_names(label_set)
        found = tuple(category for category in found if layers[category] == folded) or found
    if not found:
        folded = slug(word)
        found = tuple(category for category, layer in layer_names(label_set).items() if layer == folded)
    if len(found) > 1:
        raise unknown_name("category", word, found)
    if found:
        return found, False
    group = match_group(word, categories)
    found = group or match_word(word, categories)
    if not found:
        groups = [name for name in (*GROUPS, *WIDE_GROUPS) if any(in_group(c, name) for c in label_set.names)]
        raise unknown_name("category", word, [*label_set.names, *groups])
    return found, bool(group)


def unmatched_rows(policy: BorderPolicy, label_set: LabelSet) -> tuple[str, ...]:
    """The rows of a policy that no category of the label set will use, in the policy's order.

    Not an error, since one policy serves models with different label sets; worth a warning, since it may be a
    name mistyped.
    """
    return tuple(row for row in policy.rows if not is_row_name(row, label_set.names))


def layer_names(label_set: LabelSet) -> dict[str, str]:
    """Layer names by category: short, or long where two short ones are equal, or numbered where those are."""
    short = [layer_name(category) for category in label_set.names]
    names: dict[str, str] = {}
    taken: set[str] = set()
    for category, name in zip(label_set.names, short, strict=True):
        names[category] = _untaken(category if short.count(name) == 1 else slug(category), None, taken)
    return names


def _untaken(category: str, track: int | None, taken: set[str]) -> str:
    """A layer name that is not in `taken`, and is from now on."""
    name, number = layer_name(category, track), 2
    while name in taken:
        name, number = layer_name(f"{slug(category)[:16]}_{number}", track), number + 1
    taken.add(name)
    return name
