"""Windows, kinds of parts, and files that are not what they should be."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import OpenEXR
import pytest

from bridge.errors import SourceNotFoundError, SourceUnreadableError
from tests.worker.exr.made import MadePart, window, write, write_parts
from worker.exr import parts
from worker.exr.parts import read_parts

_DATA = Path(os.environ.get("MATTEBRIDGE_TEST_DATA", "/nonexistent")) / "bad_input"

PIXELS = np.arange(12, dtype=np.float32).reshape(3, 4)


@pytest.mark.parametrize(
    ("data", "display", "expected"),
    [
        pytest.param((0, 0, 4, 3), (0, 0, 4, 3), PIXELS, id="equal"),
        pytest.param((1, 1, 5, 4), (0, 0, 6, 5), np.pad(PIXELS, 1), id="inside"),
        pytest.param((-1, -1, 3, 2), (0, 0, 2, 1), PIXELS[1:2, 1:3], id="overscan"),
        pytest.param((-2, 0, 2, 3), (0, 0, 3, 3), np.pad(PIXELS[:, 2:], ((0, 0), (0, 1))), id="half outside"),
        pytest.param((9, 9, 13, 12), (0, 0, 2, 2), np.zeros((2, 2)), id="elsewhere"),
        pytest.param((3, 2, 7, 5), (3, 2, 7, 5), PIXELS, id="away from the origin"),
    ],
)
def test_pixels_on_the_display_window(
    tmp_path: Path, data: tuple[int, int, int, int], display: tuple[int, int, int, int], expected: np.ndarray
) -> None:
    header = {"dataWindow": window(*data), "displayWindow": window(*display)}
    (part,) = read_parts(write(tmp_path / "a.exr", header, {"Y": PIXELS}))
    assert (part.data_window, part.display_window) == (data, display)
    assert np.array_equal(part.on_display("Y"), expected)


def test_parts_with_names_compression_and_types(tmp_path: Path) -> None:
    header = {"compression": OpenEXR.PIZ_COMPRESSION}
    made: list[MadePart] = [
        ("one", header, {"Y": PIXELS.astype(np.float16)}),
        ("two", {}, {"id": PIXELS.astype(np.uint32)}),
    ]
    one, two = read_parts(write_parts(tmp_path / "a.exr", made))
    assert (one.name, one.kind, one.compression, one.channel_names) == ("one", "scanlineimage", "piz", ("Y",))
    assert one.channels["Y"].dtype == np.float16
    assert two.channels["id"].dtype == np.uint32


def test_subsampled_channel_has_no_place_on_the_display(tmp_path: Path) -> None:
    channels = {"Y": PIXELS[:2], "BY": OpenEXR.Channel("BY", np.zeros((2, 4), np.float32), 2, 2)}
    (part,) = read_parts(write(tmp_path / "a.exr", {}, channels))
    assert part.channels["BY"].shape == (1, 2)
    with pytest.raises(ValueError, match="'BY' is subsampled"):
        part.on_display("BY")


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.exr", tmp_path):
        with pytest.raises(SourceNotFoundError, match="no file at"):
            read_parts(path)


def test_file_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "a.exr").write_text("no picture")
    with pytest.raises(SourceUnreadableError, match=r"cannot read .*a\.exr"):
        read_parts(tmp_path / "a.exr")


def test_file_that_is_cut_off(tmp_path: Path) -> None:
    path = write(tmp_path / "a.exr", {}, {"Y": np.random.default_rng(1).random((40, 40), np.float32)})
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(SourceUnreadableError, match=r"cannot read .*a\.exr"):
        read_parts(path)


def test_header_that_announces_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.exr", {}, {"Y": PIXELS})
    monkeypatch.setattr(parts, "MAX_BYTES", 4 * 12 - 1)
    with pytest.raises(SourceUnreadableError, match=r"announces .* GiB of pixels"):
        read_parts(path)


@pytest.mark.skipif(not _DATA.is_dir(), reason="MATTEBRIDGE_TEST_DATA has no bad_input folder")
def test_damaged_files_are_refused_or_read_in_peace() -> None:
    refused = 0
    for path in sorted(_DATA.iterdir()):
        if path.is_file():
            try:
                read_parts(path)
            except SourceUnreadableError:
                refused += 1
    assert refused > 50


@pytest.mark.skipif(not _DATA.is_dir(), reason="MATTEBRIDGE_TEST_DATA has no bad_input folder")
def test_deep_pixels_are_named_but_not_read() -> None:
    (part,) = read_parts(_DATA / "other" / "deep-onesample.exr")
    assert (part.kind, part.channel_names, dict(part.channels)) == ("deepscanline", ("Z",), {})
