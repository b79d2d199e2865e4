"""Runs of frames. All ranges are half open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """Frames from `start` up to, without, `end`."""

    start: int
    end: int

    def __len__(self) -> int:
        return max(0, self.end - self.start)

    def __contains__(self, frame: int) -> bool:
        return self.start <= frame < self.end

    def meet(self, other: Span) -> Span:
        """What both cover; empty where they do not meet."""
        start = max(self.start, other.start)
        return Span(start, max(start, min(self.end, other.end)))

    def moved(self, by: int) -> Span:
        """The same frames under other numbers."""
        return Span(self.start + by, self.end + by)

    def grown(self, by: int, within: Span) -> Span:
        """With so many frames more on either side, as far as `within` has them."""
        return Span(max(within.start, self.start - by), min(within.end, self.end + by))


def merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Spans that overlap or touch as one, ascending."""
    found: list[Span] = []
    for span in sorted((span for span in spans if span), key=lambda span: span.start):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return tuple(found)
