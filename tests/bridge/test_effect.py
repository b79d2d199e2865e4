"""The effect: one description, and nothing of a request that it does not know."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bridge import wire
from bridge.borders import DEFAULT_POLICY, Border, BorderKind, BorderPolicy, Length, Side, Unit
from bridge.effect import (
    ActionError,
    Effect,
    Fill,
    Form,
    ParamType,
    Status,
    checked,
    effect_description,
    filled,
    from_request,
    to_request,
    with_handles,
)
from bridge.errors import BadRequestError, PolicyError, UnknownNameError
from bridge.messages import CategoryInfo, DescribeReply, ModelInfo
from bridge.request import Layout, LicenceDemand, MatteRequest, OnError, Overlap

EFFECT = effect_description()

MODELS = (
    ModelInfo(name="embedded", summary="small", licence="Apache-2.0", categories=(
        CategoryInfo(name="person", layer="person", is_thing=True),
        CategoryInfo(name="sky-other-merged", layer="sky", is_thing=False),
    )),
    ModelInfo(name="big", summary="large", licence="MIT", categories=(
        CategoryInfo(name="bat", layer="bat", is_thing=True),
    )),
)  # fmt: skip

FULL = MatteRequest(
    source="/shots/plate.####.exr",
    out="/mattes",
    frames="1001-1100",
    model="big",
    licence=LicenceDemand.COMMERCIAL,
    detail=3,
    categories=("person", "sky"),
    policy=BorderPolicy({"person": Border(BorderKind.FEATHER, width=Length(6.0), side=Side.OUTER)}),
    layouts=(Layout.LAYERS, Layout.CRYPTOMATTE),
    tracks=True,
    colorspace="ACEScg",
    overlap=Overlap.NORMALIZED,
    groups={"wardrobe": ("tie", "handbag"), "crowd": ("person",)},
    foreground=True,
    smoothing=2,
    on_error=OnError.HOLD,
    replace=True,
    contact_sheet=False,
)


def test_every_field_of_a_request_is_a_parameter() -> None:
    fields = {field.name for field in msgspec.structs.fields(MatteRequest)}
    known = {param.field for param in EFFECT.params if param.field is not None}
    # A new field needs one Param in bridge/effect/parameters.py; command line and hosts follow from there.
    assert known == fields - {"source"}


def test_parameters_are_what_openfx_allows() -> None:
    names = [param.name for param in EFFECT.params]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and name.islower() for name in names)
    seen: set[str] = set()
    for param in EFFECT.params:
        assert param.hint, f"{param.name} needs a hint"
        assert param.parent is None or param.parent in seen, "a group stands before what it holds"
        if param.type is ParamType.GROUP:
            seen.add(param.name)
        assert (param.default is not None) is param.has_value
        if param.default is not None:
            assert checked(param, param.default) == param.default
        if param.type is ParamType.STR_CHOICE:
            assert param.choices or param.fill is not None
        if param.display_min is not None and param.display_max is not None:
            assert param.min is not None and param.max is not None
            assert param.min <= param.display_min < param.display_max <= param.max


def test_options_of_the_command_line_are_unique() -> None:
    options = [param.option for param in EFFECT.params if param.option is not None]
    assert len(set(options)) == len(options)


@pytest.mark.parametrize(
    "request_",
    [MatteRequest(source="a.mov", out="/m"), FULL],
    ids=["all at its default", "nothing at its default"],
)
def test_a_request_comes_back_from_its_values(request_: MatteRequest) -> None:
    assert to_request(from_request(request_), request_.source) == request_


def test_the_full_request_of_these_tests_leaves_no_field_at_its_default() -> None:
    plain = MatteRequest(source="/s", out="/o")
    for field in msgspec.structs.fields(MatteRequest):
        assert getattr(FULL, field.name) != getattr(plain, field.name), f"give {field.name} a value of its own"


def test_values_that_are_left_out_are_at_the_request_s_own_defaults() -> None:
    assert to_request({"out": "/m"}, "a.mov") == MatteRequest(source="a.mov", out="/m")


@pytest.mark.parametrize(
    ("values", "error", "says"),
    [
        pytest.param({}, BadRequestError, "out is empty", id="no folder"),
        pytest.param({"out": "/m", "quality": 1}, UnknownNameError, "unknown parameter 'quality'", id="unknown"),
        pytest.param({"out": "/m", "tracks": 1}, ActionError, "tracks must be true or false", id="a number"),
        pytest.param({"out": "/m", "handles": True}, ActionError, "handles must be a whole number", id="a box"),
        pytest.param({"out": "/m", "handles": -1}, ActionError, "in 0 to 1000, but is -1", id="below the least"),
        pytest.param({"out": "/m", "on_error": "skip"}, UnknownNameError, "'skip'", id="no such choice"),
        pytest.param({"out": "/m", "layouts": "layers,zip"}, UnknownNameError, "'zip'", id="no such word"),
        pytest.param({"out": "/m", "groups": "tie"}, BadRequestError, "like wardrobe=tie", id="no table"),
        pytest.param({"out": "/m", "borders": "x"}, PolicyError, "border table", id="no TOML"),
    ],
)  # fmt: skip
def test_wrong_values_are_named(values: dict[str, object], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        to_request(values, "a.mov")  # type: ignore[arg-type]


def test_rows_of_the_table_lie_over_those_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('[borders.sky]\nkind = "hard"\n[borders.person]\nkind = "hard"\n')
    values = {"out": "/m", "policy_file": str(file), "borders": '[borders.person]\nkind = "natural"'}
    rows = to_request(values, "a.mov").policy.rows
    assert {name: border.kind for name, border in rows.items()} == {
        "sky": BorderKind.HARD,
        "person": BorderKind.NATURAL,
    }


@pytest.mark.parametrize(
    ("frames", "handles", "available", "expected"),
    [
        ("1001-1100", 8, None, "993-1108"),
        ("1001-1100", 8, (1001, 1104), "1001-1104"),
        ("1001-1009x4", 2, None, "999-1001,1005,1009-1011"),
        ("10", 0, (1, 20), "10"),
    ],
)
def test_handles_stop_where_the_source_ends(
    frames: str, handles: int, available: tuple[int, int] | None, expected: str
) -> None:
    from bridge.frames import parse_frames

    assert parse_frames(with_handles(frames, handles, available)) == parse_frames(expected)


def test_a_worker_fills_the_choices_of_the_model_that_is_chosen() -> None:
    def choices(model: str | None, name: str) -> list[str]:
        return [choice.value for choice in filled(EFFECT, MODELS, ["ACEScg"], model).param(name).choices]

    assert choices(None, "model") == ["embedded", "big"]
    assert choices(None, "categories") == ["person", "sky"]
    assert choices("big", "categories") == ["bat"]
    assert choices(None, "colorspace") == ["ACEScg"]
    rows = choices("big", "border_row")
    assert rows[0] == "people" and rows[-1] == "bat" and len(set(rows)) == len(rows)
    with pytest.raises(UnknownNameError, match="there is: big, embedded"):
        filled(EFFECT, MODELS, [], "bigg")


def test_every_fill_is_used_and_only_strings_hold_lists() -> None:
    assert {param.fill for param in EFFECT.params} == {None, *Fill}
    assert {param.type for param in EFFECT.params if param.form is not Form.PLAIN} == {ParamType.STRING}


def test_the_description_survives_the_wire() -> None:
    reply = DescribeReply(
        version="1", device="cpu", models=MODELS, layouts=(), borders=(), image_formats=(), movie_formats=(),
        colorspaces=("ACEScg",), effect=filled(EFFECT, MODELS, ["ACEScg"]),
    )  # fmt: skip
    assert wire.unpack(wire.pack(reply, "1")).body == reply
    assert Effect().describe(reply) == reply.effect


def test_default_policy_rows_are_what_the_controls_show() -> None:
    defaults = EFFECT.defaults()
    border = DEFAULT_POLICY.border_for("person", is_thing=True)
    assert (defaults["border_kind"], defaults["border_width"]) == (border.kind.value, border.soft_width.value)
    assert border.soft_width.unit is Unit.PCT and defaults["border_width_unit"] == "%"


def test_status_codes_are_openfx_numbers() -> None:
    assert (Status.OK, Status.ERR_BAD_HANDLE, Status.ERR_VALUE, Status.REPLY_DEFAULT) == (0, 9, 11, 14)
