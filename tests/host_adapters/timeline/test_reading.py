"""Files that are timelines, and what is said of those that are not."""

from __future__ import annotations

import importlib.util
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from bridge.cli.source_kinds import SourceOrder, kind_of
from host_adapters.timeline.errors import TimelineError
from host_adapters.timeline.reading import read_timeline, timeline_rate
from tests.host_adapters.timeline.conftest import Cutting, span

EDL = """TITLE: edit
FCM: {fcm}
001  SH010 V     C        {source} {record}
* FROM CLIP NAME:  SH010
"""


@pytest.mark.parametrize("source", ["a.otio", "A.EDL", "b.xml", "c.otioz", "d.otiod"])
def test_timelines_are_known_by_their_extension(source: str) -> None:
    assert kind_of(source) is not None


@pytest.mark.parametrize("source", ["a.mov", "plate.%04d.exr", "folder", "edl"])
def test_plates_are_plates(source: str) -> None:
    assert kind_of(source) is None


def test_an_edl_in_drop_frame(tmp_path: Path) -> None:
    path = tmp_path / "edit.edl"
    times = {"source": "01:00:59;28 01:01:00;04", "record": "01:00:00;00 01:00:00;04"}
    path.write_text(EDL.format(fcm="DROP FRAME", **times))
    timeline = read_timeline(str(path), 29.97)
    (clip,) = timeline.find_clips()
    assert timeline_rate(timeline) == Fraction(30000, 1001)
    # Numbers 00 and 01 of the minute are left out: 59;28, 59;29, 00;02, 00;03.
    assert (clip.source_range.start_time.value, clip.source_range.duration.value) == (109690, 4)
    assert timeline.global_start_time.value == 107892


def test_xml_of_final_cut(cut: Cutting) -> None:
    cut.files()
    movie = cut.folder / "a.mov"
    movie.touch()
    clip = otio.schema.Clip("a", otio.schema.ExternalReference(movie.as_uri(), span(0, 50)), span(10, 5))
    cut.track().append(clip)
    cut.timeline = read_timeline(str(cut.write("edit.xml")))
    assert (cut.use().shown.start, cut.use().shown.end) == (11, 16)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("gone.otio", None, "there is no timeline at"),
        ("broken.otio", "{", "cannot be read as a timeline: JSON parse error"),
        ("other.xml", "<svg/>", "cannot be read as a timeline"),
        ("clip.otio", otio.schema.Clip("a").to_json_string(), "holds a Clip, expected a timeline"),
    ],
)
def test_what_is_no_timeline(tmp_path: Path, name: str, content: Any, says: str) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(TimelineError, match=says):
        read_timeline(str(tmp_path / name))


def test_without_opentimelineio_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    kind = kind_of("edit.otio")
    assert kind is not None
    with pytest.raises(TimelineError, match=r"pip install 'mattebridge\[timeline\]'"):
        kind(SourceOrder("edit.otio", {"out": "o"}, None, False, {}))
