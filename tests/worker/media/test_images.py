"""Single image files: channels, windows, depths, orientation, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import OpenEXR
import pytest

from bridge.errors import FrameUnreadableError, SourceUnreadableError
from tests.worker.media.made import plain, write_image
from worker.media import open_source
from worker.media.channels import picture_channels
from worker.media.images import read_header
from worker.media.orientation import upright
from worker.models.base import Plate


def _read(path: Path, colorspace: str | None = None) -> Plate:
    with open_source(str(path), colorspace=colorspace) as source:
        return source.read(source.frames[0])


@pytest.mark.parametrize(
    ("names", "channels"),
    [
        (("R", "G", "B", "A"), (0, 1, 2)),
        (("B", "G", "R"), (2, 1, 0)),
        (("A", "B", "G", "R", "diffuse.B", "diffuse.G", "diffuse.R"), (3, 2, 1)),
        (("Z", "spec.B", "spec.G", "spec.R", "rgba.B", "rgba.G", "rgba.R"), (6, 5, 4)),
        (("left.B", "left.G", "left.R", "right.B", "right.G", "right.R"), (2, 1, 0)),
        (("beauty.red", "beauty.green", "beauty.blue"), (0, 1, 2)),
        (("Y",), (0, 0, 0)),
        (("Y", "A"), (0, 0, 0)),
        (("A", "R"), (1, 1, 1)),
        (("A",), None),
        (("Z", "motion.X", "motion.Y2"), None),
    ],
)
def test_the_picture_is_found_by_name(names: tuple[str, ...], channels: tuple[int, int, int] | None) -> None:
    assert picture_channels(names) == channels


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, [[1, 2], [3, 4], [5, 6]]),
        (2, [[2, 1], [4, 3], [6, 5]]),
        (3, [[6, 5], [4, 3], [2, 1]]),
        (4, [[5, 6], [3, 4], [1, 2]]),
        (5, [[1, 3, 5], [2, 4, 6]]),
        (6, [[5, 3, 1], [6, 4, 2]]),
        (7, [[6, 4, 2], [5, 3, 1]]),
        (8, [[2, 4, 6], [1, 3, 5]]),
        (0, [[1, 2], [3, 4], [5, 6]]),
    ],
)
def test_orientation_tags(orientation: int, expected: list[list[int]]) -> None:
    stored = np.repeat(np.array([[1, 2], [3, 4], [5, 6]], np.uint8)[..., None], 3, axis=2)
    np.testing.assert_array_equal(upright(stored, orientation)[..., 0], expected)


@pytest.mark.parametrize("extension", ["tif", "jpg"])
def test_a_tagged_file_is_turned_upright(tmp_path: Path, extension: str) -> None:
    pixels = plain(20, size_wh=(32, 16))
    pixels[:, :8] = 230
    path = write_image(tmp_path / f"a.{extension}", pixels, Orientation=6)
    with open_source(str(path)) as source:
        assert source.size_wh == (16, 32)
        plate = source.read(1)
    assert plate.shape == (32, 16, 3)
    assert plate[:6].min() > 200
    assert plate[12:].max() < 60


_EIGHT_BIT = np.array([[[0, 128, 255], [7, 77, 177]]], np.uint8).repeat(4, axis=0)


@pytest.mark.parametrize("extension", ["png", "tif", "bmp", "tga", "dpx"])
def test_8_bit_srgb_passes_untouched(tmp_path: Path, extension: str) -> None:
    np.testing.assert_array_equal(_read(write_image(tmp_path / f"a.{extension}", _EIGHT_BIT)), _EIGHT_BIT)


def test_16_bit_is_rounded_to_8(tmp_path: Path) -> None:
    values = np.array([0, 127, 128, 129, 385, 386, 32767, 65406, 65407, 65535], np.uint16)
    pixels = np.repeat(values[None, :, None], 3, axis=2)
    expected = np.round(values * (255 / 65535)).astype(np.uint8)
    np.testing.assert_array_equal(_read(write_image(tmp_path / "a.png", pixels))[0, :, 0], expected)


@pytest.mark.parametrize(
    ("channels", "value"),
    [(("Y",), (90,)), (("Y", "A"), (90, 10)), (("R", "G", "B", "A"), (90, 90, 90, 10))],
    ids=["grey", "grey with alpha", "colour with alpha"],
)
def test_alpha_is_ignored_and_grey_spread(
    tmp_path: Path, channels: tuple[str, ...], value: tuple[int, ...]
) -> None:
    pixels = np.full((4, 4, len(value)), value, np.uint8)
    path = write_image(tmp_path / "a.png", pixels, channels=channels, oiio__UnassociatedAlpha=1)
    np.testing.assert_array_equal(_read(path), 90)


def test_a_palette_is_looked_up(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    picture = image.new("P", (4, 4), 3)
    picture.putpalette([0, 0, 0] * 3 + [10, 200, 30])
    picture.save(tmp_path / "a.png")
    np.testing.assert_array_equal(_read(tmp_path / "a.png"), plain((10, 200, 30), size_wh=(4, 4)))


def _exr(path: Path, value: float = 0.5, **how: Any) -> Path:
    pixels: npt.NDArray[np.float32] = how.pop("pixels", plain(value, np.float32))
    return write_image(path, pixels, pixel_type="half", **how)


def test_exr_without_colour_metadata_is_tone_mapped_scene_linear(tmp_path: Path) -> None:
    with open_source(str(_exr(tmp_path / "a.exr", 0.18))) as source:
        assert (source.colorspace, source.colorspace_from) == ("ACEScg", "rule")
        assert np.abs(source.read(1).astype(int) - 89).max() <= 1


@pytest.mark.parametrize(
    ("chromaticities", "space"),
    [
        ((0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290), "Linear Rec.709 (sRGB)"),
        ((0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767), "ACES2065-1"),
        ((0.713, 0.293, 0.165, 0.83, 0.128, 0.044, 0.32168, 0.33767), "ACEScg"),
    ],
)
def test_exr_primaries_decide(tmp_path: Path, chromaticities: tuple[float, ...], space: str) -> None:
    path = tmp_path / "a.exr"
    header = {"chromaticities": chromaticities, "type": OpenEXR.scanlineimage}
    with OpenEXR.File(header, {"RGB": plain(0.18, np.float32)}) as file:
        file.write(str(path))
    with open_source(str(path)) as source:
        assert (source.colorspace, source.colorspace_from) == (space, "metadata")


def test_an_aces_container_is_aces(tmp_path: Path) -> None:
    path = _exr(tmp_path / "a.exr", compression="none", acesImageContainerFlag=1)
    with open_source(str(path)) as source:
        assert (source.colorspace, source.colorspace_from) == ("ACES2065-1", "metadata")


def test_a_crop_is_pasted_into_the_display_window(tmp_path: Path) -> None:
    path = _exr(tmp_path / "a.exr", data_xy=(5, 2), display_wh=(20, 10))
    with open_source(str(path), colorspace="sRGB") as source:
        assert source.size_wh == (20, 10)
        plate = source.read(1)
    expected = np.zeros((10, 20, 3), np.uint8)
    expected[2:8, 5:13] = 128
    np.testing.assert_array_equal(plate, expected)


def test_overscan_is_cut_off(tmp_path: Path) -> None:
    pixels = plain(0.0, np.float32, size_wh=(12, 10))
    pixels[2:8, 2:10] = 1.0
    path = _exr(tmp_path / "a.exr", pixels=pixels, data_xy=(-2, -2), display_wh=(8, 6))
    np.testing.assert_array_equal(_read(path, "sRGB"), plain(255))


def test_a_data_window_beside_the_display_window_leaves_it_black(tmp_path: Path) -> None:
    path = _exr(tmp_path / "a.exr", data_xy=(100, 50), display_wh=(20, 10))
    np.testing.assert_array_equal(_read(path, "sRGB"), plain(0, size_wh=(20, 10)))


def test_channels_of_a_layer_are_put_in_order(tmp_path: Path) -> None:
    pixels = np.zeros((4, 4, 4), np.float32)
    pixels[...] = (0.1, 0.2, 0.4, 0.8)
    names = ("depth.Z", "fill.B", "fill.G", "fill.R")
    plate = _read(_exr(tmp_path / "a.exr", pixels=pixels, channels=names), "sRGB")
    np.testing.assert_array_equal(plate[0, 0], np.round(np.array([0.8, 0.4, 0.2]) * 255))


def test_the_picture_may_lie_in_a_later_part(tmp_path: Path) -> None:
    parts = [
        OpenEXR.Part({"name": "depth"}, {"Z": np.ones((4, 4), np.float32)}),
        OpenEXR.Part({"name": "main"}, {"RGB": np.full((4, 4, 3), 1.0, np.float32)}),
    ]
    with OpenEXR.File(parts) as file:
        file.write(str(tmp_path / "a.exr"))
    np.testing.assert_array_equal(_read(tmp_path / "a.exr", "sRGB"), 255)


def test_frame_rate_is_read_from_exr(tmp_path: Path) -> None:
    path = _exr(tmp_path / "a.exr", FramesPerSecond=24.0)
    assert read_header(str(path)).fps == 24
    assert read_header(str(_exr(tmp_path / "b.exr"))).fps is None


def test_a_matte_is_no_plate(tmp_path: Path) -> None:
    path = _exr(tmp_path / "a.exr", pixels=np.ones((4, 4, 1), np.float32), channels=("person.A",))
    with pytest.raises(SourceUnreadableError, match=r"no colour channels, only person\.A"):
        open_source(str(path))


def test_huge_pictures_are_refused_before_memory_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.ppm"
    path.write_bytes(b"P6 60000 60000 255\n" + bytes(100))
    with pytest.raises(SourceUnreadableError, match="16384"):
        open_source(str(path))
    path.write_bytes(b"P6 16000 16000 255\n" + bytes(100))
    with pytest.raises(SourceUnreadableError, match="16000 x 16000"):
        open_source(str(path))


def test_stray_bytes_in_a_jpeg_are_forgiven_and_a_missing_end_is_not(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    whole = write_image(tmp_path / "a.jpg", noise).read_bytes()
    stray = tmp_path / "stray.jpg"
    stray.write_bytes(whole[:2] + bytes(10) + whole[2:])
    np.testing.assert_array_equal(_read(stray), _read(tmp_path / "a.jpg"))
    stray.write_bytes(whole[:2] + bytes(10) + whole[2 : len(whole) // 2])
    with pytest.raises(FrameUnreadableError, match="cannot be read"):
        _read(stray)
