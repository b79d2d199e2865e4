"""Run in a process of its own, by any Python from 3.9 on that has the bridge and OpenTimelineIO.

Exports a timeline by a worker elsewhere, and plans or refuses every other timeline it is given, with neither numpy
nor torch to be had. Prints one JSON object.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.host_adapters.bare import facts_of_this_python, forbid


def read_all(out: str, timelines: str, media: str) -> dict[str, Any]:
    """What becomes of each timeline in a folder: the frames of its sources, or why it is refused."""
    from host_adapters.timeline.errors import TimelineError
    from host_adapters.timeline.run import make_plan
    from host_adapters.timeline.wishes import Wishes

    found: dict[str, Any] = {}
    for file in sorted(Path(timelines).iterdir()):
        if file.suffix not in (".otio", ".edl"):
            continue
        try:
            plan = make_plan(Wishes(str(file), out, {}, [media]))
            found[file.name] = [[job.name, job.frames] for job in plan.jobs]
        except TimelineError as err:
            found[file.name] = str(err)
    return found


def export_one(edit: str, out: str, worker: str) -> dict[str, Any]:
    """Mattes of a timeline's clips, and the files of the timeline that comes back."""
    import opentimelineio as otio

    import bridge
    from host_adapters.timeline.run import export

    more: dict[str, Any] = {"categories": "sky", "layouts": "single", "contact_sheet": False}
    with bridge.connect(worker, start=False) as client:
        outcome = export(edit, out, client=client, say=lambda _: None, **more)
    assert outcome.otio_path is not None
    back = otio.adapters.read_from_file(str(outcome.otio_path))
    mattes = [
        clip.media_reference.target_url
        for track in back.tracks
        if track.name.startswith("Mattes")
        for clip in track.find_clips()
    ]
    return {"ok": outcome.ok, "mattes": mattes}


if __name__ == "__main__":
    forbid()
    edit, out, worker, *folders = sys.argv[1:]
    facts = export_one(edit, out, worker)
    facts["timelines"] = read_all(out, *folders) if folders else {}
    print(json.dumps({**facts, **facts_of_this_python()}))
