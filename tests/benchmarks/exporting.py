"""Whole exports: frames per second, where the time goes, and what a second run costs."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from bridge.borders import BorderPolicy
from bridge.request import MatteRequest
from worker.cli.demo import CLIP
from worker.device import choose_device
from worker.engine import Engine
from worker.media import open_source
from worker.progress import Progress
from worker.store import Store

# Eight of the categories the embedded model knows: the figure of the README is for eight layers.
CATEGORIES = ("person", "car", "dog", "sky", "tree", "building", "grass", "road")

HARD = BorderPolicy.from_toml('[borders."*"]\nkind = "hard"\n')


@dataclass(frozen=True)
class Run:
    """One export."""

    frames: int
    wall_s: float
    cpu_s: float
    busy_s: dict[str, float]
    """Seconds each stage was at work; stages overlap."""

    @property
    def fps(self) -> float:
        """Frames per second from request to manifest."""
        return self.frames / self.wall_s


def export(engine: Engine, request: MatteRequest) -> Run:
    """Carry a request out in this process and measure it."""
    with open_source(request.source, frames=request.frames) as source:
        frames = len(source.frames)
    engine.watch.busy_s.clear()
    wall, cpu = time.perf_counter(), time.process_time()
    engine.export(request, Progress(threading.Event(), lambda *_: None))
    return Run(
        frames,
        time.perf_counter() - wall,
        time.process_time() - cpu,
        dict(engine.watch.busy_s),
    )


def measure(rounds: int = 3) -> dict[str, object]:
    """Export the bundled clip with eight layers: afresh, with another policy, and once more.

    Returns:
        Medians over `rounds`: frames per second of each, their ratios, and the share of each stage of the first.
    """
    first, policy, again = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(choose_device(), Store(Path(folder) / "warm"))
        request = MatteRequest(source=str(CLIP), out=f"{folder}/warm", categories=CATEGORIES, frames="1-4")
        export(engine, request)
        for number in range(rounds):
            engine._store = Store(Path(folder) / f"store{number}")
            request = MatteRequest(source=str(CLIP), out=f"{folder}/out{number}", categories=CATEGORIES)
            first.append(export(engine, request))
            again.append(export(engine, request))
            request = MatteRequest(
                source=str(CLIP), out=f"{folder}/hard{number}", categories=CATEGORIES, policy=HARD
            )
            policy.append(export(engine, request))
    busy = {
        stage: statistics.median(run.busy_s.get(stage, 0.0) for run in first)
        for stage in ("decode", "model", "store", "tracking", "mattes", "exr", "sheet")
    }
    total = sum(busy.values())
    fps = statistics.median(run.fps for run in first)
    return {
        "frames": first[0].frames,
        "layers": len(CATEGORIES),
        "fps": fps,
        "cpu_s_per_frame": statistics.median(run.cpu_s / run.frames for run in first),
        "fps_other_policy": statistics.median(run.fps for run in policy),
        "other_policy_over_first": statistics.median(p.fps / f.fps for p, f in zip(policy, first, strict=True)),
        "same_again_over_first": statistics.median(a.fps / f.fps for a, f in zip(again, first, strict=True)),
        "stage_share": {stage: seconds / total for stage, seconds in busy.items()},
        "stage_ms_per_frame": {stage: 1000 * seconds / first[0].frames for stage, seconds in busy.items()},
        "runs": [asdict(run) for run in first],
    }
