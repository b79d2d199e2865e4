"""Leaving Resolve as it was found: bin, timeline, page, playhead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bridge.errors import MattebridgeError
from host_adapters.resolve.calls import call, text
from host_adapters.resolve.finding import Host
from host_adapters.resolve.selection import Timeline


@contextmanager
def restored(host: Host, timeline: Timeline, notes: list[str]) -> Iterator[None]:
    """Put current bin, timeline, page and playhead back on leaving, also where the block raises."""
    pool = call(timeline.project, "GetMediaPool")
    folder = call(pool, "GetCurrentFolder")
    page = text(host.resolve, "GetCurrentPage")
    timecode = text(timeline.handle, "GetCurrentTimecode")
    try:
        yield
    finally:
        # What cannot be put back is said; it must not hide why the block raised.
        try:
            _put_back(host, timeline, notes, pool, folder, page, timecode)
        except MattebridgeError as err:
            notes.append(f"bin, page or playhead may not be where they were: {err}")


def _put_back(
    host: Host, timeline: Timeline, notes: list[str], pool: object, folder: object, page: str, timecode: str
) -> None:
    if folder is not None and not call(pool, "SetCurrentFolder", folder):
        notes.append("the current bin could not be put back")
    now = call(timeline.project, "GetCurrentTimeline")
    if text(now, "GetUniqueId") != timeline.uid and not call(
        timeline.project, "SetCurrentTimeline", timeline.handle
    ):
        notes.append(f"the timeline {timeline.name} could not be opened again")
    if page and text(host.resolve, "GetCurrentPage") != page and not call(host.resolve, "OpenPage", page):
        notes.append(f"the {page} page could not be opened again")
    if timecode and text(timeline.handle, "GetCurrentTimecode") != timecode:
        call(timeline.handle, "SetCurrentTimecode", timecode)
