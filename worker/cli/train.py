"""`mattebridge train`: train models."""

from __future__ import annotations

import os
from pathlib import Path

import click

from worker.cli.train_detectron2 import detectron2
from worker.cli.train_finetune import finetune


@click.group()
def train() -> None:
    """Train models."""


@train.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("runs/embedded"))
@click.option("--seed", default=0, show_default=True, help="Decides clips, initial weights and order.")
@click.option("--clips", type=click.IntRange(1), default=None, help="Number of training clips.")
@click.option(
    "--frames-per-clip", type=click.IntRange(1), default=None, help="Frames drawn of each clip, a second apart."
)
@click.option("--iterations", type=click.IntRange(1), default=None, help="Length of the schedule.")
@click.option("--threads", default=os.cpu_count() or 1, show_default=True, help="Cores to use.")
@click.option(
    "--cache", type=click.Path(file_okay=False, path_type=Path), default=None, help="Where clips are kept."
)
@click.option("--resume/--fresh", default=True, show_default=True, help="Go on from a checkpoint in --out.")
def embedded(
    out: Path,
    seed: int,
    clips: int | None,
    frames_per_clip: int | None,
    iterations: int | None,
    threads: int,
    cache: Path | None,
    resume: bool,
) -> None:
    """Train the embedded panoptic model from scratch on drawn clips.

    The defaults are those of the shipped weights. The run's folder receives a checkpoint, the weights, the
    history and its curves; a run that was stopped goes on where it was.
    """
    # Waiting threads that spin starve each other where cores are shared. Read once, when torch loads.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from worker.training import recipe
    from worker.training.command import train_embedded

    try:
        train_embedded(
            out=out,
            clips=recipe.training_clips(seed, clips or recipe.CLIPS, frames_per_clip or recipe.FRAMES_PER_CLIP),
            schedule=recipe.schedule(seed, iterations or recipe.ITERATIONS),
            threads=threads,
            cache=cache,
            resume=resume,
        )
    except ValueError as err:
        raise click.ClickException(str(err)) from err


train.add_command(finetune)
train.add_command(detectron2)
