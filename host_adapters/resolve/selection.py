"""What the person chose in Resolve: the clip under the playhead, the selection, a track, a range, everything."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Any

from host_adapters.ranges import Span
from host_adapters.resolve.calls import call, has, items, number, text
from host_adapters.resolve.errors import EditionError, HostUnavailableError, NothingToDoError
from host_adapters.resolve.items import Item, Refusal, cut_items, read_item
from host_adapters.resolve.rates import parse_rate, timecode_frame
from host_adapters.resolve.tags import is_ours


class Scope(str, Enum):
    """Which clips of the timeline are meant."""

    PLAYHEAD = "playhead"
    """The topmost clip under the playhead."""
    SELECTION = "selection"
    """The clips that are selected in the timeline; Resolve tells them since 21.0.4."""
    TRACK = "track"
    """All clips of one video track."""
    MARKED = "marked"
    """What lies between the timeline's in and out marks, on one track or all; since 19.1."""
    TIMELINE = "timeline"
    """All clips of all video tracks that are on."""


_NOTHING = {
    Scope.PLAYHEAD: "no clip lies under the playhead; move it onto one on the Edit page",
    Scope.SELECTION: "no clip is selected in the timeline",
    Scope.TRACK: "the video track has no clip",
    Scope.MARKED: "no clip lies between the in and out marks",
    Scope.TIMELINE: "the timeline has no clip on a video track that is on",
}


@dataclass(frozen=True)
class Timeline:
    """The current timeline."""

    project: Any
    handle: Any
    name: str
    uid: str
    start: int
    """Its first frame, the start timecode counted in: 86400 for 01:00:00:00 at 24."""
    rate: Fraction
    drop: bool
    """Whether its timecodes are drop frame."""


@dataclass(frozen=True)
class Chosen:
    """What was chosen."""

    items: tuple[Item, ...]
    """In the order of their tracks and their frames."""
    refused: tuple[Refusal, ...]


def current_timeline(resolve: Any) -> Timeline:
    """The timeline that is open.

    Raises:
        HostUnavailableError: no project or no timeline is open, or Resolve has lost its project library.
    """
    manager = call(resolve, "GetProjectManager")
    if has(manager, "GetCurrentDatabase") and call(manager, "GetCurrentDatabase") is None:
        raise HostUnavailableError(
            "Resolve answers, but has no project library: it hangs, or is still starting. Wait until its project "
            "is shown; if that does not help, quit and start it again"
        )
    project = call(manager, "GetCurrentProject")
    if project is None:
        raise HostUnavailableError("no project is open in Resolve; open one and try again")
    handle = call(project, "GetCurrentTimeline")
    if handle is None:
        raise HostUnavailableError("no timeline is open; open one on the Edit page and try again")
    own = str(call(handle, "GetSetting", "useCustomSettings")) == "1"
    asked = text(handle if own else project, "GetSetting", "timelineFrameRate")
    rate, drop = parse_rate(asked or text(project, "GetSetting", "timelineFrameRate"))
    drop = drop or str(call(project, "GetSetting", "timelineDropFrameTimecode")) == "1"
    drop = drop or ";" in text(handle, "GetStartTimecode")
    start = number(handle, "GetStartFrame")
    if start is None:
        start = timecode_frame(text(handle, "GetStartTimecode"), rate, drop=drop)
    return Timeline(project, handle, text(handle, "GetName"), text(handle, "GetUniqueId"), start, rate, drop)


