"""``mattebridge inspect`` as a user sees it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from bridge.errors import BadRequestError, UnknownNameError
from tests.worker.exr.files import STAMP, file_set, full, some_mattes
from tests.worker.exr.made import metadata, ranks, write
from worker.cli.inspect import inspect
from worker.exr.layouts import LAYOUTS


def _run(*args: object) -> Result:
    return CliRunner().invoke(inspect, [str(arg) for arg in args], env={"COLUMNS": "160"})


def _ours(folder: Path, layout: str) -> Path:
    made = LAYOUTS[layout](file_set())
    made.write(folder, STAMP, some_mattes())
    return folder / made.files_of(STAMP.frame)[0]


def test_layers_are_listed_with_borders(tmp_path: Path) -> None:
    result = _run(_ours(tmp_path, "layers"))
    assert result.exit_code == 0
    assert "plate_mattes.1001.exr: 40x24, pixel aspect 2" in result.output
    assert "scanlineimage, zips, data window 27x18 at (3, 2)" in result.output
    assert "model_licence: Apache-2.0" in result.output
    assert "sky (sky-other-merged)" in result.output
    assert "feather width=0.4% offset=0px side=centred profile=smooth" in result.output


def test_cryptomattes_are_listed_with_objects(tmp_path: Path) -> None:
    result = _run(_ours(tmp_path, "cryptomatte"))
    assert "Cryptomatte crypto_class: 6 levels, 2 names (header)" in result.output
    assert "d12be799" in result.output


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.exr", metadata("k"), ranks("k00", dtype=np.float16))
    assert "Cryptomatte k cannot be read: its ids are half floats" in _run(path).output


def test_json_has_the_same(tmp_path: Path) -> None:
    report = json.loads(_run(_ours(tmp_path, "cryptomatte"), "--json").output)
    assert report["size_wh"] == [40, 24]
    assert report["cryptomattes"][0]["name"] == "crypto_class"
    assert {found["name"] for found in report["cryptomattes"][0]["objects"]} == {"person", "sky"}


def test_matte_is_drawn(tmp_path: Path) -> None:
    path = _ours(tmp_path, "layers")
    result = _run(path, "--matte", "sky", "--png", tmp_path / "sky.png")
    assert result.exit_code == 0
    assert "sky.png: sky, 40x24, 0 to 1, covers" in result.output
    with Image.open(tmp_path / "sky.png") as image:
        expected = np.rint(full(some_mattes()[2]).astype(np.float32) * 255)
        assert np.array_equal(np.asarray(image), expected)


def test_drawing_as_json(tmp_path: Path) -> None:
    result = _run(_ours(tmp_path, "layers"), "--matte", "sky", "--png", tmp_path / "sky.png", "--json")
    facts = json.loads(result.output)
    assert facts["size_wh"] == [40, 24]
    assert facts["covered_pct"] == pytest.approx(100 * full(some_mattes()[2]).astype(np.float64).mean())


@pytest.mark.parametrize("option", ["--matte", "--png"])
def test_matte_and_png_go_together(tmp_path: Path, option: str) -> None:
    result = _run(_ours(tmp_path, "layers"), option, "sky")
    assert result.exit_code == 2
    assert "--matte and --png go together" in result.output


def test_unknown_matte_is_an_error_of_ours(tmp_path: Path) -> None:
    result = _run(_ours(tmp_path, "layers"), "--matte", "ski", "--png", tmp_path / "a.png")
    assert isinstance(result.exception, UnknownNameError)
    assert not (tmp_path / "a.png").exists()


def test_a_folder_is_answered_with_what_lies_in_it(tmp_path: Path) -> None:
    path = _ours(tmp_path, "layers")
    with pytest.raises(BadRequestError, match=f"1 EXR files; give one of them, such as {path}"):
        CliRunner().invoke(inspect, [str(tmp_path)], catch_exceptions=False)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(BadRequestError, match="without EXR files"):
        CliRunner().invoke(inspect, [str(empty)], catch_exceptions=False)


def test_looking_into_a_file_does_not_wait_for_torch(tmp_path: Path) -> None:
    program = (
        "import sys; from bridge.cli.root import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "assert 'torch' not in sys.modules"
    )
    path = _ours(tmp_path, "layers")
    command = [sys.executable, "-c", program, "inspect", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "plate_mattes.1001.exr" in done.stdout
