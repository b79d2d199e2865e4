"""Mattes on disk: what is read, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from bridge.errors import (
    BadRequestError,
    FrameUnreadableError,
    MattebridgeError,
    SourceNotFoundError,
    SourceUnreadableError,
    UnknownNameError,
)
from tests.worker.exr.files import PLATE, some_mattes
from tests.worker.media.made import write_image
from worker.evaluation.matte_files import open_mattes
from worker.exr.layouts.layers import write_layers

RAMP = np.linspace(0, 1, 48, dtype=np.float32).reshape(6, 8, 1)


@pytest.fixture
def layered(tmp_path: Path) -> Path:
    """Two frames with the layers person, person_3 and sky."""
    for frame in (1001, 1002):
        write_layers(tmp_path / f"shot_mattes.{frame}.exr", some_mattes(), PLATE, {})
    return tmp_path


@pytest.mark.parametrize(
    ("name", "pixel_type", "tolerance"),
    [
        ("m.0007.png", "uint8", 0.5 / 255),
        ("m.0007.png", "uint16", 0.5 / 65535),
        ("m.0007.tif", "float", 0.0),
        ("m.0007.exr", "half", 2.0**-11),
        ("m.0007.exr", "float", 0.0),
    ],
    ids=["8 bits", "16 bits", "TIFF", "half", "float"],
)
@pytest.mark.parametrize("count", [1, 3, 4], ids=["grey", "RGB", "RGBA"])
def test_values_are_read_as_they_are(
    tmp_path: Path, name: str, pixel_type: str, tolerance: float, count: int
) -> None:
    channels = ["Y"] if count == 1 else list("RGBA"[:count])
    pixels = np.repeat(RAMP, count, 2)
    pixels[..., 3:] = 1
    write_image(tmp_path / name, pixels, pixel_type=pixel_type, channels=channels)
    files = open_mattes(str(tmp_path))
    assert (files.frames, files.layer) == ((7,), None)
    assert np.abs(files.read(7) - RAMP[..., 0]).max() <= tolerance + 1e-7


def test_a_layer_is_chosen_by_its_name(layered: Path) -> None:
    files = open_mattes(str(layered), "person")
    assert files.frames == (1001, 1002)
    person = some_mattes()[0]
    assert person.window is not None
    x0, y0, x1, y1 = person.window
    matte = files.read(1002)
    assert matte.shape == (PLATE[1], PLATE[0])
    assert np.array_equal(matte[y0:y1, x0:x1], person.coverage.astype(np.float32))
    assert matte.sum() == pytest.approx(person.coverage.sum(dtype=np.float64), rel=1e-6)


def test_an_only_layer_needs_no_name(tmp_path: Path) -> None:
    write_layers(tmp_path / "m.1.exr", some_mattes()[:1], PLATE, {})
    assert open_mattes(str(tmp_path)).layer == "person"


def test_a_pattern_and_a_file_will_do(tmp_path: Path) -> None:
    for name in ("a.0001.png", "a.0003.png", "b.0001.png", "still.png"):
        write_image(tmp_path / name, RAMP, pixel_type="uint8", channels=["Y"])
    assert open_mattes(f"{tmp_path}/a.####.png").frames == (1, 3)
    assert open_mattes(f"{tmp_path}/a.0003.png").frames == (3,)
    assert open_mattes(f"{tmp_path}/still.png").frames == (1,)


def test_overshoot_is_cut_off(tmp_path: Path) -> None:
    write_image(tmp_path / "m.1.exr", np.array([[[-0.02], [1.05]]], np.float32), channels=["Y"])
    assert open_mattes(str(tmp_path)).read(1).tolist() == [[0, 1]]


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (np.array([[[0.0], [255.0]]], np.float32), "values from 0 to 255; expected coverage from 0 to 1"),
        (np.array([[[0.0], [np.nan]]], np.float32), "values from nan to nan"),
        (np.array([[[0.0, 0.5, 1.0]]], np.float32), "it is a colour picture; expected one channel"),
    ],
    ids=["another scale", "no number", "colours"],
)
def test_what_is_no_matte_is_refused(tmp_path: Path, pixels: npt.NDArray[np.float32], reason: str) -> None:
    write_image(tmp_path / "m.5.exr", pixels, channels=["Y"] if pixels.shape[2] == 1 else list("RGB"))
    with pytest.raises(FrameUnreadableError, match=reason):
        open_mattes(str(tmp_path)).read(5)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "m.0001.png").write_bytes(b"no picture")
    with pytest.raises(FrameUnreadableError, match=r"frame 1: .*m\.0001\.png cannot be read as a matte"):
        open_mattes(str(tmp_path)).read(1)


def test_a_layer_that_is_missing_later_is_named(layered: Path) -> None:
    write_layers(layered / "shot_mattes.1002.exr", some_mattes()[1:], PLATE, {})
    files = open_mattes(str(layered), "person")
    with pytest.raises(FrameUnreadableError, match=r"frame 1002: .* it has no layer 'person'"):
        files.read(1002)


@pytest.mark.parametrize(
    ("layer", "error", "message"),
    [
        (None, BadRequestError, "holds 3 mattes; choose one with --layer: person, person_3, sky"),
        ("persn", UnknownNameError, "unknown layer 'persn'; there is: person"),
    ],
    ids=["none named", "unknown"],
)
def test_the_layers_are_listed(
    layered: Path, layer: str | None, error: type[MattebridgeError], message: str
) -> None:
    with pytest.raises(error, match=message):
        open_mattes(str(layered), layer)


def test_a_folder_must_hold_one_sequence(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadableError, match=r"expected one sequence of mattes in .*, but there is none"):
        open_mattes(str(tmp_path))
    for name in ("a.0001.png", "b.0001.png"):
        write_image(tmp_path / name, RAMP, pixel_type="uint8", channels=["Y"])
    with pytest.raises(SourceUnreadableError, match=r"there is 2: a\.%04d\.png \(1\), b\.%04d\.png \(1\)"):
        open_mattes(str(tmp_path))


@pytest.mark.parametrize("name", ["nowhere", "nowhere/m.####.png"])
def test_a_path_to_nothing_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceNotFoundError, match="nowhere"):
        open_mattes(str(tmp_path / name))
