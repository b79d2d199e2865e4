"""The clips of a timeline: which can be exported, with which frames, and why the others cannot."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Optional, Union

import opentimelineio as otio

from host_adapters.ranges import Span
from host_adapters.rates import exact_rate
from host_adapters.timeline.errors import ClipRefusedError
from host_adapters.timeline.media import Kind, Media, find_media
from host_adapters.timeline.reading import timeline_rate
from host_adapters.timeline.search import MediaFolders

_SAME_RATE = Fraction(1, 200)
"""Rates nearer than this share of each other count the same frames: 24 is written where 23.976 is meant."""


@dataclass(frozen=True)
class Use:
    """A clip that can be exported."""

    clip: Any
    """The otio Clip."""
    name: str
    track: int
    """The video track, counted from 1."""
    track_name: str
    record: Span
    """Where it lies, in frames of the timeline from its beginning."""
    media: Media
    shown: Span
    """The worker's numbers of the frames it shows, first to last."""
    head: int
    """Frames more that transitions show before the first."""
    tail: int
    """Frames more that transitions show after the last."""
    speed: Fraction = Fraction(1)
    """Frames of media for each frame of the timeline: 0 holds the first."""
    shift: Fraction = Fraction(0)
    """The part of a frame by which the clip begins after its first."""

    def wanted(self, handles: int) -> Span:
        """The frames to export: what is shown, transitions and handles, as far as the media has them."""
        if self.media.kind is Kind.STILL or self.media.numbers is None:
            return self.shown
        # Hosts round a time between two frames up or down.
        rounding = 1 if self.speed not in (0, 1) else 0
        more = Span(
            self.shown.start - self.head - handles - rounding, self.shown.end + self.tail + handles + rounding
        )
        return more.meet(self.media.numbers)


@dataclass(frozen=True)
class Refusal:
    """A clip or a track that is not exported, and why."""

    name: str
    track: int
    """The video track, counted from 1; 0 for sound."""
    track_name: str
    reason: str
    """Continues a sentence that begins with the name."""
    record: Optional[Span] = None
    """Where it lies; None where the timeline does not say."""

    def __str__(self) -> str:
        return f"{self.name or 'a clip without a name'} ({self.track_name}) {self.reason}"


def read_clips(timeline: Any, base: Path, folders: MediaFolders) -> tuple[list[Use], list[Refusal]]:
    """The clips of a timeline in the order of tracks and times, those inside nested timelines too.

    Args:
        timeline: The otio Timeline.
        base: The folder that relative paths are taken from.
        folders: Where media are looked for that are not where the timeline says.
    """
    rate = timeline_rate(timeline)
    uses: list[Use] = []
    refused: list[Refusal] = []
    for number, track in enumerate(timeline.video_tracks(), 1):
        track_name = track.name or f"Video {number}"
        for clip in clips_below(track):
            record: Optional[Span] = None
            try:
                chain = _parents(clip)
                visible = _visible(clip, chain)
                record = _record(clip, visible, track, rate)
                _check(clip, chain)
                use = _use(clip, visible, number, track_name, record, find_media(clip, base, folders), rate)
                uses.append(use)
            except ClipRefusedError as err:
                refused.append(Refusal(clip.name, number, track_name, str(err), record))
            except otio.exceptions.OTIOError as err:
                reason = f"has times that do not go together: {err}"
                refused.append(Refusal(clip.name, number, track_name, reason, record))
    for number, track in enumerate(timeline.audio_tracks(), 1):
        count = len(list(clips_below(track)))
        if count:
            name = track.name or f"Audio {number}"
            clips = "1 clip" if count == 1 else f"{count} clips"
            refused.append(Refusal(name, 0, "sound", f"is sound only: {clips}"))
    return uses, refused


def clips_below(parent: Any) -> Iterator[Any]:
    """Clips below a track or stack, in order; gaps and transitions are no clips."""
    for child in parent:
        if isinstance(child, otio.schema.Clip):
            yield child
        elif isinstance(child, otio.core.Composition):
            yield from clips_below(child)


def _parents(clip: Any) -> list[Any]:
    """What a clip lies in, from the inside out, the timeline's own stack left out."""
    found = []
    parent = clip.parent()
    while parent is not None and parent.parent() is not None:
        found.append(parent)
        parent = parent.parent()
    return found


