"""``evaluate model`` from its options to its report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import Progress

from bridge.files import write_whole
from worker.datasets import DataSet, Frame, open_data_set
from worker.datasets.coco import open_listing
from worker.datasets.coco_format import write_listing
from worker.datasets.pictures import read_picture
from worker.device import choose_device
from worker.evaluation.label_map import map_labels
from worker.evaluation.merge import LeastScores
from worker.evaluation.page import ShownFrame, make_page
from worker.evaluation.panoptic import Counts, PanopticScore
from worker.evaluation.run import MAPS, EvaluationRun, FrameResult, Judge
from worker.evaluation.summary import (
    categories_as_json,
    categories_table,
    means_as_json,
    means_table,
    video_as_json,
    video_table,
)
from worker.evaluation.video import SegmentationAndTrackingQuality, VideoPanopticQuality
from worker.models.base import Model
from worker.models.registry import ModelPool

WINDOWS = (1, 2, 4, 6)
"""VPQ windows of VIPSeg's authors."""
LEAST = LeastScores(thing=0.5, stuff=0.5)
"""Least scores of models that do not come with their own."""


@dataclass(frozen=True)
class Wishes:
    """The command's options; see `worker.cli.evaluate_model`."""

    model: str
    data: str
    out: Path
    split: str = "val"
    pictures: Path | None = None
    limit: int | None = None
    device: str = "auto"
    least_thing: float | None = None
    least_stuff: float | None = None
    partial_labels: bool = False
    worst: int = 12


