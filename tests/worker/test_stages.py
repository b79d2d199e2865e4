"""Stages keep order, hold few items, and end as one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from worker.stages import ahead


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
