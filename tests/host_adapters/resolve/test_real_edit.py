"""A timeline that Resolve exported, laid out in the fake clip by clip: 24 fps, from 01:00:00:00."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from bridge.frames import parse_frames
from host_adapters.resolve.plan import Route
from host_adapters.resolve.selection import Scope, choose, current_timeline
from tests.host_adapters.resolve.conftest import Edit
from tests.host_adapters.resolve.exports import Brings

FOLDER = os.environ.get("MATTEBRIDGE_TEST_DATA")
EDIT = Path(FOLDER or "") / "timelines" / "effects.otio"

pytestmark = pytest.mark.skipif(not FOLDER or not EDIT.exists(), reason="MATTEBRIDGE_TEST_DATA has no timelines")


def length(thing: dict[str, Any], key: str = "source_range") -> int:
    return int(thing[key]["duration"]["value"])


@pytest.fixture
def laid(edit: Edit) -> Edit:
    """Every video clip and transition of the export; movies have as many frames as the edit needs of them."""
    tracks = [t for t in json.loads(EDIT.read_text())["tracks"]["children"] if t["kind"] == "Video"]
    media: dict[str, Any] = {}
    for index, track in enumerate(tracks, 1):
        at = 0
        for child in track["children"]:
            kind = child["OTIO_SCHEMA"].split(".")[0]
            if kind == "Transition":
                half = int(child["in_offset"]["value"])
                edit.put(None, at - half, 2 * half or 1, track=index, properties={}, name=child["name"])
            elif kind == "Clip":
                name, still = child["name"], child["name"].endswith(".png")
                if name not in media:
                    more = {"Type": "Still", "End": "0"} if still else {}
                    media[name] = edit.movie(name, 1 if still else length(child), **more)
                edit.put(media[name], at, length(child), track=index)
                at += length(child)
            else:
                at += length(child)
    return edit


def test_each_clip_is_read_and_each_source_asked_for_once(laid: Edit) -> None:
    items = [item for track in laid.app.timeline.tracks for item in track.items]
    chosen = choose(current_timeline(laid.app), Scope.TIMELINE)
    assert len(chosen.items) == sum(item.media is not None for item in items) > 15
    assert [str(refusal) for refusal in chosen.refused if "is a transition" not in str(refusal)] == []
    jobs = Brings(laid, Route.FUSION).jobs()
    assert len(jobs) == len({item.media.uid for item in items if item.media is not None})
    movies = [job for job in jobs if not job.media.still]
    assert [len(parse_frames(job.request.frames or "")) for job in movies] == [job.media.count for job in movies]


def test_mattes_come_back_for_every_clip(laid: Edit) -> None:
    done = Brings(laid, Route.FUSION)()
    assert {one.state.value for one in done} == {"added"}
    for item in (item for track in laid.app.timeline.tracks for item in track.items if item.media is not None):
        comp = item.comps["Mattebridge"]
        last = comp.tools["Matte_sky"].file_at(comp.start + item.duration - 1)
        first = comp.tools["Matte_sky"].file_at(comp.start)
        assert first is not None
        assert last is not None
        assert first.exists()
        assert last.exists()
