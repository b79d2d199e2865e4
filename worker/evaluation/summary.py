"""Scores as tables and as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from worker.datasets.coco_format import DataCategory
from worker.evaluation.panoptic import Counts, PanopticScore
from worker.evaluation.video import TrackingQuality


def kinds(categories: Sequence[DataCategory]) -> dict[str, list[str]]:
    """The category ids, as maps call them, of all, of things and of stuff."""
    return {
        "All": [str(c.id) for c in categories],
        "Things": [str(c.id) for c in categories if c.isthing],
        "Stuff": [str(c.id) for c in categories if not c.isthing],
    }


def means_as_json(score: PanopticScore, categories: Sequence[DataCategory]) -> dict[str, Any]:
    """PQ, SQ and RQ in [0, 1] and the number of categories that occur, of all, things and stuff."""
    found = {}
    for kind, names in kinds(categories).items():
        mean = score.mean(names)
        occurring = sum(score.quality(name) is not None for name in names)
        found[kind] = {"pq": mean.pq, "sq": mean.sq, "rq": mean.rq, "n": occurring}
    return found


def categories_as_json(score: PanopticScore, categories: Sequence[DataCategory]) -> list[dict[str, Any]]:
    """Every category's figures; qualities in [0, 1], None where it neither occurs nor was predicted."""
    rows = []
    for category in categories:
        quality = score.quality(str(category.id))
        counts = score.counts.get(str(category.id), Counts())
        rows.append(
            {
                "id": category.id,
                "name": category.name,
                "isthing": int(category.isthing),
                "pq": quality.pq if quality else None,
                "sq": quality.sq if quality else None,
                "rq": quality.rq if quality else None,
                "tp": counts.true_positives,
                "fp": counts.false_positives,
                "fn": counts.false_negatives,
            }
        )
    return rows


def means_table(title: str, score: PanopticScore, categories: Sequence[DataCategory]) -> Table:
    """All, things and stuff, in percent."""
    table = _table(title, "", "PQ", "SQ", "RQ", "categories")
    for kind, names in kinds(categories).items():
        mean = score.mean(names)
        occurring = sum(score.quality(name) is not None for name in names)
        table.add_row(kind, *(f"{100 * value:.2f}" for value in (mean.pq, mean.sq, mean.rq)), str(occurring))
    return table


def categories_table(score: PanopticScore, categories: Sequence[DataCategory]) -> Table:
    """The categories that occur, in percent, with what was found, invented and missed."""
    table = _table("By category", "category", "PQ", "SQ", "RQ", "found", "false", "missed")
    for category in categories:
        quality = score.quality(str(category.id))
        if quality is None:
            continue
        counts = score.counts[str(category.id)]
        figures = (f"{100 * value:.2f}" for value in (quality.pq, quality.sq, quality.rq))
        found = (counts.true_positives, counts.false_positives, counts.false_negatives)
        table.add_row(category.name, *figures, *map(str, found))
    return table


def video_table(
    windows: dict[int, PanopticScore], tracking: TrackingQuality, categories: Sequence[DataCategory]
) -> Table:
    """VPQ by window and STQ, in percent."""
    names = kinds(categories)
    table = _table("Video", "", *names)
    for window, score in windows.items():
        table.add_row(f"VPQ, {window} frames", *(f"{100 * score.mean(n).pq:.2f}" for n in names.values()))
    if len(windows) > 1:
        means = [sum(score.mean(n).pq for score in windows.values()) / len(windows) for n in names.values()]
        table.add_row("VPQ", *(f"{100 * value:.2f}" for value in means))
    for name, value in (("STQ", tracking.stq), ("AQ", tracking.aq), ("SQ", tracking.sq)):
        table.add_row(name, "-" if math.isnan(value) else f"{100 * value:.2f}")
    return table


def video_as_json(
    windows: dict[int, PanopticScore], tracking: TrackingQuality, categories: Sequence[DataCategory]
) -> dict[str, Any]:
    """VPQ by window and STQ in [0, 1]; None where there is nothing to judge."""
    by_window = {str(window): means_as_json(score, categories) for window, score in windows.items()}
    figures = {"stq": tracking.stq, "aq": tracking.aq, "sq": tracking.sq}
    return {
        "VPQ": {"mean": sum(f["All"]["pq"] for f in by_window.values()) / len(by_window), "windows": by_window},
        # JSON knows no NaN.
        "STQ": {name: None if math.isnan(value) else value for name, value in figures.items()},
    }


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(first)
    for column in columns:
        table.add_column(column, justify="right")
    return table
