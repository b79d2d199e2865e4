"""How tables of parameters name the members of an enum, and their groups."""

from __future__ import annotations

from enum import Enum

from bridge.borders import BorderKind
from bridge.effect.schema import Choice, Param, ParamType
from bridge.request import Layout, LicenceDemand, OnError, Overlap

_HINTS: dict[Enum, str] = {
    Layout.LAYERS: "One EXR a frame with a layer for each category: what Nuke reads.",
    Layout.CRYPTOMATTE: "Cryptomatte 1.2: pick any object with a Cryptomatte node.",
    Layout.PACKED: "Four mattes a file, as R, G, B and A: what Resolve's Color page reads.",
    Layout.SINGLE: "One file for each matte: what anything reads.",
    Overlap.INDEPENDENT: "Each matte stands for itself.",
    Overlap.NORMALIZED: "The mattes of a pixel never sum to more than 1.",
    LicenceDemand.ANY: "Any licence; one that may forbid commercial use is told.",
    LicenceDemand.COMMERCIAL: "Commercial use.",
    OnError.ERROR: "Stop and say which frame.",
    OnError.HOLD: "Repeat the mattes of a neighbour.",
    OnError.BLACK: "Write empty mattes.",
    BorderKind.HARD: "One pixel of anti-aliasing.",
    BorderKind.FEATHER: "A ramp over the distance to the edge.",
    BorderKind.NATURAL: "The model's own probability.",
    BorderKind.GUIDED: "Follows the picture in a band round the edge: hair, fur, leaves.",
    BorderKind.MATTING: "A matting network in a band round the edge, where its weights are installed.",
}


def choices_of(kind: type[Enum]) -> tuple[Choice, ...]:
    """A choice for each member, with a word on what it does."""
    return tuple(Choice(str(member.value), hint=_HINTS.get(member, "")) for member in kind)


def group(name: str, label: str, hint: str) -> Param:
    """A group that parameters name as their parent."""
    return Param(name=name, type=ParamType.GROUP, label=label, hint=hint)
