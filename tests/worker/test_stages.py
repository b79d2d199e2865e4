"""Stages keep order, hold few items, and end as one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from worker.stages import ahead, side_by_side


def test_items_come_in_order() -> None:
    assert list(ahead(iter(range(100)), 3, "t")) == list(range(100))


def test_no_more_than_its_depth_is_computed_in_advance() -> None:
    computed = []

    def items() -> Iterator[int]:
        for i in range(50):
            computed.append(i)
            yield i

    with closing(ahead(items(), 2, "t")) as stage:
        assert next(stage) == 0
        threading.Event().wait(0.3)
        # One handed out, two waiting, one held by the thread that cannot put it down.
        assert len(computed) <= 4


def test_an_error_is_raised_in_its_place() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise LookupError("here")

    stage = ahead(items(), 2, "t")
    assert next(stage) == 1
    with pytest.raises(LookupError, match="here"):
        next(stage)


def test_closing_the_last_stage_ends_the_first() -> None:
    closed = threading.Event()

    def first() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    def second(upstream: Iterator[int]) -> Iterator[int]:
        with closing(ahead(upstream, 2, "a")) as stage:
            yield from stage

    with closing(ahead(second(first()), 2, "b")) as stage:
        assert next(stage) == 1
    assert closed.is_set()
    assert not [thread.name for thread in threading.enumerate() if thread.name in "ab"]


def test_side_by_side_keeps_the_order_and_runs_no_more_than_it_is_told() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def work(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        # The first takes longest: its result must come first all the same.
        time.sleep(0.03 if number == 0 else 0.005)
        with lock:
            running -= 1
        return number * number

    assert list(side_by_side(range(12), work, 3, "work")) == [n * n for n in range(12)]
    assert 1 < most <= 3


@pytest.mark.parametrize("at_once", [1, 2])
def test_side_by_side_hands_errors_on_in_their_place(at_once: int) -> None:
    def work(number: int) -> int:
        if number == 2:
            raise ValueError("no")
        return number

    results = side_by_side(range(9), work, at_once, "work")
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="no"):
        next(results)


def test_side_by_side_takes_no_more_items_than_it_has_room_for() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    results = side_by_side(items(), lambda number: number, 2, "work")
    assert next(results) == 0
    assert len(taken) <= 3
    results.close()
    assert len(taken) <= 3
