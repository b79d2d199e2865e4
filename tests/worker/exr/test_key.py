"""The key in a header, and files that have none."""

from __future__ import annotations

from pathlib import Path

from tests.worker.exr.files import LAYERS, ORIGIN, PLATE
from worker.exr.header import attributes
from worker.exr.key import KEY, read_key
from worker.exr.layouts.layers import write_layers
from worker.mattes import empty_mattes


def test_key_is_read_back(tmp_path: Path) -> None:
    header = {**attributes(ORIGIN, LAYERS, 1), KEY: "0123abcd"}
    write_layers(tmp_path / "a.exr", empty_mattes(LAYERS), PLATE, header)
    assert read_key(tmp_path / "a.exr") == "0123abcd"


def test_file_without_a_key_has_none(tmp_path: Path) -> None:
    write_layers(tmp_path / "a.exr", empty_mattes(LAYERS), PLATE, attributes(ORIGIN, LAYERS, 1))
    assert read_key(tmp_path / "a.exr") is None


def test_missing_and_damaged_files_have_none(tmp_path: Path) -> None:
    assert read_key(tmp_path / "none.exr") is None
    assert read_key(tmp_path) is None
    (tmp_path / "text.exr").write_bytes(b"no picture at all")
    assert read_key(tmp_path / "text.exr") is None
