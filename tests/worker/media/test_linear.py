from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridge.errors import BadRequestError, FrameUnreadableError
from tests.worker.media.made import plain, write_image, write_movie
from worker.media import open_source
from worker.media.color import DEFAULT_CONFIG
from worker.media.linear import LinearLight

_AP1_FROM_709 = np.array(
    [[0.613097, 0.339523, 0.047379], [0.070194, 0.916354, 0.013452], [0.020616, 0.109570, 0.869815]]
)
"""Linear Rec.709 to ACEScg with Bradford's adaptation (ACES documentation, TB-2014-004 and S-2014-004)."""

_CONFIG = """
ocio_profile_version: 1
strictparsing: true
roles: {ROLES}
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


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OCIO", raising=False)


def _config(folder: Path, roles: str = "{scene_linear: linear, default: raw}") -> str:
    path = folder / "config.ocio"
    path.write_text(_CONFIG.replace("{ROLES}", roles))
    return str(path)


def test_srgb_is_decoded_by_its_curve(tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.png", plain(0.5, np.float32), pixel_type="uint16")
    with open_source(str(path)) as source:
        plate = source.read_linear(1)
        assert source.light.space == "ACEScg"
        assert source.light.interop_id == "lin_ap1_scene"
    assert plate.shape == (6, 8, 3)
    assert plate.dtype == np.float32
    assert plate.flags.c_contiguous
    # Grey has the same numbers in every space whose white is white: ((0.5 + 0.055) / 1.055) ^ 2.4.
    np.testing.assert_allclose(plate, 0.21404, atol=2e-5)


def test_srgb_colors_come_into_the_roles_primaries(tmp_path: Path) -> None:
    # Red, green, blue and magenta.
    rgb = np.array([[[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1]]], np.uint8)
    path = write_image(tmp_path / "a.png", rgb * 255)
    with open_source(str(path)) as source:
        np.testing.assert_allclose(source.read_linear(1), rgb @ _AP1_FROM_709.T, atol=2e-4)


def test_scene_linear_comes_as_it_is(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).normal(1.0, 20.0, (6, 8, 3)).astype(np.float32)
    pixels[0, 0] = np.nan, np.inf, -np.inf
    path = write_image(tmp_path / "a.1001.exr", pixels)
    with open_source(str(path)) as source:
        assert source.light.source_space == source.light.space == "ACEScg"
        np.testing.assert_array_equal(source.read_linear(1001), pixels)


def test_another_linear_space_changes_primaries_and_keeps_highlights(tmp_path: Path) -> None:
    rgb = np.array([12.0, 0.5, 0.25], np.float32)
    path = write_image(tmp_path / "a.exr", plain(tuple(rgb.tolist()), np.float32), oiio__ColorSpace="lin_rec709")
    with open_source(str(path), colorspace="Linear Rec.709 (sRGB)") as source:
        np.testing.assert_allclose(source.read_linear(1)[3, 3], _AP1_FROM_709 @ rgb, rtol=1e-3)


def test_camera_log_is_decoded(tmp_path: Path) -> None:
    # ARRI LogC3 at EI 800: 18 % grey is code 400 of 1023 (ALEXA LogC curve, usage in VFX).
    path = write_image(tmp_path / "a.tif", plain(400 / 1023, np.float32), pixel_type="uint16")
    with open_source(str(path), colorspace="ARRI LogC3 (EI800)") as source:
        np.testing.assert_allclose(source.read_linear(1), 0.18, atol=1e-3)


def test_a_movie_is_srgb(tmp_path: Path) -> None:
    pictures = [plain(188, size_wh=(64, 48))] * 3
    path = write_movie(tmp_path / "a.mkv", "ffv1", pixel_format="yuv444p", pictures=pictures)
    with open_source(str(path)) as source:
        # 188 of 255, within half a step of the movie's 219 codes.
        np.testing.assert_allclose(source.read_linear(2), ((188 / 255 + 0.055) / 1.055) ** 2.4, atol=0.004)
        assert source.read_linear(2).shape == (48, 64, 3)
        source.close()
        with pytest.raises(ValueError, match="is closed"):
            source.read_linear(2)


def test_a_frame_that_cannot_be_read_fails_as_in_read(tmp_path: Path) -> None:
    for number in (1, 3):
        write_image(tmp_path / f"a.{number:04d}.png", plain(10))
    with open_source(f"{tmp_path}/a.####.png", frames="1-3") as source:
        with pytest.raises(FrameUnreadableError) as shown:
            source.read(2)
        with pytest.raises(FrameUnreadableError) as linear:
            source.read_linear(2)
    assert str(linear.value) == str(shown.value)


def test_a_configuration_that_says_nothing_of_primaries_is_believed(tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.png", plain(51))
    with open_source(str(path), colorspace="screen", ocio_config=_config(tmp_path)) as source:
        assert (source.light.space, source.light.interop_id, source.light.chromaticities) == ("linear", None, None)
        np.testing.assert_allclose(source.read_linear(1), (51 / 255) ** 2, atol=1e-3)


def test_a_configuration_without_srgb_asks_for_a_space(tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.png", plain(51))
    with (
        open_source(str(path), ocio_config=_config(tmp_path)) as source,
        pytest.raises(
            BadRequestError, match=r"none of the spaces srgb_rec709_scene, .*name the source's colour space"
        ),
    ):
        source.read_linear(1)


def test_a_configuration_without_the_role_is_refused(tmp_path: Path) -> None:
    config = _config(tmp_path, roles="{default: raw}")
    path = write_image(tmp_path / "a.png", plain(51))
    with (
        open_source(str(path), colorspace="screen", ocio_config=config) as source,
        pytest.raises(BadRequestError, match="no role scene_linear"),
    ):
        source.read_linear(1)


def test_a_configuration_that_is_none_is_refused(tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.png", plain(51))
    with (
        open_source(str(path), ocio_config=str(tmp_path / "none.ocio")) as source,
        pytest.raises(BadRequestError, match=r"none\.ocio"),
    ):
        source.read_linear(1)


def test_a_space_without_a_way_is_refused() -> None:
    light = LinearLight("ACEScg", None, None, DEFAULT_CONFIG, DEFAULT_CONFIG, "no such space")
    with pytest.raises(BadRequestError, match="'no such space' cannot be made 'ACEScg'"):
        light.decode(plain(0.5, np.float32))


def test_identity_tells_spaces_and_configurations_apart() -> None:
    one = LinearLight("ACEScg", None, None, "a.ocio", "1", "x")
    assert len({one.identity, LinearLight("ACEScg", None, None, "a.ocio", "2", "x").identity}) == 2
    assert len({one.identity, LinearLight("linear", None, None, "a.ocio", "1", "x").identity}) == 2
