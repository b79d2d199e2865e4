"""The route by tracks: each matte on a track of its own above everything, and a copy of the plate above it.

With the composite mode `lum` or `alpha` the matte cuts the copy above it, whose mode is `foreground`: grading the
copy grades the object alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from host_adapters.matte_files import MatteSequence
from host_adapters.ranges import Span
from host_adapters.resolve.bins import import_run
from host_adapters.resolve.calls import call, demand, has, items, number, text
from host_adapters.resolve.composite import composite_mode
from host_adapters.resolve.errors import HostRefusedError
from host_adapters.resolve.items import Item
from host_adapters.resolve.media import same_files
from host_adapters.resolve.routes.base import Brought, Place, State
from host_adapters.resolve.tags import is_ours, read_tag, write_tag

MOST_LAYERS = 8
"""More mattes than this on tracks of their own are no timeline any more."""

_MATTE_MODES = ("alpha", "inverted_alpha", "lum", "inverted_lum")
"""Modes that cut what lies above."""


def bring(place: Place, sequences: Sequence[MatteSequence]) -> list[Brought]:
    """Lay each matte above each item; one of ours that is there already is put right."""
    if len(sequences) > MOST_LAYERS:
        raise HostRefusedError(
            f"the export has {len(sequences)} mattes, which would be as many tracks; name up to {MOST_LAYERS} "
            "categories, join some with groups, or choose clip mattes"
        )
    mode = str(place.options.get("composite", "lum"))
    composite_mode(mode)
    done = []
    for sequence in sequences:
        for item in place.job.items:
            what = f"{sequence.layers[0][1]} on a track, mode {mode}"
            try:
                state = _lay(place, item, sequence, mode)
                done.append(Brought(item.name, what, state))
            except HostRefusedError as err:
                done.append(Brought(item.name, what, State.FAILED, str(err)))
    return done


def _lay(place: Place, item: Item, sequence: MatteSequence, mode: str) -> State:
    layer = sequence.layers[0][1]
    run, start, end = _part(item, sequence)
    slot = place.slot(item, f"track/{layer}")
    timeline = place.timeline.handle
    track, older = _find(timeline, slot)
    state = State.ADDED
    if older is not None:
        fits = _record(older) == item.frames.record and same_files(
            text(call(older, "GetMediaPoolItem"), "GetClipProperty", "File Path"), sequence.path(run.start)
        )
        if fits:
            _set_mode(older, mode)
            return State.KEPT
        demand(timeline, "DeleteClips", [older], False, doing="take an older matte of ours off its track")
        state = State.UPDATED
    clip = import_run(
        place.project, sequence, run, item.media, place.tag(f"clip/{place.job.media.uid}/{layer}"), place.notes
    )
    if track is None:
        track = _track(timeline, f"Mattebridge {layer}", item.frames.record)
    laid = _append(place, clip, track, item.frames.record, None if item.media.still else Span(start, end))
    write_tag(laid, place.tag(slot))
    _set_mode(laid, mode)
    if mode in _MATTE_MODES and place.options.get("copy_plate", True):
        _copy(place, item, track, f"Mattebridge {layer} plate", slot)
    return state


def _part(item: Item, sequence: MatteSequence) -> tuple[Span, int, int]:
    """The run that an item's mattes lie in, and which of its frames they are, counted from 0, half open."""
    source = item.frames.source
    first = sequence.frames[0] if item.media.still else item.frames.number(source.start)
    run = sequence.run_with(Span(first, first + len(source)))
    return run, first - run.start, first - run.start + len(source)


def _copy(place: Place, item: Item, below: int, name: str, slot: str) -> None:
    """Lay the plate itself above its matte. A copy that is there is left as it is: it may be graded."""
    timeline, tag = place.timeline.handle, f"{slot}/plate"
    if _find(timeline, tag)[1] is not None:
        return
    if item.media.still:
        place.notes.append(f"{item.name}: a still's length cannot be told to Resolve without changing the clip; "
                           "lay a copy above its matte by hand, mode Foreground")  # fmt: skip
        return
    track = _track(timeline, name, item.frames.record, above=below)
    laid = _append(place, item.media.handle, track, item.frames.record, item.frames.source)
    write_tag(laid, place.tag(tag))
    _set_mode(laid, "foreground")


def _find(timeline: Any, slot: str) -> tuple[int | None, Any]:
    """The track and the item whose tag has a slot."""
    for index in range(1, (number(timeline, "GetTrackCount", "video") or 0) + 1):
        for item in items(timeline, "GetItemListInTrack", "video", index):
            tag = read_tag(item)
            if tag is not None and tag.get("matte") == slot:
                return index, item
    return None, None


def _track(timeline: Any, name: str, record: Span, above: int = 0) -> int:
    """A track of ours that is free over a range; a new one where there is none. Others' tracks are never used."""
    count = number(timeline, "GetTrackCount", "video") or 0
    for index in range(above + 1, count + 1):
        if text(timeline, "GetTrackName", "video", index) == name:
            there = items(timeline, "GetItemListInTrack", "video", index)
            if all(is_ours(item) for item in there) and not any(len(_record(i).meet(record)) for i in there):
                return index
    demand(timeline, "AddTrack", "video", doing="add a video track")
    now = number(timeline, "GetTrackCount", "video") or 0
    if now != count + 1:
        raise HostRefusedError(f"a track was added, yet the timeline has {now} where {count + 1} were expected")
    call(timeline, "SetTrackName", "video", now, name)
    return now


def _append(place: Place, clip: Any, track: int, record: Span, part: Span | None) -> Any:
    """Put a clip on a track, and find it there: what the call answers may be a phantom, or nothing.

    Args:
        place: Where.
        clip: The MediaPoolItem.
        track: The track; it is there and free.
        record: Where on the timeline.
        part: Its frames, counted from 0, half open; None for a still, whose length is set by marks.
    """
    info: dict[str, Any] = {
        "mediaPoolItem": clip,
        "mediaType": 1,
        "trackIndex": track,
        "recordFrame": record.start,
    }
    if part is None:
        if not has(clip, "SetMarkInOut"):
            raise HostRefusedError(
                "stills cannot be laid on a track before Resolve 19.1, which brought their length"
            )
        demand(clip, "SetMarkInOut", 0, len(record) - 1, "video", doing="give a still its length")
    else:
        info.update(startFrame=part.start, endFrame=part.end)
    pool = demand(place.project, "GetMediaPool", doing="show the media pool")
    call(pool, "AppendToTimeline", [info])
    for item in items(place.timeline.handle, "GetItemListInTrack", "video", track):
        found = _record(item)
        if found.start == record.start and abs(len(found) - len(record)) <= 1:
            if len(found) != len(record):
                place.notes.append(
                    f"{text(item, 'GetName')} is {len(found)} frames long and its plate {len(record)}, because "
                    "their rates differ"
                )
            return item
    raise HostRefusedError(
        f"Resolve did not put the matte on track {track} at frame {record.start}, as happens where something lies "
        "there or the track is locked"
    )


def _set_mode(item: Any, mode: str) -> None:
    wanted = composite_mode(mode)
    call(item, "SetProperty", "CompositeMode", wanted)
    found = number(item, "GetProperty", "CompositeMode")
    if found != wanted:
        raise HostRefusedError(f"Resolve would not set the composite mode {mode}; set it in the inspector")


def _record(item: Any) -> Span:
    start, length = number(item, "GetStart"), number(item, "GetDuration")
    return Span(-1, -1) if start is None or length is None else Span(start, start + length)
