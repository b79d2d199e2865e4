"""Stages that run ahead of their reader, each in a thread of its own, joined by bounded queues."""

from __future__ import annotations

import queue
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from worker import signs

T = TypeVar("T")
R = TypeVar("R")

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


def side_by_side(
    items: Iterable[T], function: Callable[[T], R], at_once: int, name: str
) -> Generator[R, None, None]:
    """Apply a function to items, several at a time, and yield the results in the order of the items.

    An exception of `items` or of the function is raised here, in its place. Closing this generator waits for what
    is under way and drops the rest.

    Args:
        items: Taken in this thread, when there is room.
        function: Called in threads of its own where `at_once` is above 1.
        at_once: How many items are worked on at once.
        name: The threads' name.
    """
    if at_once == 1:
        yield from map(function, items)
        return
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(at_once, name) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) == at_once:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


@dataclass
class Stopwatch:
    """How long each stage was at work, in seconds; stages overlap, so the sum may exceed the wall time."""

    busy_s: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Add the duration of the block to a stage, which several threads may be at work at; a sign of life."""
        signs.beat()
        began = time.perf_counter()
        try:
            yield
        finally:
            self.add(stage, time.perf_counter() - began)
            signs.beat()

    def add(self, stage: str, seconds: float) -> None:
        """Add a duration to a stage."""
        with self._lock:
            self.busy_s[stage] += seconds
