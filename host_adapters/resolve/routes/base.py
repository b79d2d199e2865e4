"""What the routes share: where mattes come in, and what is reported."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from host_adapters.resolve.finding import Host
from host_adapters.resolve.items import Item
from host_adapters.resolve.plan import MatteJob
from host_adapters.resolve.selection import Timeline


class State(str, Enum):
    """What happened to one matte, or to one item's mattes."""

    ADDED = "added"
    """It is new."""
    UPDATED = "updated"
    """An older one of ours was put right."""
    KEPT = "kept"
    """It was there already."""
    FAILED = "failed"
    """Resolve would not, or what it did could not be read back."""


@dataclass(frozen=True)
class Brought:
    """One thing that was brought in."""

    item: str
    """The clip or timeline item it is for."""
    what: str
    state: State
    reason: str = ""
    """Why it failed."""

    def __str__(self) -> str:
        return f"{self.state.value:8s}{self.item}: {self.what}{f' - {self.reason}' if self.reason else ''}"


@dataclass
class Place:
    """Where mattes come in, and what was noticed on the way."""

    host: Host
    timeline: Timeline
    job: MatteJob
    manifest: str
    """Path of the job's manifest."""
    options: dict[str, Any] = field(default_factory=dict)
    """The route's own wishes."""
    notes: list[str] = field(default_factory=list)
    """Sentences for the person."""

    @property
    def project(self) -> Any:
        """The Project."""
        return self.timeline.project

    def slot(self, item: Item, key: str) -> str:
        """What a matte is for, the same in every run: timeline, item, and which matte."""
        return f"{self.timeline.uid}/{item.uid}/{key}"

    def tag(self, slot: str) -> dict[str, Any]:
        """The tag of a matte of ours."""
        return {"matte": slot, "manifest": self.manifest}
