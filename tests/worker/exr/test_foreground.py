from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import OpenEXR
import OpenImageIO as oiio
import pytest

from tests.worker.exr.files import LAYERS, ORIGIN, PLATE, matte, some_mattes
from worker.exr.key import KEY, read_key
from worker.exr.layouts.base import FileSet, Stamp
from worker.exr.layouts.foreground import COLORSPACE, ForegroundLayout
from worker.exr.parts import ExrPart, read_parts
from worker.mattes import Matte, empty_mattes
from worker.media.linear import LinearLight, LinearPlate

_AP1 = (0.713, 0.293, 0.165, 0.83, 0.128, 0.044, 0.32168, 0.33767)
_LIGHT = LinearLight("ACEScg", "lin_ap1_scene", _AP1, "ocio://default", "ocio://default", "ACEScg")
_FILES = FileSet(clip="plate", plate_wh=PLATE, layers=LAYERS, origin=ORIGIN, tracks=True)
_STAMP = Stamp(1001, "some key")


def _plate() -> npt.NDArray[np.float32]:
    """A ramp from dark to nine times white, reddish."""
    ramp = np.linspace(0.01, 9.0, PLATE[0], dtype=np.float32)
    return np.ascontiguousarray(
        np.broadcast_to(ramp[None, :, None] * [1.0, 0.5, 0.25], (*PLATE[::-1], 3)), np.float32
    )


def _written(
    folder: Path, mattes: list[Matte], plate: npt.NDArray[np.float32] | None, light: LinearLight = _LIGHT
) -> list[ExrPart]:
    layout = ForegroundLayout(_FILES)
    layout.write(folder, _STAMP, mattes, LinearPlate(light, plate))
    layout.write_index(folder)
    names = layout.files_of(1001)
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    return [read_parts(folder / name)[0] for name in names]


def test_a_file_for_each_layer() -> None:
    assert ForegroundLayout(_FILES).files_of(-5) == (
        "plate_fg_person.-005.exr",
        "plate_fg_person_3.-005.exr",
        "plate_fg_sky.-005.exr",
    )
    without_tracks = ForegroundLayout(replace(_FILES, tracks=False))
    assert without_tracks.files_of(1) == ("plate_fg_person.0001.exr", "plate_fg_sky.0001.exr")


def test_color_is_premultiplied_and_fills_the_plate(tmp_path: Path) -> None:
    mattes, plate = some_mattes(), _plate()
    person, _, sky = _written(tmp_path, mattes, plate)
    for part, of in ((person, mattes[0]), (sky, mattes[2])):
        assert part.data_window == part.display_window == (0, 0, *PLATE)
        assert part.channel_names == ("A", "B", "G", "R")
        assert part.compression == "zips"
        assert {channel.dtype for channel in part.channels.values()} == {np.dtype(np.float16)}
        alpha = part.channels["A"]
        assert of.window is not None
        x0, y0, x1, y1 = of.window
        assert np.array_equal(alpha[y0:y1, x0:x1], of.coverage)
        assert alpha.sum(dtype=np.float64) == of.coverage.sum(dtype=np.float64)
        for i, channel in enumerate("RGB"):
            color = part.channels[channel]
            assert np.isfinite(color).all()
            assert not color[alpha == 0].any()
            assert np.array_equal(color[alpha == 1], plate[..., i][alpha == 1].astype(np.float16))
    assert person.channels["R"].max() > 5, "light above white is kept"


def test_openimageio_takes_it_for_premultiplied_color(tmp_path: Path) -> None:
    _written(tmp_path, some_mattes(), _plate())
    spec = oiio.ImageBuf(str(tmp_path / "plate_fg_person.1001.exr")).spec()
    assert list(spec.channelnames) == ["R", "G", "B", "A"]
    assert spec.alpha_channel == 3
    assert spec.get_int_attribute("oiio:UnassociatedAlpha", 0) == 0
    assert spec.getattribute("chromaticities") == pytest.approx(_AP1)


def test_header_says_what_the_color_is(tmp_path: Path) -> None:
    _written(tmp_path, some_mattes(), _plate())
    path = tmp_path / "plate_fg_person.1001.exr"
    header = OpenEXR.File(str(path), header_only=True).header()
    assert header[COLORSPACE] == header["mattebridge/foreground_colorspace"] == "ACEScg"
    assert header["colorInteropID"] == "lin_ap1_scene"
    assert header["chromaticities"] == pytest.approx(_AP1)
    assert header["mattebridge/layer/person/channel"] == "A"
    assert header["mattebridge/layer/person/category"] == "person"
    assert header["mattebridge/source_colorspace"] == ORIGIN.colorspace
    assert header[KEY] == read_key(path) == "some key"
    assert not any("layer/sky" in name for name in header)


def test_a_space_without_known_primaries_claims_none(tmp_path: Path) -> None:
    light = replace(_LIGHT, space="linear", interop_id=None, chromaticities=None)
    part = _written(tmp_path, some_mattes(), _plate(), light)[0]
    assert part.attributes[COLORSPACE] == "linear"
    assert part.attributes["colorInteropID"] == "unknown"
    assert "chromaticities" not in part.attributes


@pytest.mark.parametrize("plate", [_plate(), None], ids=["nothing is shown", "the frame could not be read"])
def test_empty_mattes_are_black_and_say_the_same(tmp_path: Path, plate: npt.NDArray[np.float32] | None) -> None:
    for part in _written(tmp_path, empty_mattes(LAYERS), plate):
        assert part.data_window == (0, 0, *PLATE)
        assert not any(channel.any() for channel in part.channels.values())
        assert part.attributes["colorInteropID"] == "lin_ap1_scene"


def test_the_same_frame_gives_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for run in ("a", "b"):
        (tmp_path / run).mkdir()
        _written(tmp_path / run, some_mattes(), _plate())
        contents.append((tmp_path / run / "plate_fg_sky.1001.exr").read_bytes())
    assert contents[0] == contents[1]


def test_a_matte_that_covers_the_whole_plate(tmp_path: Path) -> None:
    full = [matte("person", (0, 0, *PLATE)), Matte("person_3", None), Matte("sky", None)]
    person = _written(tmp_path, full, _plate())[0]
    assert np.array_equal(person.channels["A"], full[0].coverage)
