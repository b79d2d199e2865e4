"""Lines that are encoded from their changes, as zlib, OpenEXR and OpenImageIO read them."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import OpenEXR
import OpenImageIO as oiio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.exr.patch import Patch, blank
from worker.exr.writer import write_exr
from worker.exr.zips import encoded_lines
from worker.mattes.geometry import Box, box_wh

Raster = npt.NDArray[np.generic]


def _decoded(channels: list[Patch], window: Box) -> list[Raster] | None:
    """What zlib makes of the encoded lines, channel by channel; None where they are left to the library."""
    encoded = encoded_lines(channels, window)
    if encoded is None:
        return None
    pieces, sizes = encoded
    data = b"".join(piece.tobytes() for piece in pieces)
    assert len(data) == sizes.sum()
    width, height = box_wh(window)
    lines = np.empty((height, len(channels), width), channels[0].pixels.dtype)
    at = 0
    for row, size in enumerate(sizes.tolist()):
        number, length = np.frombuffer(data[at : at + 8], "<i4").tolist()
        assert (number, length) == (window[1] + row, size - 8)
        differences = np.frombuffer(zlib.decompress(data[at + 8 : at + size]), np.uint8).astype(np.int64)
        split = np.cumsum(differences - 128 * (np.arange(len(differences)) > 0)).astype(np.uint8)
        assert len(split) == lines[row].nbytes
        taken_apart = lines[row].view(np.uint8).reshape(-1)
        taken_apart[0::2], taken_apart[1::2] = np.split(split, 2)
        at += size
    return list(lines.transpose(1, 0, 2))


def _same(channels: list[Patch], window: Box) -> None:
    decoded = _decoded(channels, window)
    assert decoded is not None
    for channel, found in zip(channels, decoded, strict=True):
        assert channel.on(window).tobytes() == found.tobytes()


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 130, 131, 257, 258, 259, 260, 261, 262, 516, 519, 1000])
def test_runs_of_every_kind_of_length(dtype: type[np.float16], length: int) -> None:
    row = np.zeros((1, 3000), dtype)
    row[0, 1000 : 1000 + length] = 0.3
    row[0, 1000 + length] = 0.7
    _same([Patch(row, (0, 0, 3000, 1))], (0, 0, 3000, 1))


def _pattern(dtype: type[np.float16], shape: tuple[int, int], seed: int) -> npt.NDArray[np.float16]:
    """Runs of random lengths of random bits: numbers, infinities, -0 and what is no number."""
    rng = np.random.default_rng(seed)
    bits = np.dtype(dtype).itemsize * 8
    values = rng.integers(0, 1 << bits, 12).astype(f"u{bits // 8}")
    values[:4] = 0
    count = shape[0] * shape[1]
    lengths = rng.choice([1, 2, 3, 4, 40, 300], count // 30 + 2) + 30
    flat = np.repeat(rng.choice(values, len(lengths)), lengths)[:count]
    return np.resize(flat, shape).view(dtype)


@given(
    st.sampled_from([np.float16, np.float32]),
    st.integers(0, 2**32),
    st.lists(st.tuples(*[st.integers(0, 100)] * 4), min_size=1, max_size=5),
    st.integers(-3, 3),
)
def test_any_patches_come_back(
    dtype: type[np.float16], seed: int, corners: list[tuple[int, int, int, int]], origin: int
) -> None:
    window = (origin, -origin, 200 + origin, 120 - origin)
    channels = []
    for number, (x, y, width, height) in enumerate(corners):
        if width and height:
            box = (x + origin, y - origin, min(x + 2 * width, 200) + origin, min(y + height, 120) - origin)
            channels.append(Patch(_pattern(dtype, box_wh(box)[::-1], seed + number), box))
        else:
            channels.append(blank(dtype))
    _same(channels, window)


def test_patch_of_a_mirrored_picture() -> None:
    pixels = np.repeat(np.linspace(0, 1, 5, dtype=np.float16), 80)[None].repeat(3, axis=0)[:, ::-1]
    _same([Patch(pixels, (0, 0, 400, 3))], (0, 0, 400, 3))


def test_what_changes_everywhere_is_left_to_the_library() -> None:
    noise = np.random.default_rng(3).random((50, 400)).astype(np.float16)
    assert encoded_lines([Patch(noise, (0, 0, 400, 50))], (0, 0, 400, 50)) is None


def test_lines_that_would_not_become_smaller_are_left_to_the_library() -> None:
    assert encoded_lines([blank(), blank()], (0, 0, 3, 2)) is None


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_both_libraries_read_the_file(tmp_path: Path, dtype: type[np.float16]) -> None:
    window, wh = (-7, 5, 393, 95), (420, 100)
    channels = {
        "b.A": Patch(_pattern(dtype, (60, 200), 1), (50, 10, 250, 70)),
        "a.A": Patch(np.nan_to_num(_pattern(dtype, (90, 400), 2)), window),
        "c.A": blank(dtype),
    }
    assert encoded_lines([channels[name] for name in sorted(channels)], window) is not None
    path = tmp_path / "a.exr"
    write_exr(path, channels, window, wh, {"comment": "by lines"})
    file = OpenEXR.File(str(path), separate_channels=True)
    assert file.header()["comment"] == "by lines"
    assert [corner.tolist() for corner in file.header()["dataWindow"]] == [[-7, 5], [392, 94]]
    image = oiio.ImageBuf(str(path))
    spec = image.spec()
    assert (spec.x, spec.y, spec.width, spec.height) == (-7, 5, 400, 90)
    pixels = np.asarray(image.get_pixels(oiio.HALF if dtype == np.float16 else oiio.FLOAT))
    for number, name in enumerate(sorted(channels)):
        expected = channels[name].on(window)
        assert file.channels()[name].pixels.tobytes() == expected.tobytes()
        assert np.array_equal(pixels[:, :, number], expected, equal_nan=True)


def test_file_is_no_larger_than_the_library_would_write_it(tmp_path: Path) -> None:
    y, x = np.mgrid[:400, :600]
    channels = {
        f"layer{number}.A": Patch(
            np.clip((150 + 40 * number - np.hypot(x - 300, y - 200)) / width + 0.5, 0, 1).astype(np.float16),
            (0, 0, 600, 400),
        )
        for number, width in enumerate((1.0, 4.0, 9.0))
    }
    write_exr(tmp_path / "a.exr", channels, (0, 0, 600, 400), (600, 400), {})
    header = {"compression": OpenEXR.ZIPS_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {name: patch.pixels for name, patch in channels.items()}).write(str(tmp_path / "b.exr"))
    assert (tmp_path / "a.exr").stat().st_size < 1.05 * (tmp_path / "b.exr").stat().st_size
