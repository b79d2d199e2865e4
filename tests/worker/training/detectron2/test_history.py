"""The course of a run, read from detectron2's metrics."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from worker.training.detectron2.history import draw_history, read_history


def write_metrics(folder: Path, *lines: dict[str, float]) -> None:
    (folder / "metrics.json").write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_entries_in_the_order_of_iterations_and_later_lines_count(tmp_path: Path) -> None:
    assert read_history(tmp_path) == []
    write_metrics(
        tmp_path,
        {"iteration": 19, "lr": 0.01, "total_loss": 3.0, "loss_mask": 1.0, "loss_cls": 2.0, "time": 0.4},
        {"iteration": 39, "lr": 0.02, "total_loss": 2.0, "loss_mask": 0.5, "loss_cls": 1.5},
        {"iteration": 39, "PQ": 0.25, "SQ": 0.5, "RQ": 0.5},
        # Stopped, and gone on from an earlier checkpoint.
        {"iteration": 19, "lr": 0.01, "total_loss": 2.8, "loss_mask": 0.9, "loss_cls": 1.9},
        {"iteration": 24, "eta_seconds": 3.0},
    )
    with (tmp_path / "metrics.json").open("a") as file:
        file.write('{"iteration": 59, "lr": 0.0')
    assert read_history(tmp_path) == [
        {"iteration": 20, "rate": 0.01, "loss_mask": 0.9, "loss_cls": 1.9},
        {"iteration": 40, "rate": 0.02, "loss_mask": 0.5, "loss_cls": 1.5, "pq": 0.25, "sq": 0.5, "rq": 0.5},
    ]


def test_curves_are_drawn_of_whatever_parts_there_are(tmp_path: Path) -> None:
    draw_history(tmp_path)
    assert not (tmp_path / "curves.png").exists()
    lines = [
        {"iteration": i * 20 + 19, "lr": 0.02, "total_loss": 3 / (i + 1), "loss_centre": 3 / (i + 1)}
        for i in range(9)
    ]
    write_metrics(tmp_path, *lines)
    draw_history(tmp_path)
    # The first line's blue is in the legend of the quality; where it was measured there is more of it.
    before = blue_in_last_third(tmp_path / "curves.png")
    for index, quality in ((2, 0.1), (7, 0.6)):
        lines[index] |= {"PQ": quality, "SQ": 0.8, "RQ": 0.5}
    write_metrics(tmp_path, *lines)
    draw_history(tmp_path)
    assert blue_in_last_third(tmp_path / "curves.png") > before + 50


def blue_in_last_third(picture: Path) -> int:
    """How many pixels have the colour of the first line of a plot."""
    pixels = np.asarray(Image.open(picture).convert("RGB"))
    return int((pixels[:, pixels.shape[1] * 7 // 10 :] == (31, 119, 180)).all(-1).sum())
