"""`mattebridge train detectron2`: train Panoptic FPN and others with detectron2's own trainer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from worker.cli.data_options import data_options, opened


class StepsType(click.ParamType[tuple[int, ...]]):
    """Iterations as ``210000,250000``."""

    name = "N,N,..."

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Parse whole numbers between commas; nothing for no steps."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(int(part) for part in str(value).split(",") if part.strip())
        except ValueError:
            self.fail(f"expected iterations such as 210000,250000, but got {value!r}", param, ctx)


@click.command()
@data_options
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("runs/detectron2"))
@click.option(
    "--config",
    default="COCO-PanopticSegmentation/panoptic_fpn_R_101_3x",
    show_default=True,
    help="A config that comes with detectron2, or a YAML file that may build on one (_BASE_).",
)
@click.option("--package", help="The installed package that registers the config's architecture.")
@click.option(
    "--weights",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What to begin with: a backbone (ImageNetPretrained/MSRA/R-101.pkl of the zoo) or a whole model. Where "
    "normalisation is frozen, as in Panoptic FPN, hardly anything is learned without.",
)
@click.option(
    "--iterations", type=click.IntRange(1), help="Length of the schedule; by default the config's, 270000."
)
@click.option(
    "--steps",
    type=StepsType(),
    help="Where the rate falls to a tenth; by default where the config has them (210000,250000), in proportion.",
)
@click.option("--lr", type=click.FloatRange(0, min_open=True), help="Learning rate; by default 0.02 x batch / 16.")
@click.option("--batch", type=click.IntRange(1), help="Pictures an iteration; by default the config's, 16.")
@click.option("--warm-up", type=click.IntRange(0), help="Iterations in which the rate rises; by default 1000.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:1.")
@click.option("--amp/--no-amp", default=True, show_default=True, help="Mixed precision, on CUDA.")
@click.option(
    "--loaders", type=click.IntRange(0), default=2, show_default=True, help="Processes that read pictures."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--save-every", type=click.IntRange(1), help="Iterations between checkpoints; by default 5000.")
@click.option(
    "--evaluate-every", type=click.IntRange(1), help="Iterations between measurements; by default --save-every."
)
@click.option("--keep", type=click.IntRange(1), default=3, show_default=True, help="Checkpoints that are kept.")
@click.option("--resume/--fresh", default=True, show_default=True, help="Go on from a checkpoint in --out.")
def detectron2(
    out: Path,
    config: str,
    package: str | None,
    weights: Path | None,
    iterations: int | None,
    steps: tuple[int, ...] | None,
    lr: float | None,
    batch: int | None,
    warm_up: int | None,
    device: str,
    amp: bool,
    loaders: int,
    seed: int,
    save_every: int | None,
    evaluate_every: int | None,
    keep: int,
    resume: bool,
    **data: Any,
) -> None:
    """Train a model of detectron2 with its own trainer, on one device.

    The defaults are the schedule of Panoptic FPN R101: rate 0.02 at a batch of 16, a tenth of it after 210000
    and after 250000 of 270000 iterations. --out becomes a model that --model of other commands takes; it
    receives checkpoints, metrics.json and curves.png. A run that was stopped goes on where it was.
    """
    from worker.device import choose_device
    from worker.models.detectron2.library import require
    from worker.training.detectron2.command import train_detectron2
    from worker.training.detectron2.plan import Plan

    require()
    chosen = choose_device(device)
    training, validation = opened(**data)
    plan = Plan(
        out=out,
        config=config,
        package=package,
        weights=weights,
        iterations=iterations,
        steps=steps,
        rate=lr,
        batch=batch,
        warm_up=warm_up,
        device=str(chosen),
        mixed_precision=amp and chosen.type == "cuda",
        loaders=loaders,
        seed=seed,
        save_every=save_every,
        evaluate_every=evaluate_every,
        keep=keep,
    )
    train_detectron2(plan, training, validation, resume)
