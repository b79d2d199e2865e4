"""Batches for training: a pure function of seed and iteration, prepared ahead by threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from worker.training.samples import make_sample
from worker.training.shards import ShardReader

T = TypeVar("T")

_AHEAD = 4
"""Batches that are prepared while one is used."""


@dataclass(frozen=True)
class Phase:
    """A part of the schedule with one size of samples."""

    iterations: int
    size_wh: tuple[int, int]
    batch: int
    zoom: tuple[float, float]
    """Range of sample pixels per frame pixel."""


@dataclass(frozen=True)
class Batch:
    """Samples of one size; see `samples.Sample` for the parts."""

    pictures: Tensor
    """uint8, shape ``(B, 3, h, w)``."""
    heat: Tensor
    heat_weight: Tensor
    semantics: Tensor
    masks: tuple[Tensor, ...]
    cells_xy: tuple[Tensor, ...]
    gains: Tensor
    """Colour jitter: factor and offset by sample and channel. float32, shape ``(B, 2, 3)``."""


def phase_at(phases: tuple[Phase, ...], iteration: int) -> Phase:
    """The phase an iteration belongs to."""
    for phase in phases:
        if iteration < phase.iterations:
            return phase
        iteration -= phase.iterations
    raise IndexError("iteration lies past the last phase")


def make_batch(reader: ShardReader, phase: Phase, seed: int, iteration: int) -> Batch:
    """The batch of one iteration; the same arguments give the same batch."""
    rng = np.random.default_rng([seed, iteration])
    chosen = rng.choice(len(reader), phase.batch, replace=len(reader) < phase.batch)
    samples = [make_sample(reader[int(index)], rng, phase.size_wh, phase.zoom) for index in chosen]
    factor = np.exp(rng.normal(0, 0.12, (phase.batch, 1)) + rng.normal(0, 0.06, (phase.batch, 3)))
    offset = rng.normal(0, 0.04, (phase.batch, 1)) + rng.normal(0, 0.01, (phase.batch, 3))
    return Batch(
        pictures=torch.stack([s.picture for s in samples]),
        heat=torch.stack([s.heat for s in samples]),
        heat_weight=torch.stack([s.heat_weight for s in samples]),
        semantics=torch.stack([s.semantics for s in samples]),
        masks=tuple(s.masks for s in samples),
        cells_xy=tuple(s.cells_xy for s in samples),
        gains=torch.from_numpy(np.stack([factor, offset], 1).astype(np.float32)),
    )


def batches(
    reader: ShardReader, phases: tuple[Phase, ...], seed: int, start: int, threads: int = 1
) -> Iterator[Batch]:
    """The batches from iteration `start` to the end of the schedule, in order."""
    total = sum(phase.iterations for phase in phases)
    return made_ahead(
        lambda iteration: make_batch(reader, phase_at(phases, iteration), seed, iteration), start, total, threads
    )


def made_ahead(make: Callable[[int], T], start: int, total: int, threads: int = 1) -> Iterator[T]:
    """What `make` gives for the iterations from `start` to before `total`, in order, some made in advance."""
    waiting: deque[Future[T]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for iteration in range(start, total + _AHEAD):
            if iteration < total:
                waiting.append(pool.submit(make, iteration))
            if iteration >= start + _AHEAD and waiting:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
