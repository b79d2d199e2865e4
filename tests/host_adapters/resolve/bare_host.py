"""Run in a process of its own, by any Python from 3.9 on that has what the bridge depends on.

Brings mattes of a sequence into the fake Resolve by every route, with neither numpy nor torch to be had. Prints
one JSON object.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.host_adapters.bare import facts_of_this_python, forbid

FIRST, COUNT, LEFT, SHOWN = 1001, 12, 2, 3
"""The sequence, and the part of it that is cut in."""


def bring_in(pattern: str, out: str, worker: str) -> dict[str, Any]:
    """Mattes of three frames of a sequence, by every route; the files the host would read."""
    from host_adapters.resolve import Route, run
    from tests.fakes.resolve import FakeResolve, FakeTimelineItem

    app = FakeResolve(rate="29.97 DF", start=107892, timecode="01:00:00;00")
    head, tail = pattern.split("%04d")
    path = f"{head}[{FIRST}-{FIRST + COUNT - 1}]{tail}"
    properties = {"Type": "Video", "File Path": path, "FPS": "29.97", "Frames": str(COUNT)}
    media = app.pool.add("shot", **properties, Start=str(FIRST), End=str(FIRST + COUNT - 1))
    item = app.timeline.put(1, FakeTimelineItem(app, media, 107902, SHOWN, LEFT))
    done = {
        route.value: run(
            "timeline",
            route.value,
            out=out,
            address=worker,
            script_globals={"resolve": app},
            say=lambda _: None,
            categories="person",
            contact_sheet=False,
        ).ok
        for route in Route
    }
    loader = item.comps["Mattebridge"].tools["Matte_person"]
    matte = app.timeline.tracks[1].items[0]
    (whole,) = media.mattes
    pack = next(clip for folder in app.pool.root.folders for clip in folder.clips if "_pack01" in clip.name)
    return {
        "routes": done,
        "clip_matte": [
            whole.replace(f"[{FIRST}-{FIRST + COUNT - 1}]", str(number)) for number in range(FIRST, FIRST + COUNT)
        ],
        "timeline_matte": [str(pack.file_at(index)) for index in range(SHOWN)],
        "fusion": [str(loader.file_at(time)) for time in range(SHOWN)],
        "track": [str(matte.file_at(frame)) for frame in range(item.start, item.end)],
    }


if __name__ == "__main__":
    forbid()
    print(json.dumps({**bring_in(*sys.argv[1:]), **facts_of_this_python()}))
