"""What a person wants done with a timeline, and what will be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

from host_adapters.timeline.clips import Refusal, Use
from host_adapters.timeline.plan import SourceJob


@dataclass(frozen=True)
class Wishes:
    """What a person wants done with a timeline."""

    path: str
    out: str
    values: Mapping[str, Any] = field(default_factory=dict)
    """The effect's parameters, by script name, that differ from their defaults."""
    media: Sequence[str] = ()
    """Folders where media are looked for."""
    folders: Optional[str] = None
    """Template for the folders of sources."""
    files: Optional[str] = None
    """Template for the names of files, clip by clip; None to leave them as the worker names them."""
    rate: Optional[float] = None
    """The frame rate of an EDL."""
    keep_going: bool = True
    """Whether jobs go on where whoever asked for them is gone."""

    @property
    def handles(self) -> int:
        """Frames more on either side of what a clip shows."""
        return int(self.values.get("handles", 0))


@dataclass(frozen=True)
class Plan:
    """What will be done."""

    timeline: Any
    """The otio Timeline."""
    name: str
    uses: Sequence[Use]
    refused: Sequence[Refusal]
    jobs: Sequence[SourceJob]
