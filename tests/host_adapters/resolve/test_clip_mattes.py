"""Clip mattes: packs that are attached to a clip of the media pool."""

from __future__ import annotations

import pytest

from host_adapters.resolve.errors import HostRefusedError
from host_adapters.resolve.plan import Route
from tests.fakes.resolve import FakeTimelineItem
from tests.host_adapters.resolve.conftest import Edit
from tests.host_adapters.resolve.exports import Brings, states


def test_packs_are_attached_and_read_back(edit: Edit, plate: FakeTimelineItem) -> None:
    done = Brings(edit, Route.CLIP_MATTE)()
    assert states(done) == ["added"]
    assert "R car, G person, B sky" in done[0].what
    (path,) = plate.media.mattes
    assert path.endswith("plate_pack01.[1001-1060].exr")


def test_a_second_run_keeps_them(edit: Edit, plate: FakeTimelineItem) -> None:
    bring = Brings(edit, Route.CLIP_MATTE)
    bring()
    assert states(bring()) == ["kept"]
    assert len(plate.media.mattes) == 1


def test_other_wishes_replace_ours_and_nobody_elses(edit: Edit, plate: FakeTimelineItem) -> None:
    plate.media.mattes.append("/hand/made.[0001-0060].exr")
    bring = Brings(edit, Route.CLIP_MATTE)
    bring()
    assert states(bring(categories="person")) == ["updated"]
    assert len(plate.media.mattes) == 2
    assert "/hand/made.[0001-0060].exr" in plate.media.mattes


@pytest.mark.parametrize("form", ["brackets", "printf"])
def test_whichever_form_the_host_takes(edit: Edit, plate: FakeTimelineItem, form: str) -> None:
    edit.app.matte_forms = (form,)
    bring = Brings(edit, Route.CLIP_MATTE)
    assert states(bring()) == ["added"]
    assert bring.notes == []


def test_a_host_that_lists_one_file_only_is_told_of(edit: Edit, plate: FakeTimelineItem) -> None:
    edit.app.matte_forms = ("first",)
    bring = Brings(edit, Route.CLIP_MATTE)
    bring()
    assert any("see on the Color page that the matte moves" in note for note in bring.notes)


def test_a_host_that_takes_none_says_what_to_do_by_hand(edit: Edit, plate: FakeTimelineItem) -> None:
    edit.app.matte_forms = ()
    with pytest.raises(HostRefusedError, match="Add As Matte"):
        Brings(edit, Route.CLIP_MATTE)()
