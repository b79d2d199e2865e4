"""The route by timeline mattes: packs of four that stand by themselves in our bin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from host_adapters.matte_files import MatteSequence
from host_adapters.ranges import Span
from host_adapters.resolve.bins import our_bin, replace_run, set_up, tagged
from host_adapters.resolve.calls import demand, items, text
from host_adapters.resolve.errors import HostRefusedError
from host_adapters.resolve.items import Item
from host_adapters.resolve.media import same_files
from host_adapters.resolve.routes.base import Brought, Place, State
from host_adapters.resolve.routes.clip_matte import forms
from host_adapters.resolve.tags import write_tag


def bring(place: Place, sequences: Sequence[MatteSequence]) -> list[Brought]:
    """Add packs to our bin as timeline mattes; older ones are pointed at the new files, so that grades keep
    them."""
    pool = demand(place.project, "GetMediaPool", doing="show the media pool")
    folder = our_bin(pool)
    done = []
    for item in place.job.items[:1]:
        before = item.frames.source.start - place.job.spans[0].start
        for sequence in sequences:
            state = _one(place, pool, folder, item, sequence)
            done.append(Brought(item.name, f"timeline matte {sequence.words}", state))
        if before:
            place.notes.append(
                f"{item.name}: its timeline mattes begin {before} frames before it (handles); set the offset of "
                f"the External Matte node to {before}"
            )
    return done


def _one(place: Place, pool: Any, folder: Any, item: Item, sequence: MatteSequence) -> State:
    run = sequence.runs()[0]
    slot = place.slot(item, f"timeline_matte/{sequence.key}")
    older = tagged(items(folder, "GetClipList"), matte=slot)
    if older is not None:
        if same_files(text(older, "GetClipProperty", "File Path"), sequence.path(run.start)):
            return State.KEPT
        if replace_run(place.project, older, sequence, run, place.job.media, place.tag(slot), place.notes):
            return State.UPDATED
        place.notes.append(
            f"{item.name}: Resolve would not point the older timeline matte {text(older, 'GetName')} at the new "
            "files; the new one lies beside it"
        )
    storage = demand(place.host.resolve, "GetMediaStorage", doing="show its media storage")
    clip = _add(storage, pool, folder, sequence, run)
    set_up(place.project, clip, place.job.media, place.notes)
    write_tag(clip, place.tag(slot))
    return State.ADDED


def _add(storage: Any, pool: Any, folder: Any, sequence: MatteSequence, run: Span) -> Any:
    """Add a timeline matte and find it again in our bin."""
    demand(pool, "SetCurrentFolder", folder, doing="open our bin")
    for form in forms(sequence, run):
        for clip in items(storage, "AddTimelineMattesToMediaPool", [form]):
            if same_files(text(clip, "GetClipProperty", "File Path"), sequence.path(run.start)):
                return clip
    raise HostRefusedError(
        f"Resolve would not add {sequence.name} as a timeline matte; add {sequence.path(run.start)} by hand: in "
        "the Media page's storage browser, right-click it and choose Add As Matte with no clip selected"
    )
