"""From a node to its mattes: a fake Nuke, a real worker, real files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host_adapters.nuke import making, node
from host_adapters.nuke.imprint import child_of
from tests.fakes.nuke import FakeNuke
from tests.fakes.nuke.pictures import channels_at
from tests.host_adapters.nuke.shown import files_shown, mattes_read
from worker.engine import Engine

Read = Callable[..., Any]
Make = Callable[..., making.Making]


def test_the_mattes_of_a_read_come_into_the_graph(nuke: FakeNuke, read: Read, make: Make, tmp_path: Path) -> None:
    plate = read(nuke)
    plate.setSelected(True)
    group = node.create(plate)
    job = make(nuke, group)
    assert (job.error, nuke.messages) == (None, [])
    mattes = mattes_read(nuke, group)
    assert mattes["file"].value() == f"{tmp_path}/mattes/Mattebridge1/v001/shot_mattes.%04d.exr"
    assert [mattes[name].value() for name in ("first", "last", "origfirst", "origlast")] == [
        1001,
        1012,
        1001,
        1012,
    ]
    assert mattes["raw"].value() and mattes["on_error"].value() == "black"
    assert mattes["localizationPolicy"].value() == "off" and mattes["reload"].executed == 1
    assert files_shown(nuke, mattes, range(1001, 1013))[0] == "shot_mattes.1001.exr"
    assert {"person.alpha", "sky.alpha", "grass.alpha"} <= set(channels_at(group._data))
    assert group.input(0) == plate
    assert [one.name() for one in nuke.selectedNodes()] == ["Plate"]
    assert nuke.undo_steps == ["Mattebridge", "Mattebridge: mattes"]
    assert group[node.STATUS].value().startswith("frames 1001-1012, read as sRGB Encoded Rec.709 (sRGB): ")
    assert "colorManagement Nuke" in group[node.COLOR].getText()


def test_each_layer_gets_a_grade_masked_by_it_and_an_output(nuke: FakeNuke, read: Read, make: Make) -> None:
    group = node.create(read(nuke))
    make(nuke, group, categories="person, sky")
    person, sky = child_of(group, "grade", "person"), child_of(group, "grade", "sky")
    assert person is not None and sky is not None
    assert (person.input(0), sky.input(0)) == (group, person)
    assert [one["maskChannelInput"].value() for one in (person, sky)] == ["person.alpha", "sky.alpha"]
    output = child_of(group, "output", "person")
    assert output is not None
    assert (output.input(0), output.input(1)) == (group, group)
    assert (output["from0"].value(), output["to0"].value()) == ("person.alpha", "rgba.alpha")
    assert child_of(group, "grade", "grass") is None


def test_cryptomatte_is_wired_and_filled(nuke: FakeNuke, read: Read, make: Make) -> None:
    group = node.create(read(nuke))
    job = make(nuke, group, layouts="layers, cryptomatte", categories="person, sky")
    assert job.notes == []
    crypto = child_of(group, "crypto")
    assert crypto is not None
    files = crypto.input(0)
    assert files["raw"].value() and files["file"].value().endswith("shot_crypto.%04d.exr")
    assert crypto["cryptoLayerChoice"].value() == "crypto_instance"
    assert crypto["matteList"].value() == "person_1, sky"


def test_what_the_worker_has_to_say_is_told(
    nuke: FakeNuke, read: Read, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = Engine.check
    research = ("the licence is for research only",)
    monkeypatch.setattr(Engine, "check", lambda engine, request: check(engine, request) + research)
    job = make(nuke, node.create(read(nuke)))
    assert (job.error, job.notes) == (None, ["the licence is for research only"])
    assert "for research only" in nuke.messages[0]


def test_a_cryptomatte_menu_that_is_not_filled_yet_is_told(nuke: FakeNuke, read: Read, make: Make) -> None:
    nuke.cryptomatte_looks = False
    group = node.create(read(nuke))
    job = make(nuke, group, layouts="cryptomatte", cryptomatte="categories")
    assert job.notes == ["choose crypto_class in the menu Layer Selection of Mattebridge1_crypto"]
    assert nuke.messages and nuke.toNode("Mattebridge1.Mattes") is None


def test_a_second_run_updates_the_node_that_is_there(nuke: FakeNuke, read: Read, make: Make) -> None:
    group = node.create(read(nuke))
    make(nuke, group, categories="person,sky")
    person = child_of(group, "grade", "person")
    assert person is not None
    person["white"]._value = 0.5
    viewer = nuke.nodes.Viewer(inputs=[child_of(group, "grade", "sky")])
    count = len(nuke.allNodes())
    make(nuke, group, categories="person,sky,grass", overlap="normalized")
    assert child_of(group, "grade", "person") == person and person["white"]._value == 0.5
    assert len(nuke.allNodes()) == count + 2, "one Grade and one output for grass, nothing else"
    grass = child_of(group, "grade", "grass")
    assert grass is not None
    assert (grass.input(0), viewer.input(0)) == (child_of(group, "grade", "sky"), grass)
    assert mattes_read(nuke, group)["file"].value().endswith("/v002/shot_mattes.%04d.exr")
    assert len([one for one in nuke.allNodes(group=group) if one.Class() == "Read"]) == 1


def test_the_same_request_again_goes_to_the_same_folder(nuke: FakeNuke, read: Read, make: Make) -> None:
    group = node.create(read(nuke))
    make(nuke, group)
    make(nuke, group)
    assert mattes_read(nuke, group)["file"].value().endswith("/v001/shot_mattes.%04d.exr")
    make(nuke, group, new_folders=False)
    assert mattes_read(nuke, group)["file"].value().endswith("/Mattebridge1/shot_mattes.%04d.exr")


def test_without_new_folders_other_settings_replace_and_other_frames_join(
    nuke: FakeNuke, read: Read, make: Make
) -> None:
    group = node.create(read(nuke))
    values = {"new_folders": False, "range": "custom"}
    for frames, categories, first, last in (
        ("1001-1003", "person, sky", 1001, 1003),
        ("1006-1008", "person, sky", 1001, 1008),
        ("1006-1007", "person", 1006, 1007),
    ):
        assert make(nuke, group, frames=frames, categories=categories, **values).error is None
        mattes = mattes_read(nuke, group)
        assert (mattes["first"].value(), mattes["last"].value()) == (first, last)
    folder = Path(mattes["file"].value()).parent
    assert sorted(path.name for path in folder.glob("*.exr")) == ["shot_mattes.1006.exr", "shot_mattes.1007.exr"]
