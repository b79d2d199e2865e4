"""Files of mattes as both libraries read them, and what happens where they cannot be written."""

from __future__ import annotations

import errno
import io
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO as oiio
import pytest

from bridge.errors import (
    OutOfSpaceError,
    OutputError,
    SourceNotFoundError,
    SourceUnreadableError,
    UnknownNameError,
)
from tests.worker.exr.files import LAYERS, ORIGIN, PLATE, matte, some_mattes
from worker.exr.header import attributes
from worker.exr.layouts.layers import write_layers
from worker.exr.reader import read_layers
from worker.exr.writer import COMPRESSIONS
from worker.mattes import Matte, empty_mattes

ATTRIBUTES = attributes(ORIGIN, LAYERS, -5)


def _write(path: Path, mattes: list[Matte], compression: str = "zips") -> Path:
    write_layers(path, mattes, PLATE, ATTRIBUTES, compression)
    return path


@pytest.mark.parametrize("compression", sorted(COMPRESSIONS))
def test_round_trip_is_exact(tmp_path: Path, compression: str) -> None:
    mattes = some_mattes()
    layers = read_layers(_write(tmp_path / "a.exr", mattes, compression))
    assert list(layers) == ["person", "person_3", "sky"]
    for m in mattes:
        full = np.zeros((24, 40), np.float16)
        if m.window is not None:
            x0, y0, x1, y1 = m.window
            full[y0:y1, x0:x1] = m.coverage
        assert layers[m.layer].dtype == np.float16
        assert np.array_equal(layers[m.layer], full)


def test_openimageio_reads_the_same_names_windows_and_pixels(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.exr", some_mattes())
    image = oiio.ImageBuf(str(path))
    spec = image.spec()
    assert image.nsubimages == 1
    assert list(spec.channelnames) == ["person.A", "person_3.A", "sky.A"]
    assert str(spec.format) == "half"
    assert (spec.x, spec.y, spec.width, spec.height) == (3, 2, 27, 18)
    assert (spec.full_x, spec.full_y, spec.full_width, spec.full_height) == (0, 0, 40, 24)
    pixels = np.asarray(image.get_pixels("half"))
    for number, layer in enumerate(read_layers(path).values()):
        assert np.array_equal(pixels[:, :, number], layer[2:20, 3:30])
        assert layer.sum() == pixels[:, :, number].sum(), "nothing lies outside the data window"


def test_header_says_where_the_mattes_come_from(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.exr", some_mattes())
    header = OpenEXR.File(str(path), header_only=True).header()
    own = {name.removeprefix("mattebridge/"): header[name] for name in header if name.startswith("mattebridge/")}
    assert own == {
        "software": "mattebridge 9.9",
        "model": "embedded",
        "model_licence": "Apache-2.0",
        "model_allows": "commercial use allowed",
        "model_fingerprint": "0123abcd",
        "label_set": "drawn",
        "overlap": "independent",
        "smoothing": 0,
        "bytes": path.stat().st_size,
        "source": "/shots/Straße 7/плита.mov",
        "source_frame": -5,
        "source_colorspace": "sRGB - Texture",
        "source_colorspace_from": "rule",
        "state": "good",
        "layer/person/category": "person",
        "layer/person/border": "natural contrast=1",
        "layer/person_3/category": "person",
        "layer/person_3/border": "natural contrast=1",
        "layer/person_3/track": 3,
        "layer/sky/category": "sky-other-merged",
        "layer/sky/border": "feather width=0.4% offset=0px side=centred profile=smooth",
    }
    assert header["framesPerSecond"] == Fraction(24000, 1001)
    assert header["pixelAspectRatio"] == 2.0
    assert header["compression"] == OpenEXR.ZIPS_COMPRESSION


def test_openimageio_reads_frame_rate_and_pixel_aspect(tmp_path: Path) -> None:
    spec = oiio.ImageBuf(str(_write(tmp_path / "a.exr", some_mattes()))).spec()
    assert spec.getattribute("framesPerSecond") == (24000, 1001)
    assert spec.getattribute("PixelAspectRatio") == 2.0


def test_same_mattes_give_the_same_bytes(tmp_path: Path) -> None:
    first = _write(tmp_path / "a.exr", some_mattes()).read_bytes()
    assert _write(tmp_path / "b.exr", some_mattes()[::-1]).read_bytes() == first


def test_frame_without_coverage_has_all_layers_on_one_pixel(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.exr", empty_mattes(LAYERS))
    spec = oiio.ImageBuf(str(path)).spec()
    assert (spec.x, spec.y, spec.width, spec.height) == (0, 0, 1, 1)
    assert (spec.full_width, spec.full_height) == PLATE
    layers = read_layers(path)
    assert list(layers) == [layer.name for layer in LAYERS]
    assert all(pixels.shape == (24, 40) and not pixels.any() for pixels in layers.values())


def test_matte_that_is_the_whole_window_is_written_as_it_is(tmp_path: Path) -> None:
    only = matte("person", (0, 0, 40, 24))
    assert np.array_equal(read_layers(_write(tmp_path / "a.exr", [only]))["person"], only.coverage)


def test_unknown_compression_lists_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown compression 'zipp'; there is: zip, "):
        _write(tmp_path / "a.exr", some_mattes(), "zipp")
    assert list(tmp_path.iterdir()) == []


def test_earlier_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.exr"
    path.write_bytes(b"old")
    assert "sky" in read_layers(_write(path, some_mattes()))
    assert [p.name for p in tmp_path.iterdir()] == ["a.exr"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT], ids=["disk full", "share of the disk full"])
def test_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(bytes(data)[:100])
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutOfSpaceError, match=r"a\.exr.*finished frames are kept"):
        _write(tmp_path / "a.exr", some_mattes())
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"nowhere/a\.exr: No such file or directory"):
        _write(tmp_path / "nowhere" / "a.exr", some_mattes())


def test_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        if os.access(tmp_path, os.W_OK):
            pytest.skip("this user may write everywhere")
        with pytest.raises(OutputError, match=r"a\.exr: Permission denied"):
            _write(tmp_path / "a.exr", some_mattes())
    finally:
        tmp_path.chmod(0o700)


def test_disk_that_returns_other_bytes_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_bytes = Path.write_bytes

    def lossy(self: Path, data: bytes) -> int:
        return write_bytes(self, bytes(data)[:-1] + b"?")

    monkeypatch.setattr(Path, "write_bytes", lossy)
    with pytest.raises(OutputError, match="other bytes"):
        _write(tmp_path / "a.exr", some_mattes())
    assert list(tmp_path.iterdir()) == []


def test_damaged_file_is_not_read(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.exr", some_mattes())
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(SourceUnreadableError, match=r"a\.exr"):
        read_layers(path)
    with pytest.raises(SourceNotFoundError, match=r"none\.exr"):
        read_layers(tmp_path / "none.exr")


def test_picture_is_not_read_as_mattes(tmp_path: Path) -> None:
    encoded = io.BytesIO()
    OpenEXR.File({}, {"R": np.zeros((2, 2), np.float32)}).write(encoded)
    (tmp_path / "rgb.exr").write_bytes(encoded.getvalue())
    with pytest.raises(SourceUnreadableError, match="'R' of float32"):
        read_layers(tmp_path / "rgb.exr")
