"""`mattebridge evaluate embedded` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

pytest.importorskip("skia", exc_type=ImportError)

from worker.cli.evaluate import evaluate


def test_it_prints_a_table_and_writes_figures(tmp_path: Path) -> None:
    arguments = ["embedded", "--clips", "1", "--threads", "1", "--cache", str(tmp_path / "cache")]
    arguments += ["--json", str(tmp_path / "figures.json"), "--markdown", str(tmp_path / "figures.md")]
    arguments += ["--sheet", str(tmp_path / "sheet.png")]
    result = CliRunner().invoke(evaluate, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "sky-other-merged" in result.output
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["frames"] == 2
    assert 0 < figures["pq"] <= 100
    assert "| **mean** |" in (tmp_path / "figures.md").read_text()
    # One frame of each clip: plate, truth and prediction side by side.
    assert Image.open(tmp_path / "sheet.png").size == (3 * 640, 360)
