from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridge.errors import BadRequestError, UnknownNameError
from worker.media.color import DEFAULT_CONFIG, SRGB, ColorOrigin, InputColor, choose_color, show_exactly
from worker.media.display import to_plate

_OLD_CONFIG = """
ocio_profile_version: 1
strictparsing: true
roles: {scene_linear: linear, default: raw}
displays:
  monitor:
    - !<View> {name: Film, colorspace: screen}
colorspaces:
  - !<ColorSpace> {name: linear, isdata: false}
  - !<ColorSpace>
    name: screen
    isdata: false
    from_reference: !<ExponentTransform> {value: [0.5, 0.5, 0.5, 1]}
  - !<ColorSpace> {name: raw, isdata: true}
"""
"""A studio's version 1 configuration: no sRGB by name, one display with its own curve, a square root."""


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OCIO", raising=False)


@pytest.fixture
def old_config(tmp_path: Path) -> str:
    path = tmp_path / "config.ocio"
    path.write_text(_OLD_CONFIG)
    return str(path)


def _shown(value: float, color: InputColor) -> int:
    plate = to_plate(np.full((2, 3, 3), value, np.float32), color)
    assert plate.shape == (2, 3, 3)
    assert np.ptp(plate.astype(int), axis=2).max() <= 1
    return int(plate[0, 0, 1])


def test_floating_point_is_scene_linear_by_rule_and_tone_mapped() -> None:
    color = choose_color(None, None, is_float=True)
    assert (color.space, color.origin, color.config) == ("ACEScg", ColorOrigin.RULE, DEFAULT_CONFIG)
    # ACES 2.0, SDR 100 nits: the grey card is 0.34919, and what is brighter than the screen is white.
    assert _shown(0.18, color) == round(0.34919 * 255)
    assert _shown(0.0, color) == 0
    assert _shown(1000.0, color) == 255


def test_integers_are_srgb_by_rule_and_pass() -> None:
    assert choose_color(None, None, is_float=False) == InputColor(SRGB, ColorOrigin.RULE, untouched=True)


@pytest.mark.parametrize(
    ("reported", "space"),
    [
        ("lin_rec709_scene", "Linear Rec.709 (sRGB)"),
        ("lin_ap0_scene", "ACES2065-1"),
        ("ACEScct", "ACEScct"),
        ("KodakLog", "ADX10"),
    ],
)
def test_metadata_decide_before_the_rule(reported: str, space: str) -> None:
    color = choose_color(None, reported, is_float=False)
    assert (color.space, color.origin, color.untouched) == (space, ColorOrigin.METADATA, False)


@pytest.mark.parametrize("reported", ["srgb_rec709_scene", "sRGB", "Rec709", "g22_rec709_scene"])
def test_metadata_meant_for_a_screen_pass(reported: str) -> None:
    color = choose_color(None, reported, is_float=False)
    assert (color.space, color.untouched) == (SRGB, True)


def test_metadata_nobody_understands_leave_it_to_the_rule() -> None:
    assert choose_color(None, "my own log", is_float=False).origin is ColorOrigin.RULE
    assert choose_color(None, "my own log", is_float=True).space == "ACEScg"


@pytest.mark.parametrize("name", ["sRGB", "srgb_tx", "sRGB - Display", "Raw", "sRGB Encoded Rec.709 (sRGB)"])
def test_a_request_for_a_space_that_is_shown_as_it_is_passes(name: str) -> None:
    color = choose_color(name, "lin_rec709_scene", is_float=True)
    assert (color.origin, color.untouched) == (ColorOrigin.REQUEST, True)
    assert _shown(0.5, color) == 128


@pytest.mark.parametrize("name", ["ACEScg", "acescg", "lin_ap1_scene", "scene_linear"])
def test_a_space_is_known_by_alias_and_role(name: str) -> None:
    assert choose_color(name, None, is_float=True).space == "ACEScg"


