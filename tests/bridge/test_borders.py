"""Borders and policies: which row wins, TOML in and out, and what is said about a bad one."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.borders import (
    DEFAULT_POLICY,
    Border,
    BorderKind,
    BorderPolicy,
    Length,
    Profile,
    Side,
    Unit,
    policy_or_default,
)
from bridge.errors import PolicyError

HARD, NATURAL, FEATHER = (Border(kind) for kind in (BorderKind.HARD, BorderKind.NATURAL, BorderKind.FEATHER))

lengths = st.builds(Length, st.floats(0.0, 100.0), st.sampled_from(Unit))
borders = st.builds(
    Border,
    st.sampled_from(BorderKind),
    width=st.none() | lengths,
    offset=st.builds(Length, st.floats(-100.0, 100.0), st.sampled_from(Unit)),
    side=st.sampled_from(Side),
    profile=st.sampled_from(Profile),
    contrast=st.floats(0.05, 100.0),
)


@pytest.mark.parametrize(
    ("given_as", "length"),
    [
        ("6px", Length(6.0)),
        ("6 px", Length(6.0)),
        ("0.4%", Length(0.4, Unit.PCT)),
        (" -2.5px ", Length(-2.5)),
        (3, Length(3.0)),
        (1.5, Length(1.5)),
    ],
    ids=repr,
)
def test_length_is_read(given_as: str | float, length: Length) -> None:
    assert Length.parse(given_as) == length


@pytest.mark.parametrize("bad", ["6", "px", "6cm", "six px", "", True, None, []], ids=repr)
def test_length_without_a_unit_or_number_is_refused(bad: object) -> None:
    with pytest.raises(PolicyError, match=r"'6px' or '0\.4%'"):
        Length.parse(bad)  # type: ignore[arg-type]


@given(lengths)
def test_length_loses_nothing_as_text(length: Length) -> None:
    assert Length.parse(str(length)) == length


def test_per_cent_is_of_the_plates_height() -> None:
    assert Length(0.5, Unit.PCT).px(1080) == pytest.approx(5.4)
    assert Length(5.0).px(1080) == 5.0


@pytest.mark.parametrize(
    ("category", "is_thing", "wins"),
    [
        pytest.param("sky-other-merged", False, HARD, id="the long name before all"),
        pytest.param("water-other", False, NATURAL, id="then the short name"),
        pytest.param("Traffic Light", True, NATURAL, id="then a row of the same layer name"),
        pytest.param("car", True, FEATHER, id="then things"),
        pytest.param("grass-merged", False, HARD, id="then everything"),
    ],
)
def test_most_specific_row_wins(category: str, is_thing: bool, wins: Border) -> None:
    rows = {
        "*": HARD,
        "thing": FEATHER,
        "water": NATURAL,
        "sky": FEATHER,
        "sky-other-merged": HARD,
        "traffic_light": NATURAL,
    }
    assert BorderPolicy(rows).border_for(category, is_thing=is_thing) == wins


def test_rows_a_policy_does_not_have_come_from_the_default() -> None:
    policy = BorderPolicy({"car": FEATHER})
    for category, is_thing in (("person", True), ("dog", True), ("sky", False)):
        expected = DEFAULT_POLICY.border_for(category, is_thing=is_thing)
        assert policy.border_for(category, is_thing=is_thing) == expected


def test_policy_is_read_from_toml() -> None:
    text = """
    [borders.person]
    kind = "feather"
    width = "0.4%"
    side = "inner"
    profile = "gaussian"
    offset = -2

    [borders."*"]
    kind = "natural"
    contrast = 3
    """
    person = Border(BorderKind.FEATHER, Length(0.4, Unit.PCT), Length(-2.0), Side.INNER, profile=Profile.GAUSSIAN)
    assert BorderPolicy.from_toml(text).rows == {"person": person, "*": Border(BorderKind.NATURAL, contrast=3.0)}


@given(st.dictionaries(st.text(min_size=1), borders, max_size=4))
def test_policy_as_toml_reads_back_the_same(rows: dict[str, Border]) -> None:
    assert BorderPolicy.from_toml(BorderPolicy(rows).to_toml()).rows == rows


@pytest.mark.parametrize(
    ("border", "fields", "with_width"),
    [
        (HARD, {"offset"}, {"offset"}),
        (NATURAL, {"contrast"}, {"contrast"}),
        (FEATHER, {"offset", "side", "profile"}, {"width", "offset", "side", "profile"}),
        (Border(BorderKind.GUIDED), {"offset", "contrast"}, {"width", "offset", "contrast"}),
        (Border(BorderKind.MATTING), {"offset"}, {"width", "offset"}),
        (Border(BorderKind.NATURAL, side=Side.INNER), {"contrast", "side"}, {"contrast", "side"}),
    ],
    ids=lambda value: value.describe() if isinstance(value, Border) else "",
)
def test_a_row_in_toml_has_what_its_kind_uses(border: Border, fields: set[str], with_width: set[str]) -> None:
    policy = BorderPolicy({"it": border})
    for text, expected in ((policy.to_toml(), fields), (policy.to_toml(widths=True), with_width)):
        assert {line.split(" = ")[0] for line in text.splitlines()[1:]} == {"kind", *expected}
        read = BorderPolicy.from_toml(text).rows["it"]
        assert (read.describe(), read.side) == (border.describe(), border.side)


@given(borders)
def test_border_goes_over_the_wire_unchanged(border: Border) -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(border), type=Border) == border


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("[borders", "policy is not valid TOML", id="not TOML"),
        pytest.param("[border.car]", "unknown table 'border'", id="unknown table"),
        pytest.param("borders = 3", "must be a table of tables", id="borders is no table"),
        pytest.param("[borders]\ncar = 3", r"\[borders.car\] must be a table", id="row is no table"),
        pytest.param("[borders.car]", r"\[borders.car\]: .*`kind`", id="no kind"),
        pytest.param("[borders.car]\nkind = 'soft'", "kind is one of hard, feather, natural", id="unknown kind"),
        pytest.param("[borders.car]\nkind = 'hard'\nwidht = 3", "widht", id="unknown field"),
        pytest.param("[borders.car]\nkind = 'feather'\nside = 'left'", "side is one of centred", id="side"),
        pytest.param("[borders.car]\nkind = 'feather'\nwidth = '3cm'", "'6px' or '0.4%'", id="unknown unit"),
        pytest.param("[borders.car]\nkind = 'feather'\nwidth = -1", "0 to 10000px, but is -1px", id="negative"),
        pytest.param("[borders.car]\nkind = 'feather'\nwidth = '101%'", "0 to 100%", id="beyond the picture"),
        pytest.param("[borders.car]\nkind = 'hard'\noffset = nan", "-10000px to 10000px", id="not a number"),
        pytest.param("[borders.car]\nkind = 'natural'\ncontrast = 0", "contrast must lie in", id="contrast"),
    ],
)
def test_bad_policy_says_where_and_what(text: str, reason: str) -> None:
    with pytest.raises(PolicyError, match=reason):
        BorderPolicy.from_toml(text)


def test_policy_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "notepad.toml"
    path.write_text("[borders.car]\nkind = 'hard'\n", encoding="utf-8-sig")
    assert BorderPolicy.from_file(path).rows == {"car": HARD}


def test_policy_file_is_named_in_errors(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"none\.toml"):
        policy_or_default(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(PolicyError, match=r"bad\.toml"):
        policy_or_default(tmp_path / "bad.toml")
    assert policy_or_default(None) is DEFAULT_POLICY


@pytest.mark.parametrize(
    ("border", "words"),
    [
        (Border(BorderKind.HARD, offset=Length(-2.0)), "hard offset=-2px"),
        (Border(BorderKind.NATURAL, contrast=2.5), "natural contrast=2.5"),
        (
            Border(BorderKind.FEATHER, width=Length(0.25, Unit.PCT), side=Side.OUTER),
            "feather width=0.25% offset=0px side=outer profile=smooth",
        ),
        (Border(BorderKind.GUIDED, contrast=1.5), "guided width=2.5% offset=0px contrast=1.5"),
        (Border(BorderKind.MATTING, width=Length(40.0)), "matting width=40px offset=0px"),
    ],
)
def test_border_in_words(border: Border, words: str) -> None:
    assert border.describe() == words


@pytest.mark.parametrize(
    ("kind", "width"),
    [
        (BorderKind.HARD, Length(0.0)),
        (BorderKind.FEATHER, Length(0.4, Unit.PCT)),
        (BorderKind.GUIDED, Length(2.5, Unit.PCT)),
        (BorderKind.MATTING, Length(5.0, Unit.PCT)),
    ],
)
def test_border_without_a_width_has_its_kinds(kind: BorderKind, width: Length) -> None:
    assert Border(kind).soft_width == width
    assert Border(kind, width=Length(3.0)).soft_width == Length(3.0)


def test_plate_is_needed_by_kinds_that_look_at_it() -> None:
    assert {kind for kind in BorderKind if Border(kind).needs_plate} == {BorderKind.GUIDED, BorderKind.MATTING}