def evaluate_model(wishes: Wishes, console: Console) -> dict[str, Any]:
    """Run, judge, write and show; returns what stands in ``report.json``."""
    if wishes.pictures is not None:
        data: DataSet = open_listing(Path(wishes.data), None, wishes.pictures)
    else:
        data = open_data_set(wishes.data, wishes.split)
    pool = ModelPool(choose_device(wishes.device))
    # A folder may be given as any path; elsewhere names and paths are told apart by their first letter.
    folder = Path(wishes.model)
    model = pool.get(str(folder.resolve()) if folder.is_dir() else wishes.model)
    labels = map_labels(model.label_set, data.categories, partial=wishes.partial_labels)
    if labels.only_data:
        console.print(f"{wishes.model} does not know {len(labels.only_data)} of the data set's categories")
    judge = Judge(model, pool, data, labels, _least(wishes, model))
    frames = spread(data.frames, wishes.limit)
    run = EvaluationRun(wishes.out, _identity(wishes, judge))
    already = sum(frame.key in run.done for frame in frames)
    if already:
        console.print(f"Going on: {already} of {len(frames)} frames are done")
    with Progress(console=console) as progress:
        task = progress.add_task("Predicting", total=len(frames), completed=already)
        run.run(judge, frames, lambda _: progress.advance(task))
    results = [run.done[frame.key] for frame in frames]
    report = _report(wishes, judge, run, frames, results, console)
    write_whole(wishes.out / "report.json", msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    console.print(f"Predictions, figures and pictures: {wishes.out}")
    return report


def spread(frames: Sequence[Frame], limit: int | None) -> list[Frame]:
    """So many frames, evenly over all; whole clips where there are clips, as many as begin within the limit."""
    if limit is None or limit >= len(frames):
        return list(frames)
    clips = list(dict.fromkeys(frame.clip for frame in frames))
    if clips == [""]:
        return [frames[index * len(frames) // limit] for index in range(limit)]
    chosen: list[Frame] = []
    for clip in clips:
        if len(chosen) >= limit:
            break
        chosen += [frame for frame in frames if frame.clip == clip]
    return chosen


def _least(wishes: Wishes, model: Model) -> LeastScores:
    least = LEAST
    if model.name == "embedded":
        from worker.evaluation.embedded import LEAST as EMBEDDED

        least = EMBEDDED
    return LeastScores(
        least.thing if wishes.least_thing is None else wishes.least_thing,
        least.stuff if wishes.least_stuff is None else wishes.least_stuff,
    )


def _identity(wishes: Wishes, judge: Judge) -> dict[str, Any]:
    return {
        "model": judge.model.name,
        "weights": judge.model.fingerprint,
        "settings": dict(judge.model.settings),
        "licence": judge.model.licence,
        "data": judge.data.name,
        "root": str(judge.data.root.resolve()),
        "split": wishes.split,
        "least_scores": {"thing": judge.least.thing, "stuff": judge.least.stuff},
        "labels": {name: category.id for name, category in judge.labels.known.items()},
    }


def _report(
    wishes: Wishes,
    judge: Judge,
    run: EvaluationRun,
    frames: Sequence[Frame],
    results: Sequence[FrameResult],
    console: Console,
) -> dict[str, Any]:
    categories = judge.data.categories
    score = total(results)
    facts = {
        "model": f"{judge.model.name} ({judge.model.licence})",
        "data": f"{judge.data.name}, {wishes.split}, {len(frames)} of {len(judge.data.frames)} frames",
        "least scores": f"things {judge.least.thing:g}, stuff {judge.least.stuff:g}",
        "time in the model": f"{1000 * sum(r.seconds for r in results) / max(len(results), 1):.1f} ms a frame",
    }
    report: dict[str, Any] = {
        "run": _identity(wishes, judge),
        "images": len(frames),
        "seconds_per_frame": sum(r.seconds for r in results) / max(len(results), 1),
        **means_as_json(score, categories),
        "categories": categories_as_json(score, categories),
        "only_model": list(judge.labels.only_model),
        "only_data": list(judge.labels.only_data),
    }
    console.print(categories_table(score, categories))
    console.print(means_table(f"{wishes.model} on {judge.data.name}, {len(frames)} frames", score, categories))
    if frames[0].clip:
        scores, tracking = _video(judge, run, frames, console)
        report |= video_as_json(scores, tracking, categories)
        console.print(video_table(scores, tracking, categories))
    write_listing(run.folder / f"{MAPS}.json", categories, [result.annotation for result in results])
    ranked = sorted(zip(frames, results, strict=True), key=lambda pair: total([pair[1]]).mean().pq)
    shown = (_shown(judge, run, frame, result) for frame, result in ranked[: wishes.worst])
    page = make_page(f"{wishes.model} on {judge.data.name}", facts, score, categories, shown)
    write_whole(run.folder / "report.html", page.encode())
    return report


def total(results: Iterable[FrameResult]) -> PanopticScore:
    """The score over some frames."""
    score = PanopticScore()
    for result in results:
        for category, counts in result.counts.items():
            score.counts.setdefault(category, Counts()).add(counts)
    return score


def _shown(judge: Judge, run: EvaluationRun, frame: Frame, result: FrameResult) -> ShownFrame:
    return ShownFrame(
        frame.key, total([result]), read_picture(frame.picture), judge.data.truth(frame), run.prediction(result)
    )


def _video(
    judge: Judge, run: EvaluationRun, frames: Sequence[Frame], console: Console
) -> tuple[dict[int, PanopticScore], Any]:
    """VPQ by window, as far as clips are long enough, and STQ; from the predictions on disk."""
    longest = max(Counter(frame.clip for frame in frames).values())
    lengths = [window for window in WINDOWS if window <= longest]
    windows = [VideoPanopticQuality(window) for window in lengths]
    tracking = SegmentationAndTrackingQuality([str(c.id) for c in judge.data.categories if c.isthing])
    with Progress(console=console) as progress:
        task = progress.add_task("Judging clips", total=len(frames))
        for frame, last in _with_last(frames):
            truth, prediction = judge.data.truth(frame), run.prediction(run.done[frame.key])
            for window in windows:
                window.add_frame(truth, prediction)
            tracking.add_frame(truth, prediction)
            progress.advance(task)
            if last:
                for window in windows:
                    window.end_clip()
                tracking.end_clip()
    return dict(zip(lengths, (window.score for window in windows), strict=True)), tracking.result()


def _with_last(frames: Sequence[Frame]) -> Iterator[tuple[Frame, bool]]:
    """Frames, each with whether it is the last of its clip."""
    for index, frame in enumerate(frames):
        yield frame, index + 1 == len(frames) or frames[index + 1].clip != frame.clip
