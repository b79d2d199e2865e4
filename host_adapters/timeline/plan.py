"""What is asked of the worker: one job for each source, however often it is cut in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.effect import Values, to_request
from bridge.errors import BadRequestError
from bridge.frames import format_frames
from bridge.request import MatteRequest
from host_adapters.ranges import Span, merged
from host_adapters.timeline.clips import Use
from host_adapters.timeline.media import Kind
from host_adapters.timeline.naming import FOLDER_TOKENS, FOLDERS, check_template, filled, folder_words


@dataclass(frozen=True)
class SourceJob:
    """One request, and the clips its mattes are for."""

    uses: tuple[Use, ...]
    spans: tuple[Span, ...]
    """The worker's frame numbers that it covers, apart from each other, ascending."""
    request: MatteRequest

    @property
    def name(self) -> str:
        """What its media is called."""
        return Path(self.request.source).name

    @property
    def frames(self) -> str:
        """Its frames as a range."""
        return format_frames(frame for span in self.spans for frame in range(span.start, span.end))

    @property
    def count(self) -> int:
        """How many frames it has."""
        return sum(len(span) for span in self.spans)


def plan_jobs(
    uses: Sequence[Use], out: str, values: Mapping[str, Any], timeline: str, folders: str | None = None
) -> list[SourceJob]:
    """The jobs for clips, in the order in which their sources are first used.

    Args:
        uses: The clips.
        out: The folder below which each source has its own.
        values: The effect's parameters that differ from their defaults.
        timeline: The timeline's name.
        folders: The template for folders; None for `FOLDERS`.

    Raises:
        BadRequestError: (or a class below it) values or a template that cannot be.
    """
    if str(values.get("frames", "")).strip():
        raise BadRequestError("--frames is for a single plate; of a timeline the frames that it uses are exported")
    template = folders or FOLDERS
    check_template(template, FOLDER_TOKENS)
    handles = int(values.get("handles", 0))
    grouped: dict[str, list[Use]] = defaultdict(list)
    for use in uses:
        grouped[use.media.source].append(use)
    jobs: list[SourceJob] = []
    taken: set[str] = set()
    for source, group in grouped.items():
        spans = merged([use.wanted(handles) for use in group])
        folder = _free(filled(template, folder_words(group[0], timeline)), taken)
        still = group[0].media.kind is Kind.STILL
        frames = "" if still else format_frames(n for span in spans for n in range(span.start, span.end))
        wishes: Values = {
            **{name: value for name, value in values.items() if name != "handles"},
            "frames": frames,
            "out": str(Path(out) / folder),
        }
        jobs.append(SourceJob(tuple(group), spans, to_request(wishes, source)))
    return jobs


def _free(folder: str, taken: set[str]) -> str:
    """The folder, with a number behind it where another source has it; case does not tell folders apart."""
    name, number = folder, 1
    while name.lower() in taken:
        number += 1
        name = f"{folder}_{number}"
    taken.add(name.lower())
    return name
