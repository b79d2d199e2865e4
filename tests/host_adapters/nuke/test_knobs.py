"""Every parameter is a knob, and comes back from it as it went in."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.effect import Form, ParamType, StringMode, effect_description
from bridge.errors import UnknownNameError
from bridge.messages import CategoryInfo, DescribeReply, ModelInfo
from host_adapters.nuke import node
from host_adapters.nuke.controls import HOST_PARAMS
from host_adapters.nuke.imprint import ID
from host_adapters.nuke.knobs import ADD, knob_name, read_values
from tests.fakes.nuke import FakeNuke
from tests.host_adapters.nuke.conftest import Start

REPLY = DescribeReply(
    version="1", device="cpu", layouts=(), borders=(), image_formats=("png",), movie_formats=(),
    colorspaces=("ACEScg", "Raw"), effect=effect_description(),
    models=tuple(
        ModelInfo(name=model, summary="s", licence="l", categories=tuple(
            CategoryInfo(name=name, layer=name, is_thing=True) for name in categories
        ))
        for model, categories in (("embedded", ("person", "sky")), ("big", ("bat",)))
    ),
)  # fmt: skip


def test_a_new_node_has_every_parameter_at_its_default(nuke: FakeNuke) -> None:
    group = node.create()
    instance, ours = node.instance_of(group)
    defaults = effect_description().defaults()
    assert instance.values == defaults
    assert ours == {param.name: param.default for param in HOST_PARAMS if param.default is not None}


def test_each_group_is_a_tab_and_each_knob_has_a_hint(nuke: FakeNuke) -> None:
    group = node.create()
    for param in node.description().params:
        if param.type is ParamType.GROUP:
            assert group[knob_name(param.name)].kind == "Tab_Knob"
        elif param.form is not Form.WORDS or param.fill is not None or not param.choices:
            assert group[knob_name(param.name)].tooltip == param.hint


VALUES: dict[str, Any] = {
    "frames": "1001-1010",
    "handles": 8,
    "colorspace": "ACEScg",
    "on_error": "hold",
    "model": "embedded",
    "categories": "person, sky",
    "tracks": True,
    "groups": "wardrobe=tie,handbag\ncrowd=person",
    "policy_file": "/shows/p.toml",
    "border_row": "sky",
    "border_kind": "feather",
    "border_width": 0.5,
    "border_offset": -2.0,
    "borders": '[borders.sky]\nkind = "hard"',
    "out": "/mattes",
    "layouts": "layers, cryptomatte",
    "overlap": "normalized",
    "contact_sheet": False,
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_comes_back_from_its_knob(nuke: FakeNuke, name: str) -> None:
    group = node.create(values={name: VALUES[name]})
    assert node.instance_of(group)[0].values[name] == VALUES[name]


def test_a_folder_may_be_written_in_tcl(nuke: FakeNuke) -> None:
    group = node.create(values={"out": "[file dirname [value root.name]]/mattes"})
    folder = str(nuke.root_data.text("name")).rpartition("/")[0]
    assert node.instance_of(group)[0].values["out"] == f"{folder}/mattes"


def test_sliders_have_the_display_range(nuke: FakeNuke) -> None:
    assert node.create()[knob_name("border_contrast")].range == (0.25, 4.0)


def test_menus_are_filled_when_the_worker_was_asked(nuke: FakeNuke) -> None:
    group = node.create()
    assert group[knob_name("model")].values() == ["embedded"]
    node.remember(REPLY)
    node.refill(group)
    assert group[knob_name("model")].values() == ["embedded", "big"]
    assert group[knob_name("categories") + ADD].values()[1:] == ["person", "sky"]
    nuke.use(group, knob_name("model"), "big")
    assert group[knob_name("categories") + ADD].values()[1:] == ["bat"]


def test_a_model_the_worker_does_not_have_stays_chosen(nuke: FakeNuke) -> None:
    group = node.create(values={"model": "gone"})
    node.remember(REPLY)
    node.refill(group)
    assert group[knob_name("model")].value() == "gone"
    assert group[knob_name("model")].values() == ["gone", "embedded", "big"]


def test_what_is_picked_is_added_once(nuke: FakeNuke) -> None:
    node.remember(REPLY)
    group = node.create()
    for word in ("person", "sky", "person"):
        nuke.use(group, knob_name("categories") + ADD, word)
    nuke.use(group, knob_name("colorspace") + ADD, "Raw")
    nuke.use(group, knob_name("colorspace") + ADD, "ACEScg")
    assert group[knob_name("categories")].getText() == "person, sky"
    assert group[knob_name("colorspace")].getText() == "ACEScg"
    assert group[knob_name("categories") + ADD].value() == "choose..."


def test_border_controls_work_in_the_node(nuke: FakeNuke) -> None:
    group = node.create()
    nuke.use(group, knob_name("border_row"), "sky")
    assert group[knob_name("border_kind")].value() == "feather"
    nuke.use(group, knob_name("border_kind"), "hard")
    group[knob_name("border_set")].execute()
    assert '[borders."sky"]' in group[knob_name("borders")].getText()
    group[knob_name("border_remove")].execute()
    assert group[knob_name("borders")].getText() == ""
    assert group[knob_name("border_kind")].value() == "feather"


def test_a_border_that_cannot_be_is_told(nuke: FakeNuke) -> None:
    group = node.create()
    nuke.use(group, knob_name("borders"), "[borders.x]\nkind = 'soft'")
    assert "kind is one of hard" in nuke.messages[0]


def test_who_types_frames_means_them(nuke: FakeNuke) -> None:
    group = node.create()
    nuke.use(group, knob_name("frames"), "1001-1010")
    assert group[knob_name("range")].value() == "custom"


def test_a_node_of_an_older_version_gets_the_knobs_it_lacks(nuke: FakeNuke) -> None:
    group = node.create()
    del group._data.knobs[knob_name("overlap")]
    assert node.instance_of(group)[0].values["overlap"] == "independent"
    node.add_knobs(group)
    assert group[knob_name("overlap")].value() == "independent"


def test_a_pasted_copy_gets_an_id_of_its_own(nuke: FakeNuke) -> None:
    first, second = node.create(), node.create()
    second[ID]._value = first[ID]._value
    node.with_own_id(second)
    assert first[ID].value() != second[ID].value()
    kept = first[ID].value()
    node.with_own_id(first)
    assert first[ID].value() == kept


def test_names_of_knobs_are_not_those_of_the_group(nuke: FakeNuke) -> None:
    plain = {knob.name() for knob in nuke.nodes.Group().knobs().values()}
    ours = {knob_name(param.name) for param in node.description().params}
    assert not plain & ours


def test_text_from_a_command_line_becomes_values(nuke: FakeNuke) -> None:
    assert node.parsed({"tracks": "yes", "handles": "8", "border_width": "0.5", "overlap": "normalized"}) == {
        "tracks": True, "handles": 8, "border_width": 0.5, "overlap": "normalized",
    }  # fmt: skip
    with pytest.raises(Exception, match="handles cannot be 'many'"):
        node.parsed({"handles": "many"})
    with pytest.raises(UnknownNameError, match="unknown parameter"):
        node.parsed({"quality": "1"})


def test_paths_are_file_knobs(nuke: FakeNuke) -> None:
    group = node.create()
    kinds = {StringMode.FILE_PATH: "File_Knob", StringMode.DIRECTORY_PATH: "File_Knob"}
    for param in node.description().params:
        if param.type is ParamType.STRING and param.string_mode in kinds:
            assert group[knob_name(param.name)].kind == kinds[param.string_mode]


def test_knobs_that_are_missing_read_as_defaults(start: Start) -> None:
    session = start()
    session.touch()
    assert read_values(effect_description(), lambda _: None)["handles"] == 0
