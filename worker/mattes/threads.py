"""Layers of a frame side by side on the CPU, one core each."""

from __future__ import annotations

import functools
import multiprocessing
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

from worker.device import cores

T = TypeVar("T")
R = TypeVar("R")


def each(function: Callable[[T], R], items: Iterable[T], device: torch.device) -> list[R]:
    """Apply a function to every item, on the CPU several at a time. Results are in the order of the items."""
    # A process that has a parent is one of several that have a core each.
    if device.type != "cpu" or multiprocessing.parent_process() is not None:
        return [function(item) for item in items]
    return list(_pool().map(function, items))


@functools.cache
def _pool() -> ThreadPoolExecutor:
    """As many threads as there are cores, in each of which torch computes alone.

    A matte is hundreds of short steps. Split over cores each of them ends in a barrier, and where another
    thread or process has the core, every barrier waits for it: on two busy cores a frame then takes seconds
    instead of a tenth of one. Layers need no barrier.
    """
    count, torchs_own = cores(), torch.get_num_threads()
    all_there = threading.Barrier(count)
    pool = ThreadPoolExecutor(count, "mattes", initializer=_compute_alone)
    list(pool.map(lambda _: all_there.wait(), range(count)))
    # What was set in the pool's threads, torch would also give to every thread that begins later.
    torch.set_num_threads(torchs_own)
    return pool


def _compute_alone() -> None:
    # The first question in a thread sets it to what holds for all; only after that a setting of its own lasts.
    torch.get_num_threads()
    torch.set_num_threads(1)
