"""Owners take turns, and too much is refused."""

from __future__ import annotations

import threading

import pytest

from bridge.errors import BusyError
from worker.fair_queue import FairQueue


def test_owners_take_turns_and_each_keeps_its_order() -> None:
    queue: FairQueue[str] = FairQueue("jobs", 100, 100)
    for item in ("a1", "a2", "a3", "b1", "b2", "c1"):
        queue.put(item, item[0])
    assert [queue.get() for _ in range(6)] == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_too_much_is_refused_for_one_and_for_all() -> None:
    queue: FairQueue[int] = FairQueue("jobs", 3, 2)
    queue.put(1, "a")
    queue.put(2, "a")
    with pytest.raises(BusyError, match="too many jobs wait already, 2 of yours"):
        queue.put(3, "a")
    queue.put(4, "b")
    with pytest.raises(BusyError, match="3 in all"):
        queue.put(5, "c")
    queue.put(6, "c", forced=True)
    assert [queue.get() for _ in range(4)] == [1, 4, 6, 2]


def test_closing_wakes_who_waits() -> None:
    queue: FairQueue[int] = FairQueue("jobs", 3, 2)
    got: list[int | None] = []
    waiter = threading.Thread(target=lambda: got.append(queue.get()))
    waiter.start()
    queue.close()
    waiter.join(5)
    assert got == [None]
