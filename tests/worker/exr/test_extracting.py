"""Mattes taken out of files by what users call them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from PIL import Image

from bridge.errors import OutputError, SourceUnreadableError, UnknownNameError
from tests.worker.exr.files import STAMP, file_set, full, some_mattes
from tests.worker.exr.made import COVERAGES, metadata, ranks, write
from worker.exr.extracting import read_matte, write_png
from worker.exr.layouts import LAYOUTS


@pytest.mark.parametrize("layout", ["layers", "packed", "single"])
def test_layer_of_our_own_files(tmp_path: Path, layout: str) -> None:
    made = LAYOUTS[layout](file_set())
    made.write(tmp_path, STAMP, some_mattes())
    last = tmp_path / made.files_of(STAMP.frame)[-1]
    assert np.array_equal(read_matte(last, "sky"), full(some_mattes()[2]))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("Z", 0.1, id="channel"),
        pytest.param("dog.mask", 0.2, id="channel of a layer"),
        pytest.param("dog", 0.2, id="layer of one channel"),
        pytest.param("cat", 0.3, id="alpha of a layer of several"),
    ],
)
def test_names_of_channels_and_layers(tmp_path: Path, name: str, value: float) -> None:
    values = {"Z": 0.1, "dog.mask": 0.2, "cat.alpha": 0.3, "cat.red": 0.4, "uv.x": 0.5, "uv.y": 0.6}
    channels = {channel: np.full((1, 2), v, np.float32) for channel, v in values.items()}
    path = write(tmp_path / "a.exr", {}, channels)
    assert np.array_equal(read_matte(path, name), np.full((1, 2), value, np.float32))
    with pytest.raises(UnknownNameError, match=r"layer 'uv' has several channels; choose from uv\.x, uv\.y"):
        read_matte(path, "uv")


def test_object_by_name_and_type(tmp_path: Path) -> None:
    header = {**metadata("first"), **metadata("second", manifest="{}")}
    path = write(tmp_path / "a.exr", header, {**ranks("first00"), **ranks("second00")})
    for name in ("first:cube", "second:cube", "second:d9682f08"):
        assert np.array_equal(read_matte(path, name), COVERAGES["cube"])
    with pytest.raises(UnknownNameError, match=r"in several Cryptomattes .* say first:cube or second:cube"):
        read_matte(path, "cube")


def test_object_whose_name_has_a_colon(tmp_path: Path) -> None:
    header = metadata("k", manifest='{"/obj/box:polygons:1":"d9682f08"}')
    path = write(tmp_path / "a.exr", header, ranks("k00"))
    assert np.array_equal(read_matte(path, "/obj/box:polygons:1"), COVERAGES["cube"])


def test_unknown_name_lists_channels_and_objects(tmp_path: Path) -> None:
    path = write(tmp_path / "a.exr", metadata("k"), {**ranks("k00"), "dog.A": np.ones((1, 3), np.float16)})
    with pytest.raises(UnknownNameError, match=r"unknown matte 'cubes'; there is: cube, .*dog\.A"):
        read_matte(path, "cubes")


def test_broken_cryptomatte_is_told_only_to_whom_it_concerns(tmp_path: Path) -> None:
    header = {**metadata("broken", manifest='{"cone":"00000001"}'), **metadata("whole")}
    channels = {**ranks("broken00", dtype=np.float16), **ranks("whole00")}
    path = write(tmp_path / "a.exr", header, channels)
    assert np.array_equal(read_matte(path, "ball"), COVERAGES["ball"])
    for name in ("cone", "broken:cone"):
        with pytest.raises(SourceUnreadableError, match="cannot read broken: its ids are half floats"):
            read_matte(path, name)


def test_channels_that_are_no_mattes(tmp_path: Path) -> None:
    channels = {
        "Y": np.ones((2, 4), np.float32),
        "id": np.ones((2, 4), np.uint32),
        "BY": OpenEXR.Channel("BY", np.zeros((2, 4), np.float32), 2, 2),
    }
    write(tmp_path / "a.exr", {}, channels)
    with pytest.raises(SourceUnreadableError, match=r"'id' of .* holds whole numbers"):
        read_matte(tmp_path / "a.exr", "id")
    with pytest.raises(SourceUnreadableError, match="subsampled"):
        read_matte(tmp_path / "a.exr", "BY")


def test_picture_of_a_matte(tmp_path: Path) -> None:
    matte = np.array([[0.0, 0.5, 1.0], [-1.0, 2.0, np.nan]], np.float32)
    write_png(tmp_path / "a.png", matte)
    with Image.open(tmp_path / "a.png") as image:
        assert image.mode == "L"
        assert np.asarray(image).tolist() == [[0, 128, 255], [0, 255, 0]]
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_picture_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"nowhere/a\.png"):
        write_png(tmp_path / "nowhere" / "a.png", np.zeros((1, 1), np.float32))
