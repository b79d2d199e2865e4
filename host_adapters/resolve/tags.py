"""Our marks on Resolve's objects, so that a second run knows its own: JSON, never a name.

Clips of the media pool carry it as third-party metadata since 19.0, and before as the custom data of a marker.
Items of the timeline carry it as the custom data of a marker. A marker is only put on what is ours.
"""

from __future__ import annotations

import json
from typing import Any

from host_adapters.resolve.calls import call, demand, has

KEY = "mattebridge"
"""The third-party metadata's name, and what every tag has as a key."""

_MARKER = ("Lavender", "Mattebridge")


def read_tag(thing: Any) -> dict[str, Any] | None:
    """The tag of a MediaPoolItem or TimelineItem; None where it has none."""
    if has(thing, "GetThirdPartyMetadata"):
        tag = _parsed(call(thing, "GetThirdPartyMetadata", KEY))
        if tag is not None:
            return tag
    if has(thing, "GetMarkers"):
        for marker in (call(thing, "GetMarkers") or {}).values():
            tag = _parsed(marker.get("customData"))
            if tag is not None:
                return tag
    return None


def write_tag(thing: Any, tag: dict[str, Any]) -> None:
    """Put a tag on a MediaPoolItem or TimelineItem, in place of an older one, and read it back.

    Raises:
        HostRefusedError: Resolve did not take it.
    """
    packed = json.dumps({KEY: 1, **tag}, sort_keys=True)
    if has(thing, "SetThirdPartyMetadata"):
        demand(thing, "SetThirdPartyMetadata", KEY, packed, doing="keep our tag on a clip")
        if read_tag(thing) == json.loads(packed):
            return
    for frame, marker in (call(thing, "GetMarkers") or {}).items():
        if _parsed(marker.get("customData")) is not None:
            demand(thing, "UpdateMarkerCustomData", frame, packed, doing="change our tag")
            return
    color, name = _MARKER
    # A marker that the person set keeps its frame: two on one frame are refused.
    taken = {int(float(frame)) for frame in call(thing, "GetMarkers") or {}}
    frame = next(frame for frame in range(len(taken) + 1) if frame not in taken)
    demand(thing, "AddMarker", frame, color, name, "", 1, packed, doing="tag an item with a marker")


def is_ours(item: Any) -> bool:
    """Whether a timeline item is a matte that we put there, or a copy of a plate beside it."""
    if read_tag(item) is not None:
        return True
    pool_item = call(item, "GetMediaPoolItem")
    tag = read_tag(pool_item) if pool_item is not None else None
    return tag is not None and "matte" in tag


def _parsed(value: Any) -> dict[str, Any] | None:
    if not value or not isinstance(value, str):
        return None
    try:
        tag = json.loads(value)
    except ValueError:
        return None
    return tag if isinstance(tag, dict) and KEY in tag else None
