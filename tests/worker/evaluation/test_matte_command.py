"""``mattebridge evaluate mattes`` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from bridge.errors import BadRequestError
from tests.worker.evaluation.matte_scene import Scene
from tests.worker.exr.files import PLATE, some_mattes
from tests.worker.media.made import write_image
from worker.cli.evaluate_mattes import mattes
from worker.evaluation.matte_metrics import Matte
from worker.exr.layouts.layers import write_layers

SCENE = Scene(disc=(2.0, 1.0), ground=(2.0, 1.0))
FRAMES = (1001, 1002, 1003)


def run(*words: object) -> Result:
    return CliRunner().invoke(mattes, [str(word) for word in words])


def grey(path: Path, matte: Matte) -> None:
    path.parent.mkdir(exist_ok=True)
    write_image(path, matte[..., None], pixel_type="uint16", channels=["Y"])


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Three frames in gt, pred (every second one grown by a pixel), trimap and plates."""
    (tmp_path / "plates").mkdir()
    for step, frame in enumerate(FRAMES):
        truth = SCENE.matte(step)
        grey(tmp_path / f"gt/gt.{frame}.png", truth)
        grey(tmp_path / f"pred/pred.{frame}.png", SCENE.matte(step, step % 2))
        grey(tmp_path / f"trimap/tri.{frame}.png", np.where((truth > 0) & (truth < 1), 0.5, truth))
        write_image(tmp_path / f"plates/plate.{frame}.png", SCENE.plate(step))
    return tmp_path


def test_json_has_frames_mean_and_units(clip: Path) -> None:
    result = run("--gt", clip / "gt", "--pred", clip / "pred", "--plates", clip / "plates", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    assert [frame["frame"] for frame in told["frames"]] == [*FRAMES]
    assert (told["region"], told["motion"]) == ("whole", "plates")
    sads = [frame["sad"] for frame in told["frames"]]
    # A ring of one pixel around a disc of radius 26.
    assert sads == pytest.approx([0, np.pi * (27**2 - 26**2) / 1000, 0], abs=2e-3)
    assert told["mean"]["sad"] == pytest.approx(sum(sads) / 3)
    assert told["mean"]["jump_px"] == pytest.approx(1.0, abs=0.1)
    assert told["mean"]["truth_jump_px"] < 0.1
    assert "dtssd" not in told["frames"][0]
    assert told["units"].keys() == told["mean"].keys()
    assert told["units"]["jump_px"] == "pixels"


def test_the_table_has_a_line_a_frame_and_the_mean(clip: Path) -> None:
    result = run("--gt", clip / "gt", "--pred", clip / "gt")
    assert result.exit_code == 0, result.output
    heading, *lines, mean = [line.split() for line in result.output.splitlines()]
    assert heading[:6] == ["frame", "SAD/1000", "MSE", "Grad/1000", "Conn/1000", "dtSSD"]
    assert [line[0] for line in lines] == ["1001", "1002", "1003"]
    assert lines[0][1:7] == ["0", "0", "0", "0", "-", "-"]
    assert mean[:6] == ["mean", "0", "0", "0", "0", "0"]


def test_a_trimap_leaves_out_what_is_known(clip: Path) -> None:
    both = ["--gt", clip / "gt", "--pred", clip / "pred", "--json"]
    whole, unknown = (json.loads(run(*both, *more).output) for more in ([], ["--trimap", clip / "trimap"]))
    assert unknown["region"] == "unknown"
    assert 0 < unknown["mean"]["sad"] < 0.7 * whole["mean"]["sad"]
    assert unknown["mean"]["jump_px"] == whole["mean"]["jump_px"]


def test_without_the_truth_only_chatter_is_told(clip: Path) -> None:
    told = json.loads(run("--pred", clip / "pred", "--json").output)
    assert list(told["mean"]) == ["chatter", "chatter_p95", "jump_px", "judged"]
    assert told["motion"] == "mattes"


def test_layers_are_compared_with_single_mattes(tmp_path: Path) -> None:
    person = some_mattes()[0]
    write_layers(tmp_path / "shot_mattes.0001.exr", some_mattes(), PLATE, {})
    (tmp_path / "gt").mkdir()
    full = np.zeros((PLATE[1], PLATE[0], 1), np.float32)
    assert person.window is not None
    x0, y0, x1, y1 = person.window
    full[y0:y1, x0:x1, 0] = person.coverage
    write_image(tmp_path / "gt/person.0001.exr", full, channels=["Y"])
    told = json.loads(run("--gt", tmp_path / "gt", "--pred", tmp_path, "--layer", "person", "--json").output)
    assert told["mean"]["sad"] == 0


def test_other_frames_are_refused(clip: Path) -> None:
    (clip / "pred/pred.1002.png").rename(clip / "pred/pred.1009.png")
    error = run("--gt", clip / "gt", "--pred", clip / "pred").exception
    assert isinstance(error, BadRequestError)
    assert "to have the frames of" in str(error)
    assert "(frames 1001-1003), but it lacks 1002 and it has 1009 besides" in str(error)


@pytest.mark.parametrize("kind", ["trimap", "plates"])
def test_a_frame_less_is_refused(clip: Path, kind: str) -> None:
    next((clip / kind).glob("*1003.png")).unlink()
    error = run("--gt", clip / "gt", "--pred", clip / "pred", f"--{kind}", clip / kind).exception
    assert isinstance(error, BadRequestError)
    assert "(frames 1001-1002) to have all frames of the mattes, but it lacks 1003" in str(error)


@pytest.mark.parametrize("kind", ["pred", "trimap", "plates"])
def test_another_size_is_refused(clip: Path, kind: str) -> None:
    for path in (clip / kind).iterdir():
        write_image(path, np.zeros((60, 80, 3), np.uint8))
    words = {"--gt": "gt", "--pred": "pred", f"--{kind}": kind}
    error = run(*(word for option, name in words.items() for word in (option, clip / name))).exception
    assert isinstance(error, BadRequestError)
    assert str(error).startswith("frame 1001 of ")
    assert f"is 80 x 60, expected 128 x 104 like the first frame of {clip / 'gt'}" in str(error)


def test_a_layer_of_files_without_layers_is_refused(clip: Path) -> None:
    error = run("--pred", clip / "pred", "--layer", "person").exception
    assert isinstance(error, BadRequestError)
    assert "one matte a file" in str(error)


def test_a_trimap_needs_the_truth(clip: Path) -> None:
    result = run("--pred", clip / "pred", "--trimap", clip / "trimap")
    assert result.exit_code == 2
    assert "errors need --gt" in result.output
