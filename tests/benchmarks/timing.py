"""Clocks for benchmarks: medians, and processor time of a process together with its children."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil


@dataclass
class Cost:
    """What a piece of work took."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    """Processor time of this process and of those it started, in seconds."""


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure the block; the figures are there when it has ended. Children must outlive it or end before it."""
    cost = Cost()
    wall, cpu = time.perf_counter(), _cpu_s()
    try:
        yield cost
    finally:
        cost.wall_s, cost.cpu_s = time.perf_counter() - wall, _cpu_s() - cpu


def _cpu_s() -> float:
    own = psutil.Process()
    # The system's counters of processes, not `time.process_time`: theirs tick alike for children.
    total = 0.0
    for process in (own, *own.children(recursive=True)):
        times = process.cpu_times()
        total += times.user + times.system
    return total


def median_s(function: Callable[[], object], rounds: int) -> float:
    """Median wall time of a function after a call that is not counted, in seconds."""
    function()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def in_turn_s(functions: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Wall times of several functions, one after the other in every round, so that all see the same machine."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    for function in functions.values():
        function()
    for _ in range(rounds):
        for name, function in functions.items():
            began = time.perf_counter()
            function()
            times[name].append(time.perf_counter() - began)
    return times
