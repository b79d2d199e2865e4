"""Timeline items: which can be sent to the worker, with which frames, and why the others cannot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from host_adapters.ranges import Span
from host_adapters.resolve.calls import call, has, number, text
from host_adapters.resolve.errors import HostRefusedError
from host_adapters.resolve.frame_map import FrameMap
from host_adapters.resolve.media import Media, read_media

_TRANSITION = "is a transition"

_SPAN_TOLERANCE = Fraction(3, 2)
"""Frames by which an item's span in its media may miss its length: GetSourceStartFrame is off by one on some
items, and a span in frames of another rate is rounded."""


@dataclass(frozen=True)
class Item:
    """A timeline item that can be sent to the worker."""

    handle: Any
    """The TimelineItem."""
    uid: str
    name: str
    track: int
    """The video track, counted from 1."""
    media: Media
    frames: FrameMap


@dataclass(frozen=True)
class Refusal:
    """A timeline item that cannot be sent, and why."""

    name: str
    track: int
    start: int
    """The timeline frame it begins at; -1 where Resolve does not say."""
    reason: str
    """Continues a sentence that begins with the name."""

    @property
    def is_transition(self) -> bool:
        """A transition is no clip that somebody meant; it shows frames beyond the cut, though."""
        return self.reason.startswith(_TRANSITION)

    def __str__(self) -> str:
        return f"{self.name or 'an item without a name'} (track {self.track}) {self.reason}"


def read_item(item: Any, track: int, record_rate: Fraction) -> Item | Refusal:
    """Read a timeline item.

    Args:
        item: The TimelineItem.
        track: The video track it lies on, counted from 1.
        record_rate: Frame rate of the timeline.
    """
    name, start = text(item, "GetName"), number(item, "GetStart")
    try:
        return _read(item, name, track, start, record_rate)
    except HostRefusedError as err:
        return Refusal(name, track, -1 if start is None else start, str(err))


def _read(item: Any, name: str, track: int, start: Any, record_rate: Fraction) -> Item:
    length = number(item, "GetDuration")
    if start is None or not length:
        raise HostRefusedError("does not say where it lies; Resolve lost it when it was placed. Delete it")
    pool_item = call(item, "GetMediaPoolItem")
    if pool_item is None:
        properties = call(item, "GetProperty")
        what = _TRANSITION if properties in ({}, None) else "is a title, a generator or an adjustment clip"
        raise HostRefusedError(f"{what}, which has no file")
    if has(item, "GetClipEnabled") and call(item, "GetClipEnabled") is False:
        raise HostRefusedError("is disabled")
    media = read_media(pool_item)
    record = Span(start, start + length)
    if media.still:
        # Every frame of a still is its only one, whatever its offset.
        frames = FrameMap(record, 0, record_rate, media.rate, media.first, still=True)
        return Item(item, text(item, "GetUniqueId"), name, track, media, frames)
    source_in = _source_in(item, media, length, record_rate)
    frames = FrameMap(record, source_in, record_rate, media.rate, media.first)
    if media.count and (source_in < 0 or frames.source.end > media.count):
        raise HostRefusedError(
            f"shows frames {source_in} to {frames.source.end - 1} of media that has {media.count}; its media was "
            "changed after it was cut in"
        )
    return Item(item, text(item, "GetUniqueId"), name, track, media, frames)


def _source_in(item: Any, media: Media, length: int, record_rate: Fraction) -> int:
    """The first media frame that an item shows, counted from 0.

    The left offset is exact at normal speed, and wrong at any other; so speed is looked at first.
    """
    left = number(item, "GetLeftOffset")
    if left is None:
        raise HostRefusedError("does not say its offset into its media")
    wanted = length * media.rate / record_rate
    if has(item, "GetSourceStartFrame") and has(item, "GetSourceEndFrame"):
        first, last = number(item, "GetSourceStartFrame"), number(item, "GetSourceEndFrame")
        if first is None or last is None or first == last == 0:
            raise HostRefusedError(
                "does not say which frames of its media it shows, as items of imported timelines do; put it into "
                "the timeline from the media pool"
            )
        if first > last:
            raise HostRefusedError("runs backwards; mattes follow media that runs forwards. Render it in place")
        spanned = Fraction(last - first)
    else:
        # Before 19.0 speed shows in this only: what lies before, in and after the item adds up to the media.
        right = number(item, "GetRightOffset")
        if right is None or not media.count:
            raise HostRefusedError("does not say its offsets into its media")
        spanned = Fraction(media.count - left - right)
    if abs(spanned - wanted) > _SPAN_TOLERANCE:
        speed = float(spanned / wanted) * 100
        raise HostRefusedError(
            f"is retimed to about {speed:.4g} per cent; mattes follow media at its own speed. "
            "Render it in place, or make the mattes of the media and retime them alike"
        )
    return left


def cut_items(items: list[Item], record: Span) -> list[Item]:
    """The parts of items that lie inside a range of the timeline."""
    return [
        replace(item, frames=item.frames.cut(record)) for item in items if len(item.frames.record.meet(record))
    ]
