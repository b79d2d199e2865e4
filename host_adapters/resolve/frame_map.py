"""Which frame of its media a frame of the timeline shows, and back. All ranges are half open."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from host_adapters.ranges import Span


@dataclass(frozen=True)
class FrameMap:
    """The frames of a timeline item that runs forward at normal speed.

    Media frames are counted from 0, the first that the media pool shows; `first_number` turns them into the
    numbers that the worker knows: those in the files' names, or 1 and on for a movie.
    """

    record: Span
    """Frames of the timeline, absolute: the start timecode is counted in."""
    source_in: int
    """The media frame that `record.start` shows."""
    record_rate: Fraction
    source_rate: Fraction
    first_number: int
    """The worker's number of media frame 0."""
    still: bool = False
    """Every frame shows the same picture."""

    @property
    def one_to_one(self) -> bool:
        """Whether every frame of the timeline shows the next frame of the media."""
        return self.record_rate == self.source_rate or self.still

    @property
    def source(self) -> Span:
        """All media frames that the item shows."""
        if not self.record:
            return Span(self.source_in, self.source_in)
        return Span(self.source_in, self.to_source(self.record.end - 1) + 1)

    def to_source(self, record_frame: int) -> int:
        """The media frame that a frame of the timeline shows; frames outside the item are carried on.

        Where the rates differ Resolve repeats or leaves out frames: the time is rounded down to a frame.
        """
        if self.still:
            return self.source_in
        return self.source_in + math.floor(
            (record_frame - self.record.start) * self.source_rate / self.record_rate
        )

    def to_record(self, source_frame: int) -> Span:
        """The frames of the timeline that show a media frame, inside the item or not; empty for one left out."""
        if self.still:
            return self.record
        ratio = self.record_rate / self.source_rate
        offset = source_frame - self.source_in
        return Span(math.ceil(offset * ratio), math.ceil((offset + 1) * ratio)).moved(self.record.start)

    def number(self, source_frame: int) -> int:
        """The worker's number of a media frame."""
        return self.first_number + source_frame

    def cut(self, record: Span) -> FrameMap:
        """The part of the item inside a range of the timeline."""
        inside = self.record.meet(record)
        return replace(self, record=inside, source_in=self.to_source(inside.start))
