"""Reads of packs, single mattes and foregrounds beside the node."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from host_adapters.nuke import making, node
from host_adapters.nuke.imprint import child_of
from tests.fakes.nuke import FakeNuke
from tests.fakes.nuke.pictures import frame_file, shown_frame
from tests.host_adapters.end_to_end import made_of

Read = Callable[..., Any]
Make = Callable[..., making.Making]


def shown(session: FakeNuke, read: Any, frame: int) -> tuple[str, int]:
    """The file that a Read shows at a frame of the script, and the plate's frame that it was made of."""
    path = Path(str(frame_file(session, read._data, shown_frame(read._data, frame))))
    return path.name, made_of(path)[1]


def test_each_layout_gets_its_reads(nuke: FakeNuke, read: Read, make: Make) -> None:
    group = node.create(read(nuke, frame_mode="offset", frame="-1000"))
    job = make(
        nuke,
        group,
        layouts="packed, single",
        foreground=True,
        categories="person, sky",
        range="custom",
        frames="3-4",
    )
    assert job.error is None
    assert len(job.notes) == 2 and all("foreground_colorspace" in note for note in job.notes)
    pack, person, front = (child_of(group, "picture", key) for key in ("pack01", "person", "fg_person"))
    assert pack is not None and person is not None and front is not None
    assert pack["label"].value() == "R person, G sky"
    assert person["label"].value() == "person" and person["raw"].value() is True
    assert shown(nuke, pack, 3) == ("shot_pack01.1003.exr", 1003)
    assert shown(nuke, person, 4) == ("shot_person.1004.exr", 1004)
    assert shown(nuke, front, 4) == ("shot_fg_person.1004.exr", 1004)
    assert nuke.toNode("Mattebridge1.Mattes") is None, "the layout layers was not asked for"


def test_a_second_run_points_the_same_reads_at_the_new_files(nuke: FakeNuke, read: Read, make: Make) -> None:
    group = node.create(read(nuke))
    wanted = {"layouts": "single", "foreground": True, "categories": "person", "range": "custom"}
    make(nuke, group, **wanted, frames="1003")
    front = child_of(group, "picture", "fg_person")
    assert front is not None
    front["colorspace"].setValue("linear")
    front["raw"].setValue(False)
    count = len(nuke.allNodes())
    make(nuke, group, **wanted, frames="1003-1005")
    assert len(nuke.allNodes()) == count
    assert (front["first"].value(), front["last"].value()) == (1003, 1005)
    assert "/v002/" in front["file"].value()
    assert front["raw"].value() is False, "a colour space that was named stays"


def test_only_chosen_layers_and_only_where_outputs_are_wanted(nuke: FakeNuke, read: Read, make: Make) -> None:
    group = node.create(read(nuke))
    wanted = {"layouts": "single", "categories": "person, sky", "range": "custom", "frames": "1003"}
    make(nuke, group, **wanted, outputs=False)
    assert child_of(group, "picture", "person") is None
    make(nuke, group, **wanted, outputs=True, chosen="sky")
    assert child_of(group, "picture", "person") is None and child_of(group, "picture", "sky") is not None
