"""`examples/export_timeline.py`, run as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import opentimelineio as otio
import pytest
from PIL import Image

from tests.host_adapters.end_to_end import made_of
from tests.host_adapters.timeline.conftest import Cutting

ROOT = Path(__file__).parents[3]


def example(worker: str, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "examples/export_timeline.py"), *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=100, env={**os.environ, "MATTEBRIDGE_WORKER": worker}
    )


def test_mattes_and_what_was_left_out(cut: Cutting, pictures: list[Image.Image], worker: str) -> None:
    for number, picture in enumerate(pictures[:4], 1001):
        picture.save(cut.folder / f"plate.{number}.png")
    cut.clip(cut.external("plate.[1001-1004].png", 86400, 4), 86401, 2, name="sh010")
    cut.clip(otio.schema.MissingReference(), 0, 4, name="gone")
    out = cut.folder / "mattes"
    done = example(worker, cut.write(), out)
    assert done.returncode == 0, done.stderr
    assert "V1  sh010: 1001-1004" in done.stdout, "two frames, and handles as far as the media goes"
    assert "V1  gone: has no media in the timeline" in done.stdout
    assert "source 1 of 1 plate.%04d.png: begins" in done.stdout
    assert f"timeline with the mattes: {out / 'edit_mattes.otio'}" in done.stdout
    assert made_of(out / "plate/plate_sky.1003.exr")[1] == 1003


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(("edit.otio",), "python examples/export_timeline.py edit.otio mattes", id="without a folder"),
        pytest.param(("/no/edit.otio", "mattes"), "there is no timeline at /no/edit.otio", id="no timeline"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback(worker: str, words: tuple[str, ...], says: str) -> None:
    done = example(worker, *words)
    assert done.returncode == 1
    assert says in done.stderr and "Traceback" not in done.stderr