def choose(timeline: Timeline, scope: Scope, track: int | None = None) -> Chosen:
    """The items of a scope, and what of it cannot be sent to a worker.

    Args:
        timeline: The timeline.
        scope: Which of its clips.
        track: The video track, counted from 1; needed for a track, optional for marks and the playhead.

    Raises:
        NothingToDoError: nothing is there, or nothing that can be sent; the message says why for each.
        EditionError: this version of Resolve does not tell the scope.
    """
    count = number(timeline.handle, "GetTrackCount", "video") or 0
    if track is not None and not 1 <= track <= count:
        raise NothingToDoError(f"there is no video track {track}; the timeline has {count}")
    if scope is Scope.TRACK and track is None:
        raise NothingToDoError(f"say which video track: 1 to {count}")
    if scope is Scope.PLAYHEAD:
        found = _under_playhead(timeline, count, track)
    elif scope is Scope.SELECTION:
        found = _selected(timeline)
    else:
        enabled = [
            i for i in range(1, count + 1) if call(timeline.handle, "GetIsTrackEnabled", "video", i) is not False
        ]
        tracks = enabled if track is None else [track]
        found = [
            read_item(item, index, timeline.rate)
            for index in tracks
            for item in items(timeline.handle, "GetItemListInTrack", "video", index)
            if not is_ours(item)
        ]
    good = [item for item in found if isinstance(item, Item)]
    refused = tuple(item for item in found if isinstance(item, Refusal))
    if scope is Scope.MARKED:
        marks = marked_range(timeline)
        good = cut_items(good, marks)
        refused = tuple(item for item in refused if item.start in marks)
    if not good:
        raise NothingToDoError("; ".join(map(str, refused)) if refused else _NOTHING[scope])
    return Chosen(tuple(good), refused)


def marked_range(timeline: Timeline) -> Span:
    """The range between the timeline's marks, half open, in absolute frames.

    Raises:
        EditionError: this version does not tell marks.
        NothingToDoError: none are set.
    """
    if not has(timeline.handle, "GetMarkInOut"):
        raise EditionError("this version of Resolve does not tell a timeline's marks; that came with 19.1")
    marks = call(timeline.handle, "GetMarkInOut") or {}
    video = marks.get("video") or {}
    if "in" not in video or "out" not in video:
        raise NothingToDoError("the timeline has no in and out marks; set both (I and O) and try again")
    first, last = int(video["in"]), int(video["out"])
    # Both countings were seen: from the timeline's first frame, and with the start timecode counted in.
    if first < timeline.start:
        first, last = first + timeline.start, last + timeline.start
    return Span(first, last + 1)


def playhead(timeline: Timeline) -> int | None:
    """The timeline frame under the playhead; None where the page that is open has none."""
    timecode = text(timeline.handle, "GetCurrentTimecode")
    return timecode_frame(timecode, timeline.rate, drop=timeline.drop) if timecode else None


def _under_playhead(timeline: Timeline, count: int, track: int | None) -> list[Any]:
    """What lies under the playhead: the topmost of our tracks' neighbours, never a matte that we put there."""
    frame = playhead(timeline)
    if frame is not None:
        for index in range(count, 0, -1) if track is None else (track,):
            if call(timeline.handle, "GetIsTrackEnabled", "video", index) is False:
                continue
            for item in items(timeline.handle, "GetItemListInTrack", "video", index):
                read = read_item(item, index, timeline.rate)
                here = read.frames.record if isinstance(read, Item) else _record(item)
                if frame in here and not is_ours(item) and not _is_transition(item):
                    return [read]
    item = call(timeline.handle, "GetCurrentVideoItem") if track is None else None
    return [] if item is None or is_ours(item) else [read_item(item, _track_of(timeline, item), timeline.rate)]


def _selected(timeline: Timeline) -> list[Any]:
    if not has(timeline.handle, "GetSelectedClips"):
        raise EditionError(
            "this version of Resolve does not tell which clips are selected; that came with 21.0.4. Choose "
            "a track, a marked range or the clip under the playhead"
        )
    chosen = items(timeline.handle, "GetSelectedClips")
    return [read_item(item, _track_of(timeline, item), timeline.rate) for item in chosen if not is_ours(item)]


def _record(item: Any) -> Span:
    start, length = number(item, "GetStart"), number(item, "GetDuration")
    return Span(0, 0) if start is None or length is None else Span(start, start + length)


def _is_transition(item: Any) -> bool:
    return call(item, "GetMediaPoolItem") is None and call(item, "GetProperty") in ({}, None)


def _track_of(timeline: Timeline, item: Any) -> int:
    """The video track an item lies on; before 19.0 it has to be searched for."""
    if has(item, "GetTrackTypeAndIndex"):
        answer = call(item, "GetTrackTypeAndIndex")
        if answer:
            return int(answer[1])
    uid = text(item, "GetUniqueId")
    for index in range(1, (number(timeline.handle, "GetTrackCount", "video") or 0) + 1):
        for other in items(timeline.handle, "GetItemListInTrack", "video", index):
            if text(other, "GetUniqueId") == uid:
                return index
    return 1
