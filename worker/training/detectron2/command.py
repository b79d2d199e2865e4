"""A training run from the command line."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from bridge.errors import BadRequestError, ModelError
from bridge.files import write_whole
from worker.datasets import DataSet
from worker.models.detectron2 import configs
from worker.models.detectron2.library import require
from worker.models.detectron2.loading import CONFIG_FILE, write_categories
from worker.models.detectron2.safe_yaml import read_yaml
from worker.models.detectron2.weights import fit_weights, read_weights
from worker.training.detectron2.history import CURVES, METRICS
from worker.training.detectron2.judging import Judge
from worker.training.detectron2.plan import Plan, label_set_of, training_config
from worker.training.detectron2.samples import DeepLabSamples, Samples
from worker.training.drawing import bar

LOG = "log.txt"

_FREE = ("DATALOADER", "OUTPUT_DIR")
"""What may differ where a run goes on; besides these, its device."""


def train_detectron2(plan: Plan, training: DataSet, validation: DataSet | None, resume: bool) -> None:
    """Run a plan to its end.

    Raises:
        ModelError: detectron2 is missing, the config does not fit the data, or the loss became infinite.
        BadRequestError: The folder holds another run.
    """
    require()
    configs.quiet()
    console = Console()
    labels = label_set_of(training)
    config = training_config(plan, labels)
    judge = None if validation is None else Judge(validation, labels, config)
    deeplab = config.MODEL.META_ARCHITECTURE == "PanopticDeepLab"
    samples = (DeepLabSamples if deeplab else Samples)(training, config)
    prepare_folder(plan.out, config, resume)
    write_categories(plan.out, labels)
    # The library's trainer is imported only now, when it is known to be there.
    from worker.training.detectron2.trainer import PanopticTrainer

    _log_to(plan.out / LOG)
    seed_all(plan.seed)
    solver = config.SOLVER
    with bar(console) as progress:
        task = progress.add_task("Training", total=solver.MAX_ITER, note="")

        def show(iteration: int, loss: float) -> None:
            speed = progress.tasks[task].speed
            rate = f" {speed:.2f} it/s" if speed else ""
            progress.update(task, completed=iteration, note=f"loss {loss:.3f}{rate}")

        trainer = PanopticTrainer(config, samples, judge, plan.keep, show)
        if resume and trainer.checkpointer.has_checkpoint():
            trainer.resume_or_load(resume=True)
            progress.console.print(f"Going on after iteration {trainer.start_iter} in {plan.out}")
        elif plan.weights is not None:
            _begin_with(trainer.model, plan.weights, progress.console)
        progress.update(task, completed=trainer.start_iter)
        progress.console.print(
            f"{len(training.frames)} pictures, {len(labels.categories)} categories; rate {solver.BASE_LR:g} at a "
            f"batch of {solver.IMS_PER_BATCH}, steps at {', '.join(map(str, solver.STEPS)) or 'none'} "
            f"of {solver.MAX_ITER}"
        )
        try:
            if trainer.start_iter < solver.MAX_ITER:
                trainer.train()
        except FloatingPointError as err:
            reason = str(err).splitlines()[0]
            raise ModelError(f"{reason} Begin again with a lower --lr or a longer --warm-up") from None
        except KeyboardInterrupt:
            progress.console.print(f"Stopped; the same command goes on after iteration {trainer.save_now()}")
            raise
    console.print(f"The model: --model {plan.out.resolve()}; {CURVES} and {METRICS} there show how it went")


def _log_to(path: Path) -> None:
    """Send what the library says to a file; it would fill the terminal, beginning with the whole network."""
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s"))
    for name in ("detectron2", "fvcore"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.handlers[:] = [handler]


def prepare_folder(out: Path, config: Any, resume: bool) -> None:
    """Write a run's config, or see that the one that is there is the same.

    Raises:
        BadRequestError: The folder holds another run, or is not to be gone on with.
    """
    out.mkdir(parents=True, exist_ok=True)
    path = out / CONFIG_FILE
    text = config.dump()
    if resume and (out / "last_checkpoint").is_file() and path.is_file():
        write_whole(out / "config.new.yaml", text.encode())
        differing = _differing(read_yaml(path), read_yaml(out / "config.new.yaml"))
        (out / "config.new.yaml").unlink()
        if differing:
            raise BadRequestError(
                f"{out} holds a run with other settings: {'; '.join(differing[:4])}. Give the options that it was "
                "started with, another --out, or --fresh to begin again"
            )
    elif not resume:
        for left in (*out.glob("model_*.pth"), out / "last_checkpoint", out / METRICS, out / CURVES):
            left.unlink(missing_ok=True)
    write_whole(path, text.encode())


def _differing(before: Any, now: Any, name: str = "") -> list[str]:
    """What differs between two configs, in words."""
    if isinstance(before, dict) and isinstance(now, dict):
        found = []
        for key in sorted(before.keys() | now.keys()):
            full = f"{name}.{key}" if name else key
            if full not in _FREE and full != "MODEL.DEVICE":
                found += _differing(before.get(key), now.get(key), full)
        return found
    return [] if before == now else [f"{name} was {before}, is {now}"]


def _begin_with(network: torch.nn.Module, path: Path, console: Console) -> None:
    """Put a checkpoint into a network as far as it fits; other categories mean other last layers."""
    weights = read_weights(path)
    fit = fit_weights(network, weights)
    taken = len(network.state_dict()) - len(fit.missing) - len(fit.other_shape)
    if len(fit.unexpected) >= len(weights.tensors):
        raise ModelError(f"nothing in {path} fits this network; name the config that it was made with")
    console.print(
        f"Beginning with {taken} tensors of {path}; {len(fit.missing) + len(fit.other_shape)} begin anew"
    )


def seed_all(seed: int) -> None:
    """Have detectron2 draw the same numbers again: initial weights, order, augmentation."""
    require("detectron2.utils.env").seed_all_rng(seed)