@pytest.mark.parametrize(
    ("space", "is_float"), [("ACEScg", True), ("Linear Rec.709 (sRGB)", True), ("ARRI LogC3 (EI800)", False)]
)
def test_the_table_shows_what_the_transform_shows(space: str, is_float: bool) -> None:
    rng = np.random.default_rng(0)
    exposure = np.exp2(rng.normal(-3, 2, (100, 200, 1)))
    pixels = (exposure * rng.dirichlet((3, 3, 3), (100, 200)) * 3 + rng.normal(0, 0.003, (100, 200, 3))).astype(
        "f4"
    )
    if not is_float:
        pixels = np.clip(0.39 + np.log2(np.maximum(pixels, 1e-3) / 0.18) * 0.08, 0, 1).astype("f4")
    color = choose_color(space, None, is_float=is_float)
    exact = np.clip(show_exactly(pixels, color.config, color.display, color.space), 0, 1) * 255
    off = np.abs(to_plate(pixels, color) - exact)
    assert off.mean() < 0.5  # rounding alone is 0.25
    assert np.percentile(off, 99) < 2


def test_floating_point_through_a_curve_is_shown_exactly() -> None:
    color = choose_color("ACEScct", None, is_float=True)
    pixels = np.random.default_rng(0).uniform(0, 1.4, (20, 20, 3)).astype(np.float32)
    exact = np.clip(show_exactly(pixels, color.config, color.display, color.space), 0, 1) * 255
    assert np.abs(to_plate(pixels, color) - exact).max() <= 0.5 + 1e-3


def test_camera_log_brings_the_grey_card_to_the_same_place() -> None:
    for name, card in (("ARRI LogC3 (EI800)", 0.391), ("S-Log3 S-Gamut3.Cine", 0.4106), ("ACEScct", 0.4135884)):
        assert abs(_shown(card, choose_color(name, None, is_float=False)) - 89) <= 1, name


def test_an_unknown_space_lists_the_nearest_names() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown colour space 'ARRI LogC5'; there is: ARRI LogC4"):
        choose_color("ARRI LogC5", None, is_float=False)


def test_values_that_are_no_numbers_are_shown_as_black_and_white() -> None:
    color = choose_color("ACEScg", None, is_float=True)
    pixels = np.array([[[np.nan] * 3, [np.inf] * 3, [-np.inf] * 3, [1e30] * 3]], np.float32)
    np.testing.assert_array_equal(to_plate(pixels, color)[0, :, 1], [0, 255, 0, 255])


def test_an_old_configuration_shows_through_its_default_display(old_config: str) -> None:
    color = choose_color(None, None, is_float=True, ocio_config=old_config)
    assert (color.space, color.display) == ("linear", "monitor")
    assert _shown(0.25, color) == 128
    assert choose_color("screen", None, is_float=True, ocio_config=old_config).untouched
    assert choose_color("sRGB", None, is_float=True, ocio_config=old_config).untouched
    with pytest.raises(UnknownNameError, match="linear"):
        choose_color("ACEScg", None, is_float=True, ocio_config=old_config)


def test_the_environment_names_the_configuration(old_config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCIO", old_config)
    assert choose_color(None, None, is_float=True).config == old_config
    assert choose_color(None, None, is_float=True, ocio_config=DEFAULT_CONFIG).config == DEFAULT_CONFIG


def test_the_identity_follows_the_content_of_a_configuration(old_config: str) -> None:
    before = choose_color(None, None, is_float=True, ocio_config=old_config)
    assert _shown(0.25, before) == 128
    Path(old_config).write_text(_OLD_CONFIG.replace("0.5, 0.5, 0.5", "0.25, 0.25, 0.25"))
    after = choose_color(None, None, is_float=True, ocio_config=old_config)
    assert len({before.identity, after.identity, choose_color(None, None, is_float=True).identity}) == 3
    assert _shown(0.25, after) == round(0.25**0.25 * 255)


@pytest.mark.parametrize("name", ["/nowhere/config.ocio", "ocio://no-such-config"])
def test_a_configuration_that_cannot_be_read_is_named(name: str) -> None:
    with pytest.raises(BadRequestError, match="cannot be read"):
        choose_color(None, None, is_float=True, ocio_config=name)
