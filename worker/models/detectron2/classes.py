"""What the class numbers of detectron2's heads stand for."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.errors import ModelError
from worker.labels import LabelSet

THINGS = ""
"""Stands in `Classes.semantic` for a channel that is no category: in Panoptic FPN one channel is all things."""


@dataclass(frozen=True)
class Classes:
    """The categories behind the class numbers of a network."""

    instances: tuple[str, ...]
    """By the class number of an instance."""
    semantic: tuple[str, ...]
    """By the channel of the semantic head; `THINGS` where a channel stands for no single category."""
    things: frozenset[str]
    """Those that are things."""

    @property
    def stuff_channels(self) -> tuple[int, ...]:
        """The semantic channels that are stuff."""
        return tuple(i for i, name in enumerate(self.semantic) if name != THINGS and name not in self.things)

    @property
    def thing_channels(self) -> tuple[int, ...]:
        """The semantic channels that are things, each a category of its own."""
        return tuple(i for i, name in enumerate(self.semantic) if name in self.things)


def separated(labels: LabelSet) -> Classes:
    """Panoptic FPN's numbers: things count from 0, and stuff has channels from 1, behind one for all things."""
    things = tuple(c.name for c in labels.categories if c.is_thing)
    stuff = tuple(c.name for c in labels.categories if not c.is_thing)
    return Classes(things, (THINGS, *stuff), frozenset(things))


def joint(labels: LabelSet) -> Classes:
    """One numbering for things and stuff alike: the label set's own."""
    return Classes(labels.names, labels.names, frozenset(c.name for c in labels.categories if c.is_thing))


def classes_for(labels: LabelSet, semantic_channels: int) -> Classes:
    """The numbering that a semantic head with so many channels follows.

    Raises:
        ModelError: Neither numbering has as many.
    """
    for classes in (separated(labels), joint(labels)):
        if len(classes.semantic) == semantic_channels:
            return classes
    raise ModelError(
        f"the semantic head has {semantic_channels} channels, which fits the label set {labels.name!r} neither "
        f"with one for all things ({len(separated(labels).semantic)}) nor with one a category "
        f"({len(labels.categories)}); give the label set that it was trained for"
    )
