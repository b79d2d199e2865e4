"""``mattebridge export`` as a user meets it: real processes, a real worker, the embedded model."""

from __future__ import annotations

import json
from pathlib import Path

import av
import pytest

from bridge.manifest import read_manifest
from tests.command_line.running import ALL, Run, only_error
from tests.worker.conftest import draw_plate


def test_export_writes_mattes_and_says_where(run: Run, worker: str, plates: Path, tmp_path: Path) -> None:
    result = run("export", f"{plates}/shot.####.png", "--out", "mattes", "--worker", worker, *ALL)
    assert result.returncode == 0, result.stderr
    manifest = read_manifest(tmp_path / "mattes" / "shot.mattes.json")
    assert [file.path for file in manifest.files] == [f"shot_mattes.{frame}.exr" for frame in range(1001, 1005)]
    assert [layer.name for layer in manifest.layers] == ["person", "grass", "sky"]
    assert "shot.mattes.json" in result.stdout
    assert "shot_sheet.png" in result.stdout
    assert (tmp_path / "mattes" / "shot_sheet.png").stat().st_size > 1000


def test_a_folder_with_other_mattes_is_refused_unless_they_shall_be_replaced(
    run: Run, worker: str, plates: Path, tmp_path: Path
) -> None:
    command = ("export", "plates", "--out", "mattes", "--worker", worker, "--no-sheet")
    assert run(*command, *ALL, "--frames", "1001-1002").returncode == 0
    joined = run(*command, *ALL, "--frames", "1004")
    assert "frames 1001-1002,1004" in joined.stdout
    assert "note: " in joined.stderr and "its manifest will have the frames 1001-1002,1004" in joined.stderr
    other = (*command, "--categories", "sky", "--frames", "1003")
    refused = run(*other)
    assert "made with other settings (categories: there grass, person, sky, here sky)" in only_error(refused)
    assert refused.returncode == 2
    assert run(*other, "--replace").returncode == 0
    assert sorted(path.name for path in (tmp_path / "mattes").glob("*.exr")) == ["shot_mattes.1003.exr"]


def test_json_is_one_object_with_the_manifests_path(run: Run, worker: str, plates: Path) -> None:
    result = run("export", str(plates), "--out", "mattes", "--worker", worker, "--json", "--no-sheet", *ALL)
    assert result.returncode == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["ok"] is True
    assert read_manifest(answer["manifest"]).frames == answer["frames"] == "1001-1004"
    assert answer["contact_sheet"] is None


def cut_movie(path: Path) -> Path:
    """An H.264 movie whose end is missing, index and all."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for step in range(8):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(draw_plate(step), format="rgb24")))
        container.mux(stream.encode())
    path.write_bytes(path.read_bytes()[:-1200])
    return path


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["nowhere.mov", "--out", "o"], "nowhere.mov", id="a missing file"),
        pytest.param(["cut.mp4", "--out", "o"], "cut.mp4", id="a truncated movie"),
        pytest.param(
            ["plates", "--out", "o", "--categories", "persn"],
            "unknown category 'persn'; there is: person",
            id="category",
        ),
        pytest.param(
            ["plates", "--out", "file/o"], "cannot write to the output folder", id="an unwritable folder"
        ),
        pytest.param(
            ["plates", "--out", "o", "--colorspace", "ACESgc"], "unknown colour space 'ACESgc'", id="colour space"
        ),
        pytest.param(["plates", "--out", "o", "--frames", "1-4"], "1001-1004", id="frames that are not there"),
        pytest.param(["plates", "--out", "o", "--model", "eembedded"], "there is: embedded", id="model"),
        pytest.param(["plates", "--out", "o", "--policy", "none.toml"], "none.toml", id="a missing policy"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    run: Run, worker: str, plates: Path, tmp_path: Path, words: list[str], says: str
) -> None:
    cut_movie(tmp_path / "cut.mp4")
    (tmp_path / "file").write_text("no folder")
    result = run("export", *words, "--worker", worker)
    assert says in only_error(result)
    assert result.returncode == 2
    assert not list(tmp_path.glob("o/*"))


def test_an_error_with_json_is_json(run: Run, worker: str) -> None:
    result = run("export", "nowhere.mov", "--out", "o", "--worker", worker, "--json")
    answer = json.loads(result.stdout)
    assert (result.returncode, answer["ok"], answer["code"]) == (2, False, "source_not_found")


def test_a_damaged_frame_fails_and_names_itself(run: Run, worker: str, plates: Path) -> None:
    (plates / "shot.1003.png").write_bytes(b"cut off")
    result = run("export", "plates", "--out", "o", "--worker", worker, *ALL)
    assert "1003" in only_error(result)
    assert result.returncode == 1
    held = run("export", "plates", "--out", "o", "--worker", worker, "--on-error", "hold", *ALL)
    assert held.returncode == 0
    assert "1003" in held.stdout
