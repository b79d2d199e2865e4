"""The whole export against its stages measured alone: what joining them costs, and what it wins."""

from __future__ import annotations

import statistics
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from bridge.request import MatteRequest
from tests.benchmarks.exporting import CATEGORIES
from tests.benchmarks.timing import Cost, measured
from worker.cli.demo import CLIP
from worker.device import choose_device, cores
from worker.engine import Engine
from worker.export_plan import ExportPlan
from worker.following import follow_tracks
from worker.frame_writer import frame_mattes, layout_of
from worker.media import open_source
from worker.models.base import Model, Plate
from worker.models.registry import ModelPool
from worker.predictions import Predictions
from worker.progress import Progress
from worker.segments import FramePrediction
from worker.stages import Stopwatch
from worker.store import Store
from worker.thumbnail import with_thumbnail
from worker.tracking import assign


def measure(rounds: int = 3) -> dict[str, object]:
    """Export the bundled clip with eight layers, and do the same work stage by stage, one core, nothing beside it.

    Returns:
        Medians over `rounds`: milliseconds of processor time a frame of each stage alone; of the whole; and the
        ratios of the whole to the sum, in processor time, and in wall time to the sum spread over all cores.
    """
    device = choose_device()
    runs: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(device, Store(Path(folder) / "warm"))
        _export(engine, Path(folder) / "warm-out", frames="1-4")
        for number in range(rounds):
            engine._store = Store(Path(folder) / f"store{number}")
            whole = _export(engine, Path(folder) / f"out{number}")
            alone = _alone(device, Path(folder) / f"alone{number}")
            frames = alone.pop("frames")
            total = sum(alone.values())
            runs.append(
                {
                    **{f"{stage}_ms": 1000 * seconds / frames for stage, seconds in alone.items()},
                    "sum_ms": 1000 * total / frames,
                    "whole_cpu_ms": 1000 * whole.cpu_s / frames,
                    "whole_wall_ms": 1000 * whole.wall_s / frames,
                    "cpu_over_sum": whole.cpu_s / total,
                    "wall_over_sum_per_core": whole.wall_s / (total / cores()),
                    "fps": frames / whole.wall_s,
                    "tracking_over_model": alone["tracking"] / alone["model"],
                }
            )
    return {
        "cores": cores(),
        **{key: statistics.median(run[key] for run in runs) for key in runs[0]},
        "runs": runs,
    }


def _request(out: Path, frames: str | None = None) -> MatteRequest:
    return MatteRequest(source=str(CLIP), out=str(out), categories=CATEGORIES, frames=frames, contact_sheet=False)


def _quiet() -> Progress:
    return Progress(threading.Event(), lambda *_: None)


def _export(engine: Engine, out: Path, frames: str | None = None) -> Cost:
    with measured() as cost:
        engine.export(_request(out, frames), _quiet())
    return cost


def _alone(device: torch.device, folder: Path) -> dict[str, float]:
    """Processor seconds of each stage over the clip, one after the other, in this process."""
    model = ModelPool(device).get("embedded")
    model.predict([open_source(str(CLIP)).read(1)])
    costs: dict[str, float] = {}

    def stage(name: str, work: Callable[[], None]) -> None:
        with measured() as cost:
            work()
        costs[name] = cost.cpu_s

    with open_source(str(CLIP)) as source:
        plates: dict[int, Plate] = {}
        found: dict[int, FramePrediction] = {}

        def decode() -> None:
            plates.update({frame: source.read(frame) for frame in source.frames})

        def predict() -> None:
            found.update({frame: _predict(model, plate) for frame, plate in plates.items()})

        stage("decode", decode)
        stage("model", predict)
        known = {frame: with_thumbnail(prediction, plates[frame]) for frame, prediction in found.items()}
        fps = float(source.fps or 24)
        stage("tracking", lambda: _drop(assign(iter(known.items()), fps)))
        # The plan wants a store; it is filled outside of the clock.
        shelf = Store(folder / "store").shelf(source.fingerprint, model.fingerprint, model.settings)
        for frame, prediction in known.items():
            shelf.save(frame, source.frame_stamp(frame), prediction)
        predictions = Predictions(source, model, ModelPool(device), shelf, Stopwatch())
        index = follow_tracks(predictions, list(source.frames), _quiet(), Stopwatch())
        request = _request(folder / "out")
        Path(request.out).mkdir(parents=True)
        plan = ExportPlan(request, predictions, index, {}, device, Stopwatch())
        orders = [plan.order(frame, plan.missing(frame)) for frame in plan.frames]
        mattes = []

        def edges() -> None:
            for order in orders:
                mattes.append(
                    frame_mattes(order.prediction, order.layers, order.files, order.overlap, order.plate)
                )

        def write() -> None:
            for order, made in zip(orders, mattes, strict=True):
                for name, stamp in order.stamps.items():
                    layout_of(name, replace(order.files)).write(order.folder, stamp, made)

        stage("mattes", edges)
        stage("exr", write)
        costs["frames"] = float(len(source.frames))
    return costs


def _predict(model: Model, plate: Plate) -> FramePrediction:
    return model.predict([plate])[0]


def _drop(_: object) -> None:
    """Tracks are not looked at here."""
