"""Label sets: the categories a model knows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Category:
    """One entry of a label set."""

    name: str
    """The data set's own name, for example ``person`` or ``sky-other-merged``."""
    is_thing: bool
    """True for countable objects, False for stuff."""
    color: tuple[int, int, int]
    """Its colour in contact sheets, 8-bit sRGB."""


@dataclass(frozen=True)
class LabelSet:
    """An ordered set of categories; a model's class index is the position in it."""

    name: str
    categories: tuple[Category, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The category names, in class index order."""
        return tuple(c.name for c in self.categories)

    @cached_property
    def _by_name(self) -> dict[str, Category]:
        return {c.name: c for c in self.categories}

    def __getitem__(self, name: str) -> Category:
        """The category of that name; KeyError where the set has none."""
        return self._by_name[name]
