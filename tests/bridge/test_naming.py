"""Names that hosts take as they are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import LayerNameError
from bridge.naming import (
    MAX_LAYER_LENGTH,
    RESERVED_LAYERS,
    check_layers,
    clip_name,
    layer_name,
    short_category,
    slug,
)


def _in_nuke(channel: str) -> tuple[str, str]:
    """Layer and channel that Nuke makes of an EXR channel name, after ExrChannelNameToNuke of its NDK."""
    pieces = [re.sub(r"[^0-9A-Za-z]", "_", re.sub(r"^\d+", "", piece)) for piece in channel.split(".")[:3]]
    pieces = [piece for piece in pieces if piece]
    colors = {"r": "red", "g": "green", "b": "blue", "a": "alpha"}
    return "_".join(pieces[:-1]), colors.get(pieces[-1].lower(), pieces[-1])


@pytest.mark.parametrize(
    ("category", "short"),
    [
        ("sky-other-merged", "sky"),
        ("grass-merged", "grass"),
        ("water-other", "water"),
        ("door-stuff", "door"),
        ("dining table", "dining table"),
        ("wall-brick", "wall-brick"),
    ],
)
def test_short_category(category: str, short: str) -> None:
    assert short_category(category) == short


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("Dining Table", "dining_table", id="blank and case"),
        pytest.param("café--crème", "cafe_creme", id="accents, and runs of dashes"),
        pytest.param("7up", "x_7up", id="leading digit"),
        pytest.param("_wall_", "wall", id="underscores at the ends"),
        pytest.param("небо", "x", id="nothing that can be folded"),
        pytest.param("", "x", id="nothing at all"),
    ],
)
def test_slug(text: str, folded: str) -> None:
    assert slug(text) == folded


@pytest.mark.parametrize(
    ("category", "track", "name"),
    [
        ("sky-other-merged", None, "sky"),
        ("person", 1, "person_1"),
        ("mask", None, "mask_matte"),
        ("mask", 2, "mask_2"),
        ("depth", None, "depth_matte"),
        ("a" * 40, None, "a" * 29),
        ("a" * 40, 123, "a" * 25 + "_123"),
        ("chest of drawers chest bureau dresser", None, "chest_of_drawers_chest_bureau"),
    ],
)
def test_layer_name(category: str, track: int | None, name: str) -> None:
    assert layer_name(category, track) == name


@given(st.text(), st.none() | st.integers(1, 10**6))
def test_any_category_makes_a_name_that_passes_and_that_nuke_keeps(category: str, track: int | None) -> None:
    name = layer_name(category, track)
    assert check_layers([name]) == (name,)
    assert len(f"{name}.A") <= 31
    assert _in_nuke(f"{name}.A") == (name, "alpha")


def test_checked_names_come_back_from_any_iterable() -> None:
    assert check_layers(name for name in ["person", "sky"]) == ("person", "sky")


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        pytest.param(["Person"], "'person' would do", id="upper case"),
        pytest.param(["7up"], "'x_7up' would do", id="leading digit"),
        pytest.param(["a.b"], "'a_b' would do", id="dot"),
        pytest.param(["sky\n"], "'sky' would do", id="line end"),
        pytest.param([""], "'x' would do", id="empty"),
        pytest.param(["mask"], "'mask_matte' would do", id="reserved"),
        pytest.param(["a" * (MAX_LAYER_LENGTH + 1)], "longer than 29 characters", id="too long"),
        pytest.param(["sky", "car", "sky"], "two layers are called 'sky'", id="twice"),
    ],
)
def test_names_a_host_would_change_are_refused(names: list[str], reason: str) -> None:
    with pytest.raises(LayerNameError, match=reason):
        check_layers(names)


def test_reserved_names_are_names_in_their_folded_form() -> None:
    assert all(slug(name) == name for name in RESERVED_LAYERS)


@pytest.mark.parametrize(
    ("source", "clip"),
    [
        pytest.param("/shots/sh010/plate.####.exr", "plate", id="hashes"),
        pytest.param("plate.%04d.exr", "plate", id="printf"),
        pytest.param("plate_$F4.exr", "plate", id="Houdini"),
        pytest.param("plate.1001-1100#.exr", "plate", id="range and hash"),
        pytest.param("plate.-5-10x2,150@@@@.exr", "plate", id="ranges with a step, and at signs"),
        pytest.param("take2####.exr", "take2", id="a digit of the name before the hashes"),
        pytest.param("/shots/Take 3.mov", "Take_3", id="movie with a blank"),
        pytest.param("sh010.v003.####.dpx", "sh010_v003", id="version between dots"),
        pytest.param("C:\\shots\\a b\\x.mov", "x", id="Windows path"),
        pytest.param("/shots/sh010/", "sh010", id="folder"),
        pytest.param("плита 1.mov", "плита_1", id="letters of another script"),
        pytest.param("....", "clip", id="nothing but dots"),
        pytest.param("####.exr", "clip", id="nothing but a frame"),
    ],
)
def test_clip_name(source: str, clip: str) -> None:
    assert clip_name(source) == clip


@given(st.text(max_size=80))
def test_clip_name_is_a_plain_file_name(source: str) -> None:
    assert re.fullmatch(r"[\w-]+", clip_name(source))
