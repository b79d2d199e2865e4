"""Stages that run ahead of their reader, each in a thread of its own, joined by bounded queues."""

from __future__ import annotations

import queue
import threading
import time
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

_POLL_S = 0.1


@dataclass(frozen=True)
class _Failure:
    error: BaseException


_END = object()


def ahead(items: Iterable[T], depth: int, name: str) -> Generator[T, None, None]:
    """Yield `items` in order while a thread computes up to `depth` of them in advance.

    An exception of `items` is raised here, in its place. Closing this generator (or leaving a for loop over it
    inside ``contextlib.closing``) stops the thread and closes `items`, so that a chain of stages ends as one.

    Args:
        items: What to compute; its code runs in the thread.
        depth: Most items that wait; the bound on memory.
        name: The thread's name.
    """
    waiting: queue.Queue[object] = queue.Queue(maxsize=depth)
    stop = threading.Event()

    def put(item: object) -> bool:
        while not stop.is_set():
            try:
                waiting.put(item, timeout=_POLL_S)
                return True
            except queue.Full:
                continue
        return False

    def run() -> None:
        try:
            for item in items:
                if not put(item):
                    break
            else:
                put(_END)
        except BaseException as err:  # noqa: BLE001 - whatever it is, the reader must get it
            put(_Failure(err))
        finally:
            if isinstance(items, Generator):
                items.close()

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not _END:
            if isinstance(item, _Failure):
                raise item.error
            yield item  # type: ignore[misc]
    finally:
        stop.set()
        thread.join()


@dataclass
class Stopwatch:
    """How long each stage was at work, in seconds; stages overlap, so the sum may exceed the wall time."""

    busy_s: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Add the duration of the block to a stage. Each stage is timed by one thread."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.busy_s[stage] += time.perf_counter() - began