def _visible(clip: Any, chain: list[Any]) -> Any:
    """The part of the clip that what it lies in shows, in the clip's own time."""
    visible = clip.trimmed_range()
    for parent in chain:
        if parent.source_range is not None:
            shows = parent.transformed_time_range(parent.source_range, clip)
            start = max(visible.start_time, shows.start_time)
            end = min(visible.end_time_exclusive(), shows.end_time_exclusive())
            if end <= start:
                raise ClipRefusedError(f"lies outside of what {_called(parent)} shows")
            visible = otio.opentime.range_from_start_end_time(start, end)
    if visible.duration.value <= 0:
        raise ClipRefusedError("has no length")
    return visible


def _record(clip: Any, visible: Any, track: Any, rate: Fraction) -> Span:
    """Where it lies in the timeline, counted from the timeline's beginning."""
    lies = clip.transformed_time_range(visible, track)
    start = _frames(lies.start_time, rate)
    if track.source_range is not None:
        start -= _frames(track.source_range.start_time, rate)
    return Span(round(start), round(start + _frames(lies.duration, rate)))


def _check(clip: Any, chain: list[Any]) -> None:
    """Raise ClipRefusedError where the clip is off, or what it lies in changes its time."""
    for one in (clip, *chain):
        if not one.enabled:
            raise ClipRefusedError("is off" if one is clip else f"is on {_called(one)}, which is off")
    for parent in chain:
        if any(isinstance(effect, otio.schema.TimeEffect) for effect in parent.effects):
            raise ClipRefusedError(
                f"lies inside {_called(parent)}, which is retimed as a whole; export the timeline inside by itself"
            )


def _called(parent: Any) -> str:
    return parent.name or f"a {type(parent).__name__.lower()} without a name"


def _use(
    clip: Any, visible: Any, number: int, track_name: str, record: Span, media: Media, record_rate: Fraction
) -> Use:
    warp = _speed(clip)
    if media.kind is Kind.STILL:
        assert media.numbers is not None
        return Use(clip, clip.name, number, track_name, record, media, media.numbers, 0, 0, Fraction(0))
    start = _frames(visible.start_time, media.rate)
    media = media.placed(start)
    assert media.start is not None
    # A slower or faster clip plays its media from its own first frame.
    begins = _frames(clip.trimmed_range().start_time, media.rate)
    at = media.first + (begins - media.start) + (start - begins) * warp
    step = warp * (1 if _same(media.rate, record_rate) else media.rate / record_rate)
    length = max(1, math.ceil(_frames(visible.duration, record_rate)))
    first = math.floor(at)
    shown = Span(first, math.floor(at + (length - 1) * step) + 1)
    if media.numbers is not None and shown.meet(media.numbers) != shown:
        raise ClipRefusedError(
            f"shows frames {shown.start} to {shown.end - 1} of {media.name}, which has "
            f"{media.numbers.start} to {media.numbers.end - 1}"
        )
    head, tail = _transitions(clip, media.rate)
    return Use(
        clip,
        clip.name,
        number,
        track_name,
        record,
        media,
        shown,
        math.ceil(head * warp),
        math.ceil(tail * warp),
        step,
        at - first,
    )


def _speed(clip: Any) -> Fraction:
    """Media frames for each frame of the clip.

    Raises:
        ClipRefusedError: it runs backwards, or its speed changes.
    """
    speed = Fraction(1)
    for effect in clip.effects:
        if not isinstance(effect, otio.schema.TimeEffect):
            continue
        if not isinstance(effect, otio.schema.LinearTimeWarp):
            raise ClipRefusedError("is retimed at a speed that changes; mattes follow one speed. Render it first")
        if effect.time_scalar < 0:
            raise ClipRefusedError("runs backwards; mattes follow media that runs forwards. Render it first")
        speed *= Fraction(effect.time_scalar).limit_denominator(100000)
    return speed


def _transitions(clip: Any, rate: Fraction) -> tuple[Fraction, Fraction]:
    """Frames of media that transitions show before and after the clip."""
    parent = clip.parent()
    if not isinstance(parent, otio.schema.Track):
        return Fraction(0), Fraction(0)
    head, tail = (None if time is None else _frames(time, rate) for time in parent.handles_of_child(clip))
    return head or Fraction(0), tail or Fraction(0)


def _frames(time: Any, rate: Fraction) -> Fraction:
    """A time in frames at a rate; rates that mean the same count the same frames."""
    value = Fraction(time.value).limit_denominator(1000)
    said = exact_rate(time.rate)
    return value if _same(said, rate) else value * rate / said


def _same(one: Union[int, Fraction], other: Fraction) -> bool:
    return abs(one - other) <= _SAME_RATE * other
