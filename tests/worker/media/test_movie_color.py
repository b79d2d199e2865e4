"""RGB of movies against colours coded by hand (ITU-R BT.601, BT.709, BT.2020; ITU-T H.273)."""

from __future__ import annotations

import itertools
from pathlib import Path

import av
import numpy as np
import pytest

from tests.worker.media.made import plain, write_movie
from worker.media import open_source
from worker.media.movie_pixels import FrameConverter

_KR_KB = {"bt709": (0.2126, 0.0722), "bt601": (0.299, 0.114), "bt2020": (0.2627, 0.0593)}
_MATRIX = {"bt709": 1, "bt601": 6, "bt2020": 9}
_COLOURS = [(r, g, b) for r in (0, 77, 255) for g in (0, 77, 255) for b in (0, 77, 255)]


def _coded(rgb: tuple[int, ...], matrix: str, *, full: bool, bits: int) -> list[int]:
    """Y, Cb, Cr of a colour (H.273, equations 38 to 40 and 20 to 25)."""
    kr, kb = _KR_KB[matrix]
    r, g, b = (value / 255 for value in rgb)
    y = kr * r + (1 - kr - kb) * g + kb * b
    cb, cr = (b - y) / (2 * (1 - kb)), (r - y) / (2 * (1 - kr))
    unit, most = 2 ** (bits - 8), 2**bits - 1
    if full:
        values = (y * most, cb * most + 128 * unit, cr * most + 128 * unit)
    else:
        values = ((219 * y + 16) * unit, (224 * cb + 128) * unit, (224 * cr + 128) * unit)
    return [round(min(max(value, 0), most)) for value in values]


def _frame(rgb: tuple[int, ...], pixel_format: str, matrix: str, *, full: bool, height: int = 32) -> av.VideoFrame:
    bits = 10 if "10" in pixel_format else 8
    frame = av.VideoFrame(32, height, pixel_format)
    for plane, value in zip(frame.planes, _coded(rgb, matrix, full=full, bits=bits), strict=True):
        dtype = np.dtype(np.uint16 if bits > 8 else np.uint8)
        plane.update(np.full(plane.buffer_size // dtype.itemsize, value, dtype).tobytes())
    frame.color_range = 2 if full else 1
    return frame


@pytest.mark.parametrize("full", [False, True], ids=["limited range", "full range"])
@pytest.mark.parametrize("matrix", _KR_KB)
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p10le", "yuv444p"])
def test_colours_come_out_as_they_were_coded(pixel_format: str, matrix: str, full: bool) -> None:
    converter = FrameConverter()
    for rgb in _COLOURS:
        frame = _frame(rgb, pixel_format, matrix, full=full)
        frame.colorspace = _MATRIX[matrix]
        assert np.abs(converter.to_uint8(frame)[16, 16].astype(int) - rgb).max() <= 2, rgb
        # 8-bit code values are 1/219 apart.
        assert np.abs(converter.to_float(frame)[16, 16] * 255 - rgb).max() <= 2, rgb


@pytest.mark.parametrize(("height", "matrix"), [(576, "bt601"), (720, "bt709")])
def test_untagged_video_is_taken_by_its_height(height: int, matrix: str) -> None:
    frame = _frame((30, 200, 90), "yuv420p", matrix, full=False, height=height)
    frame.color_range = 0
    assert np.abs(FrameConverter().to_uint8(frame)[16, 16].astype(int) - (30, 200, 90)).max() <= 2


def test_white_is_white_at_every_precision() -> None:
    converter = FrameConverter()
    for pixel_format, full in itertools.product(("yuv420p", "yuv422p10le"), (False, True)):
        frame = _frame((255, 255, 255), pixel_format, "bt709", full=full, height=720)
        np.testing.assert_array_equal(converter.to_uint8(frame)[16, 16], 255)
        np.testing.assert_allclose(converter.to_float(frame)[16, 16], 1.0, atol=2e-4)


def test_rgb_movies_pass_unchanged(tmp_path: Path) -> None:
    picture = plain((201, 17, 96), size_wh=(32, 32))
    path = write_movie(tmp_path / "a.mov", "png", pixel_format="rgb24", pictures=[picture])
    with open_source(str(path)) as source:
        np.testing.assert_array_equal(source.read(1), picture)


def test_a_log_movie_is_shown_through_ocio(tmp_path: Path) -> None:
    # Grey card of LogC3 is code 0.391; the tone-mapped grey card of the default view is 0.349 in sRGB.
    picture = plain(round(0.391 * 255), size_wh=(32, 32))
    path = write_movie(tmp_path / "a.mov", "png", pixel_format="rgb24", pictures=[picture])
    with open_source(str(path), colorspace="ARRI LogC3 (EI800)") as source:
        assert (source.colorspace, source.colorspace_from) == ("ARRI LogC3 (EI800)", "request")
        assert np.abs(source.read(1).astype(int) - 89).max() <= 2
