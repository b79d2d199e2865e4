"""What is said before the work begins."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from bridge.request import MatteRequest
from worker.media import open_source
from worker.notes import DRAWN_ONLY, notes_on


def _notes(folder: Path, frames: list[int], asked: str | None = None, model: str = "other") -> tuple[str, ...]:
    for number in frames:
        Image.new("RGB", (8, 8)).save(folder / f"shot.{number:04d}.png")
    request = MatteRequest(source=f"{folder}/shot.####.png", out=str(folder), frames=asked)
    with open_source(request.source, frames=asked) as source:
        return notes_on(model, source, request)


def test_a_hole_is_said_with_what_fills_it(tmp_path: Path) -> None:
    (note,) = _notes(tmp_path, [1000, 1001, 1002, 1005, 1006])
    assert "no frame 1003-1004" in note
    assert "--frames 1000-1006 and --on-error hold" in note


@pytest.mark.parametrize(
    ("frames", "asked"),
    [([1, 2, 3], None), ([10, 12, 14, 16], None), ([7], None), ([1, 2, 4], "1-2,4")],
    ids=["whole", "every second", "one", "asked for"],
)
def test_nothing_is_said_where_nothing_is_missing(tmp_path: Path, frames: list[int], asked: str | None) -> None:
    assert _notes(tmp_path, frames, asked) == ()


def test_the_embedded_model_is_said_to_know_drawn_scenes_only(tmp_path: Path) -> None:
    assert _notes(tmp_path, [1, 2], model="embedded") == (DRAWN_ONLY,)
