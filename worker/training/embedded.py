"""Train the embedded network from scratch on drawn clips."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn

from worker.embedded.decode import decode
from worker.embedded.network import Outputs, PanopticNetwork
from worker.embedded.preprocess import normalised, resized
from worker.evaluation.drawn import truth_map
from worker.evaluation.merge import LeastScores, merge
from worker.evaluation.panoptic import PanopticMap, PanopticScore, score_pictures
from worker.training.checkpoint import Average, export_weights, load_state, save_state
from worker.training.loader import Batch, Phase, batches
from worker.training.losses import WEIGHTS, losses
from worker.training.shards import ShardReader

CHECKPOINT = "checkpoint.pt"
HISTORY = "history.json"
WEIGHTS_FILE = "weights.safetensors"
PREVIEW_WH = (640, 352)
"""Input size of validation."""
VALIDATION_LEAST = LeastScores(thing=0.3, stuff=0.0)
"""What takes part in validation. All stuff does: a curve should not hang on a threshold chosen late."""


@dataclass(frozen=True)
class Schedule:
    """How a run goes."""

    phases: tuple[Phase, ...]
    restarts: tuple[int, ...] = ()
    """Iterations at which the learning rate starts again, from half as high as at first."""
    seed: int = 0
    learning_rate: float = 2.5e-3
    final_rate: float = 2e-5
    warm_up: int = 200
    weight_decay: float = 0.03
    clip_norm: float = 5.0
    average_decay: float = 0.998
    save_every: int = 200
    validate_every: int = 500

    @property
    def iterations(self) -> int:
        """The length of all phases."""
        return sum(phase.iterations for phase in self.phases)

    def rate(self, iteration: int) -> float:
        """Learning rate: linear warm-up, then half a cosine down to `final_rate`, again after each restart."""
        if iteration < self.warm_up:
            return self.learning_rate * (iteration + 1) / self.warm_up
        past = sum(restart <= iteration for restart in self.restarts)
        start = (self.warm_up, *self.restarts)[past]
        end = (*self.restarts, self.iterations)[past]
        share = (iteration - start) / max(1, end - start)
        peak = self.learning_rate * (0.5 if past else 1.0)
        return self.final_rate + (peak - self.final_rate) * 0.5 * (1 + math.cos(math.pi * share))


@dataclass(frozen=True)
class Progress:
    """One iteration's figures."""

    iteration: int
    rate: float
    losses: dict[str, float]
    pq: float | None
    """Panoptic quality on the validation frames, in [0, 1], where it was measured."""


def _new_network() -> PanopticNetwork:
    """A network with fresh weights, in the memory layout that convolutions like."""
    network: PanopticNetwork = PanopticNetwork().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def _optimizer(network: nn.Module, schedule: Schedule) -> torch.optim.AdamW:
    """AdamW; biases and normalisation are not decayed."""
    decayed = [p for p in network.parameters() if p.ndim > 1]
    plain = [p for p in network.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": schedule.weight_decay}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=schedule.learning_rate, fused=True)


def validate(network: PanopticNetwork, frames: ShardReader, bf16: bool) -> PanopticScore:
    """Panoptic quality over all frames of a reader, at `PREVIEW_WH`."""

    def pairs() -> Iterator[tuple[PanopticMap, PanopticMap]]:
        for frame in frames:
            picture = resized(torch.from_numpy(frame.rgb).permute(2, 0, 1), PREVIEW_WH)
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                outputs = network(normalised(picture[None]).contiguous(memory_format=torch.channels_last))
                prediction = decode(outputs)
            h, w = frame.rgb.shape[:2]
            yield truth_map(frame), merge(prediction, (w, h), VALIDATION_LEAST)

    return score_pictures(pairs())


class Trainer:
    """A run: network, optimiser, average, history. Its folder holds everything needed to go on."""

    def __init__(self, folder: Path, schedule: Schedule, bf16: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.schedule = schedule
        self.bf16 = bf16
        torch.manual_seed(schedule.seed)
        self.network = _new_network()
        self.optimizer = _optimizer(self.network, schedule)
        self.average = Average(self.network, schedule.average_decay)
        self.iteration = 0
        self.history: list[dict[str, float]] = []

    def resume(self) -> bool:
        """Load the folder's checkpoint; False where there is none.

        Raises:
            ValueError: The checkpoint belongs to another schedule.
        """
        path = self.folder / CHECKPOINT
        if not path.exists():
            return False
        state = load_state(path)
        wanted = json.dumps(asdict(self.schedule))
        if state["schedule"] != wanted:
            raise ValueError(
                f"{path} belongs to another schedule; expected {wanted}, got {state['schedule']}. "
                "Start afresh, or give the options it was started with."
            )
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.average.values = state["average"]
        self.iteration = state["iteration"]
        self.history = state["history"]
        return True

    def save(self) -> None:
        """Write checkpoint, history and the averaged weights."""
        state = {
            "schedule": json.dumps(asdict(self.schedule)),
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.values,
            "iteration": self.iteration,
            "history": self.history,
        }
        save_state(self.folder / CHECKPOINT, state)
        (self.folder / HISTORY).write_text(json.dumps(self.history))
        export_weights(self.averaged(), self.folder / WEIGHTS_FILE)

    def averaged(self) -> PanopticNetwork:
        """A network with the averaged weights, ready for inference."""
        network = _new_network()
        network.load_state_dict(self.average.values)
        network.eval()
        return network

    def step(self, batch: Batch) -> dict[str, float]:
        """One iteration; returns the parts of the loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.schedule.rate(self.iteration)
        pictures = normalised(batch.pictures)
        pictures = pictures * batch.gains[:, 0, :, None, None] + 4 * batch.gains[:, 1, :, None, None]
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        self.network.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            outputs: Outputs = self.network(pictures)
        parts = losses(outputs, batch)
        total = sum((WEIGHTS[name] * value for name, value in parts.items()), torch.zeros(()))
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), self.schedule.clip_norm)
        self.optimizer.step()
        self.average.update(self.network, self.iteration)
        self.iteration += 1
        return {name: float(value.detach()) for name, value in parts.items()}

    def run(self, training: ShardReader, validation: ShardReader, on_progress: Callable[[Progress], None]) -> None:
        """Train from the present iteration to the schedule's end, saving as it goes."""
        end = self.schedule.iterations
        for batch in batches(training, self.schedule.phases, self.schedule.seed, self.iteration):
            rate = self.schedule.rate(self.iteration)
            parts = self.step(batch)
            pq = None
            if self.iteration % self.schedule.validate_every == 0 or self.iteration == end:
                pq = validate(self.averaged(), validation, self.bf16).mean().pq
            entry = {"iteration": self.iteration, "rate": rate, **parts}
            if pq is not None:
                entry["pq"] = pq
            self.history.append(entry)
            on_progress(Progress(self.iteration, rate, parts, pq))
            if self.iteration % self.schedule.save_every == 0 or self.iteration == end:
                self.save()
