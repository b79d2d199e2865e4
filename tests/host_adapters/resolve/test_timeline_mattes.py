"""Timeline mattes: packs in a bin of ours."""

from __future__ import annotations

import pytest

from host_adapters.resolve.errors import HostRefusedError
from host_adapters.resolve.plan import Route
from host_adapters.resolve.tags import read_tag
from tests.fakes.resolve import FakeTimelineItem
from tests.host_adapters.resolve.conftest import Edit
from tests.host_adapters.resolve.exports import Brings, states


def test_a_matte_for_each_range_in_our_bin(edit: Edit, plate: FakeTimelineItem) -> None:
    edit.put(plate.media, 40, 5, left=30)
    assert states(Brings(edit, Route.TIMELINE_MATTE)()) == ["added", "added"]
    paths = [clip.properties["File Path"] for clip in edit.app.pool.root.folders[0].clips]
    assert [path[path.index("[") :] for path in paths] == ["[1005-1014].exr", "[1031-1035].exr"]


def test_a_second_run_keeps_and_other_wishes_point_it_elsewhere(edit: Edit, plate: FakeTimelineItem) -> None:
    bring = Brings(edit, Route.TIMELINE_MATTE)
    bring()
    (clip,) = edit.app.pool.root.folders[0].clips
    assert states(bring()) == ["kept"]
    before = clip.properties["File Path"]
    assert states(bring(categories="person")) == ["updated"]
    assert edit.app.pool.root.folders[0].clips == [clip]
    assert clip.properties["File Path"] != before
    assert read_tag(clip) is not None


def test_a_host_that_would_not_replace_gets_a_second_one(edit: Edit, plate: FakeTimelineItem) -> None:
    bring = Brings(edit, Route.TIMELINE_MATTE)
    bring()
    edit.app.refuse_replace = True
    assert states(bring(categories="person")) == ["added"]
    assert any("lies beside it" in note for note in bring.notes)


def test_handles_are_told_as_an_offset(edit: Edit, plate: FakeTimelineItem) -> None:
    bring = Brings(edit, Route.TIMELINE_MATTE)
    bring(handles=3)
    assert any("begin 3 frames before" in note for note in bring.notes)


def test_refusal(edit: Edit, plate: FakeTimelineItem) -> None:
    edit.app.matte_forms = ()
    with pytest.raises(HostRefusedError, match="by hand"):
        Brings(edit, Route.TIMELINE_MATTE)()
