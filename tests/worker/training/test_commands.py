"""The commands that draw and train, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

pytest.importorskip("skia", exc_type=ImportError)

from worker.cli.draw import draw
from worker.cli.train import train
from worker.training import recipe


def test_draw_writes_a_tagged_movie_with_pictures_and_alphas(tmp_path: Path) -> None:
    movie = tmp_path / "clips" / "street.mp4"
    arguments = [str(movie), "--seed", "4", "--frames", "3", "--size", "128x72", "--pictures", "--alphas"]
    result = CliRunner().invoke(draw, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    with av.open(str(movie)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert (stream.width, stream.height, stream.average_rate) == (128, 72, 24)
        # 1 is BT.709 for primaries, transfer and matrix, and limited range.
        tags = (context.color_primaries, context.color_trc, context.colorspace, context.color_range)
        assert tags == (1, 1, 1, 1)
        decoded = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    assert len(decoded) == 3
    for index, picture in enumerate(decoded):
        drawn = np.asarray(Image.open(tmp_path / f"clips/street/frame.{index:04d}.png"))
        assert np.abs(drawn.astype(int) - picture).mean() < 8
    listing = json.loads((tmp_path / "clips/street_alphas/segments.json").read_text())
    names = [f"{entry['track']:02d}_{entry['category']}" for entry in listing["segments"]]
    for index in range(3):
        planes = [Image.open(tmp_path / f"clips/street_alphas/{name}.{index:04d}.png") for name in names]
        total = np.sum([np.asarray(plane).astype(int) for plane in planes], axis=0)
        assert np.abs(total - 255).max() <= len(names)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["clip.avi"], "end in .mp4 or .mov"),
        (["clip.mp4", "--size", "12 by 9"], "WIDTHxHEIGHT"),
        (["clip.mp4", "--size", "101x60"], "even sides"),
    ],
)
def test_draw_says_what_it_expects(arguments: list[str], complaint: str) -> None:
    result = CliRunner().invoke(draw, arguments)
    assert result.exit_code == 2
    assert complaint in result.output


def test_train_draws_trains_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "FRAME_WH", (160, 90))
    monkeypatch.setattr(recipe, "VALIDATION_CLIPS", 1)
    out = tmp_path / "run"
    arguments = ["embedded", "--out", str(out), "--clips", "2", "--frames-per-clip", "1", "--iterations", "2"]
    arguments += ["--threads", "1", "--cache", str(tmp_path / "cache")]
    result = CliRunner().invoke(train, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert (out / "weights.safetensors").stat().st_size < 8_000_000
    assert (out / "curves.png").exists()
    history = json.loads((out / "history.json").read_text())
    assert [entry["iteration"] for entry in history] == [1, 2]
    again = CliRunner().invoke(train, arguments, catch_exceptions=False)
    assert "Going on from iteration 2" in again.output


def test_train_refuses_another_runs_checkpoint_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "FRAME_WH", (64, 36))
    monkeypatch.setattr(recipe, "VALIDATION_CLIPS", 1)
    arguments = ["embedded", "--out", str(tmp_path / "run"), "--clips", "1", "--frames-per-clip", "1"]
    arguments += ["--threads", "1", "--cache", str(tmp_path / "cache")]
    assert CliRunner().invoke(train, [*arguments, "--iterations", "1"]).exit_code == 0
    result = CliRunner().invoke(train, [*arguments, "--iterations", "2"])
    assert result.exit_code == 1
    assert "another schedule" in result.output
    assert "Traceback" not in result.output
