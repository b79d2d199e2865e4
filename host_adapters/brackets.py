"""Image sequences as Resolve writes them: ``name.[1001-1100].exr``."""

from __future__ import annotations

import re

from bridge.frames import FramePattern
from host_adapters.ranges import Span

_BRACKETS = re.compile(r"(?P<head>.*)\[(?P<first>-?\d+)-(?P<last>-?\d+)\](?P<tail>[^\[\]]*)", re.DOTALL)


def sequence_of(path: str) -> tuple[FramePattern, Span] | None:
    """The pattern and the frame numbers of ``name.[1001-1100].exr``; None for a path that is no sequence."""
    match = _BRACKETS.fullmatch(path)
    if match is None:
        return None
    first, last = int(match["first"]), int(match["last"])
    return FramePattern(match["head"], match["tail"], len(match["first"])), Span(first, last + 1)


def in_brackets(pattern: FramePattern, run: Span) -> str:
    """A run of a sequence's frames as Resolve writes it."""
    first, last = (
        pattern.path(frame)[len(pattern.head) : -len(pattern.tail) or None] for frame in (run.start, run.end - 1)
    )
    return f"{pattern.head}[{first}-{last}]{pattern.tail}"
