"""A fine-tuning run from the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.console import Console
from torch import nn

from bridge.errors import BadRequestError
from bridge.naming import slug
from worker.datasets.coco_format import DataCategory
from worker.device import choose_device
from worker.embedded.precision import bf16_is_fast
from worker.evaluation.panoptic import PanopticScore
from worker.evaluation.summary import categories_table
from worker.training.curves import draw_curves
from worker.training.drawing import bar
from worker.training.finetune.base import read_base
from worker.training.finetune.data import open_parts
from worker.training.finetune.folder import Notes
from worker.training.finetune.judging import judge
from worker.training.finetune.networks import architecture, new_network, set_quiet, with_classes
from worker.training.finetune.samples import Augment, Samples
from worker.training.finetune.trainer import MODEL, Recipe, Trainer
from worker.training.steps import StepSchedule


@dataclass(frozen=True)
class Wishes:
    """The command's options; see `worker.cli.train_finetune`."""

    train: Path
    out: Path
    base: str | None = None
    scratch: str | None = None
    images: Path | None = None
    val: Path | None = None
    val_images: Path | None = None
    frames: int | None = None
    iterations: int = 1000
    batch: int = 8
    rate: float = 1e-4
    warm_up: int = 100
    steps: tuple[float, ...] = (0.75, 0.9)
    """Shares of the run at which the rate is cut to a tenth."""
    backbone_factor: float | None = None
    size: int | None = None
    zoom: tuple[float, float] = (0.7, 1.5)
    seed: int = 0
    precision: str = "auto"
    device: str = "auto"
    threads: int = 1
    min_score: float = 0.5
    licence: str | None = None
    save_every: int = 200
    validate_every: int = 500
    resume: bool = True


def finetune(wishes: Wishes) -> None:
    """Run to the end; see `worker.cli.train_finetune`."""
    set_quiet()
    console = Console()
    torch.set_num_threads(wishes.threads)
    device = choose_device(wishes.device)
    training, judged = open_parts(wishes.train, wishes.images, wishes.val, wishes.val_images, wishes.frames)
    torch.manual_seed(wishes.seed)
    network, base, licence, size = _network(wishes, training.categories)
    bf16 = bf16_is_fast(str(device)) if wishes.precision == "auto" else wishes.precision == "bf16"
    iterations = wishes.iterations
    recipe = Recipe(
        start=wishes.scratch or str(wishes.base),
        classes=tuple(category.name for category in training.categories),
        schedule=StepSchedule(
            iterations,
            wishes.rate,
            min(wishes.warm_up, iterations),
            tuple(sorted({round(share * iterations) for share in wishes.steps} - {0, iterations})),
        ),
        size=size,
        batch=wishes.batch,
        seed=wishes.seed,
        backbone_factor=wishes.backbone_factor or (1.0 if base is None else 0.1),
        annealed=base is None,
        bf16=bf16,
        save_every=wishes.save_every,
        validate_every=wishes.validate_every,
    )
    notes = Notes(f"trained on {training.name}, {len(training.frames)} frames", licence, wishes.min_score)
    trainer = Trainer(wishes.out, network, recipe, training.categories, notes, base, device)
    if wishes.resume and trainer.resume():
        console.print(f"Going on from iteration {trainer.iteration} in {wishes.out}")
    samples = Samples(training, Augment(size, wishes.zoom), wishes.seed)
    last: list[PanopticScore] = []

    def validate(trained: nn.Module) -> PanopticScore:
        last[:] = [judge(trained, trainer.rule, judged, wishes.min_score, bf16, device)]
        return last[0]

    console.print(f"{len(training.frames)} frames to train on, {len(judged.frames)} to judge on")
    with bar(console) as progress:
        task = progress.add_task("Training", total=iterations, completed=trainer.iteration, note="")

        def show(entry: dict[str, float]) -> None:
            progress.update(task, completed=int(entry["iteration"]), note=f"loss {entry['loss']:.2f}")
            if "pq" in entry:
                figures = ", ".join(f"{key.upper()} {100 * entry[key]:.1f}" for key in ("pq", "sq", "rq"))
                progress.console.print(f"iteration {entry['iteration']:.0f}: {figures}")
                draw_curves(trainer.history, wishes.out / "curves.png", ("loss",), ("pq", "sq", "rq"))

        trainer.run(samples, validate, show)
    if last:
        console.print(categories_table(last[0], training.categories))
    shown = wishes.out / MODEL
    console.print(f"Use it with --model {shown if shown.is_absolute() else f'./{shown}'}")


def _network(wishes: Wishes, categories: Sequence[DataCategory]) -> tuple[nn.Module, Path | None, str | None, int]:
    """The network to train, the folder it comes from, its licence and the side of its samples."""
    names = [category.name for category in categories]
    if (wishes.base is None) == (wishes.scratch is None):
        raise BadRequestError("expected either --base, a model to start from, or --scratch, a small network")
    if wishes.scratch is not None:
        size = wishes.size or 128
        return new_network(wishes.scratch, size, names), None, wishes.licence, size
    base = read_base(str(wishes.base))
    own = getattr(base.network.config, "image_size", None)
    size = wishes.size or (own if isinstance(own, int) else 640)
    if isinstance(own, int) and size != own:
        raise BadRequestError(f"{wishes.base} takes pictures of {own} pixels only; leave --size away")
    architecture(base.network)
    # A name in another spelling is the same class.
    spelled = {slug(name): name for name in names}
    known = [spelled.get(slug(name), name) for name in base.names]
    return with_classes(base.network, known, names), base.folder, wishes.licence or base.licence, size
