"""A training run from the command line: draw what is missing, train, show how it goes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from rich.console import Console

from worker.embedded.precision import bf16_is_fast
from worker.training import embedded, recipe
from worker.training.curves import draw_curves
from worker.training.drawing import bar, drawn
from worker.training.embedded import Schedule, Trainer
from worker.training.losses import WEIGHTS
from worker.training.scenes import ClipSpec
from worker.training.shards import ShardReader


def train_embedded(
    out: Path, clips: Sequence[list[ClipSpec]], schedule: Schedule, threads: int, cache: Path | None, resume: bool
) -> None:
    """Run a schedule to its end; see `worker.cli.train`."""
    console = Console()
    torch.set_num_threads(threads)
    validation = drawn(cache, recipe.validation_clips(), threads, "validation frames", console)
    training = ShardReader(
        [path for part in clips if part for path in drawn(cache, part, threads, "training frames", console).paths]
    )
    trainer = Trainer(out, schedule, bf16_is_fast())
    if resume and trainer.resume():
        console.print(f"Going on from iteration {trainer.iteration} in {out}")
    with bar(console) as progress:
        task = progress.add_task("Training", total=schedule.iterations, completed=trainer.iteration, note="")

        def show(step: embedded.Progress) -> None:
            total = sum(WEIGHTS[name] * value for name, value in step.losses.items())
            speed = progress.tasks[task].speed
            rate = f"{speed:.2f} it/s" if speed else ""
            progress.update(task, completed=step.iteration, note=f"loss {total:.2f} {rate}")
            if step.pq is not None:
                progress.console.print(f"iteration {step.iteration}: PQ {100 * step.pq:.1f} on validation frames")
                draw_curves(trainer.history, out / "curves.png")

        trainer.run(training, validation, show)
    console.print(f"Weights: {out / embedded.WEIGHTS_FILE}")
