"""The course of a run on disk: detectron2's ``metrics.json``, a line each so many iterations, and its curves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from worker.training.curves import draw_curves

METRICS = "metrics.json"
CURVES = "curves.png"
QUALITIES = {"PQ": "pq", "SQ": "sq", "RQ": "rq"}
"""What the validation writes into the metrics, in [0, 1], and what curves call it."""


def read_history(folder: Path) -> list[dict[str, Any]]:
    """The entries of a run in the order of their iterations, as `worker.training.curves` takes them.

    A run that was stopped goes on from its last checkpoint and writes some lines again; the later ones count.
    Lines that were cut short are passed over.
    """
    path = folder / METRICS
    if not path.is_file():
        return []
    entries: dict[int, dict[str, Any]] = {}
    for line in path.read_bytes().splitlines():
        try:
            found = msgspec.json.decode(line, type=dict[str, float])
        except msgspec.MsgspecError:
            continue
        iteration = int(found.get("iteration", -1)) + 1
        if iteration < 1 or not ("total_loss" in found or "PQ" in found):
            continue
        entry: dict[str, Any] = {"iteration": iteration}
        if "lr" in found:
            entry["rate"] = found["lr"]
        entry |= {name: value for name, value in found.items() if name.startswith("loss_")}
        entry |= {short: found[name] for name, short in QUALITIES.items() if name in found}
        entries[iteration] = entries.get(iteration, {}) | entry
    return [entries[iteration] for iteration in sorted(entries)]


def draw_history(folder: Path) -> None:
    """Draw loss parts, learning rate, PQ, SQ and RQ into the run's folder, where there is anything to draw."""
    history = [entry for entry in read_history(folder) if "rate" in entry]
    parts = sorted({name for entry in history for name in entry if name.startswith("loss_")})
    whole = [entry for entry in history if all(part in entry for part in parts)]
    if whole and parts:
        draw_curves(whole, folder / CURVES, parts, tuple(QUALITIES.values()))
