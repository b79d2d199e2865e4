"""Work on several layers at a time."""

from __future__ import annotations

import threading

import pytest
import torch

from worker.mattes.threads import each

CPU = torch.device("cpu")


def test_results_come_in_the_order_of_the_items() -> None:
    assert each(lambda item: item * 2, range(20), CPU) == list(range(0, 40, 2))


def test_torch_computes_alone_in_the_threads_and_as_before_elsewhere() -> None:
    before = torch.get_num_threads()
    assert set(each(lambda _: torch.get_num_threads(), range(8), CPU)) == {1}
    later: list[int] = []
    thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert (torch.get_num_threads(), later) == (before, [before])


def test_failure_of_one_item_is_raised() -> None:
    def fail(item: int) -> int:
        raise ValueError(f"item {item}")

    with pytest.raises(ValueError, match="item 0"):
        each(fail, range(3), CPU)


def test_another_device_is_asked_from_the_calling_thread() -> None:
    here = threading.get_ident()
    assert each(lambda _: threading.get_ident(), range(3), torch.device("meta")) == [here] * 3
