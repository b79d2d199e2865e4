"""A fine-tuning run: network, optimiser, history, and all that is needed to go on."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from bridge.errors import BadRequestError, ModelError
from bridge.files import write_whole
from worker.datasets.coco_format import DataCategory
from worker.evaluation.panoptic import PanopticScore
from worker.models.transformers.inputs import InputRule
from worker.training.checkpoint import load_state, save_state
from worker.training.finetune.folder import Notes, rule_for, write_model
from worker.training.finetune.networks import anneal, parameter_groups
from worker.training.finetune.samples import Batch, Samples
from worker.training.loader import made_ahead
from worker.training.steps import StepSchedule

CHECKPOINT, HISTORY, MODEL = "checkpoint.pt", "history.json", "model"

Validate = Callable[[nn.Module], PanopticScore]


@dataclass(frozen=True)
class Recipe:
    """How a run goes; what a checkpoint must agree with."""

    start: str
    """What the network was at first: a configuration's name or a model's."""
    classes: tuple[str, ...]
    schedule: StepSchedule
    size: int
    batch: int
    seed: int = 0
    weight_decay: float = 0.05
    clip_norm: float = 5.0
    backbone_factor: float = 1.0
    """The backbone's rate by that of the rest."""
    annealed: bool = False
    """EoMT's attention masks are taken away step by step, as for a network that is made anew."""
    bf16: bool = False
    save_every: int = 200
    validate_every: int = 500


@dataclass
class Trainer:
    """A run. Its folder holds everything needed to go on."""

    folder: Path
    network: nn.Module
    recipe: Recipe
    categories: Sequence[DataCategory]
    notes: Notes
    base: Path | None
    """The folder the network was read from; None where it was made anew."""
    device: torch.device
    iteration: int = 0
    history: list[dict[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(self.recipe.seed)
        self.network.to(self.device)
        groups = parameter_groups(self.network, self.recipe.weight_decay, self.recipe.backbone_factor)
        self.rule = rule_for(self.network, self.recipe.size, self.base)
        self._factors = [group.pop("factor") for group in groups]
        self.optimizer = torch.optim.AdamW(groups, lr=self.recipe.schedule.rate)

    def resume(self) -> bool:
        """Load the folder's checkpoint; False where there is none.

        Raises:
            BadRequestError: The checkpoint belongs to another recipe.
        """
        path = self.folder / CHECKPOINT
        if not path.exists():
            return False
        state = load_state(path)
        wanted = json.dumps(asdict(self.recipe))
        if state["recipe"] != wanted:
            raise BadRequestError(
                f"{path} belongs to a run with other options; expected {wanted}, got {state['recipe']}. "
                "Give the options it was started with, another folder, or --fresh."
            )
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.iteration, self.history = state["iteration"], state["history"]
        # The losses choose points at random: a run that goes on chooses those it would have chosen.
        torch.set_rng_state(state["random"])
        if self.device.type == "cuda" and "random_cuda" in state:
            torch.cuda.set_rng_state(state["random_cuda"], self.device)
        return True

    def save(self) -> None:
        """Write checkpoint, history and the model's folder."""
        state: dict[str, Any] = {
            "recipe": json.dumps(asdict(self.recipe)),
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "iteration": self.iteration,
            "history": self.history,
            "random": torch.get_rng_state(),
        }
        if self.device.type == "cuda":
            state["random_cuda"] = torch.cuda.get_rng_state(self.device)
        save_state(self.folder / CHECKPOINT, state)
        write_whole(self.folder / HISTORY, json.dumps(self.history).encode())
        write_model(self.folder / MODEL, self.network, self.categories, self.recipe.size, self.notes, self.base)

    def step(self, batch: Batch) -> float:
        """One iteration; returns the loss. ModelError where it is no number."""
        rate = self.recipe.schedule.at(self.iteration)
        for group, factor in zip(self.optimizer.param_groups, self._factors, strict=True):
            group["lr"] = rate * factor
        if self.recipe.annealed:
            anneal(self.network, self.iteration / self.recipe.schedule.iterations)
        self.network.train()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.bf16):
            found = self.network(
                pixel_values=normalised(batch.pictures.to(self.device, non_blocking=True), self.rule),
                mask_labels=[masks.to(self.device).float() for masks in batch.masks],
                class_labels=[classes.to(self.device) for classes in batch.classes],
            )
        loss: Tensor = found.loss.float().sum()
        if not torch.isfinite(loss):
            raise ModelError(
                f"the loss is no number any more at iteration {self.iteration + 1}; a lower --rate or a longer "
                "--warm-up may help. The last checkpoint is sound"
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip_norm)
        self.optimizer.step()
        self.iteration += 1
        return float(loss.detach())

    def run(self, samples: Samples, validate: Validate, on_progress: Callable[[dict[str, float]], None]) -> None:
        """Train from the present iteration to the end, saving as it goes.

        Args:
            samples: What to train on.
            validate: Judges the network, which is in eval mode then.
            on_progress: Given each iteration's entry of the history.
        """
        recipe = self.recipe
        end = recipe.schedule.iterations
        flow = made_ahead(lambda iteration: samples.batch(iteration, recipe.batch), self.iteration, end, threads=2)
        for batch in flow:
            entry = {"rate": recipe.schedule.at(self.iteration), "loss": self.step(batch)}
            entry["iteration"] = self.iteration
            if self.iteration % recipe.validate_every == 0 or self.iteration == end:
                if recipe.annealed and self.iteration == end:
                    anneal(self.network, 1.0)
                self.network.eval()
                mean = validate(self.network).mean()
                entry |= {"pq": mean.pq, "sq": mean.sq, "rq": mean.rq}
            self.history.append(entry)
            # Before anyone is told: what was seen on the terminal is on disk, too.
            if self.iteration % recipe.save_every == 0 or self.iteration == end:
                self.save()
            on_progress(entry)


def normalised(pictures: Tensor, rule: InputRule) -> Tensor:
    """Pictures as the network takes them in use, too. uint8 to float32, shape ``(B, 3, h, w)``."""
    mean = torch.tensor(rule.mean, device=pictures.device)[:, None, None]
    deviation = torch.tensor(rule.deviation, device=pictures.device)[:, None, None]
    scaled: Tensor = (pictures.float() * rule.scale - mean) / deviation
    return scaled
