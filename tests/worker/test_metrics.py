"""Figures of memory, with and without a device."""

from __future__ import annotations

import pytest
import torch

from worker.engine_link import Held
from worker.held import held, of_device
from worker.metrics import Tally


def figures(of: Held | None) -> dict[str, str]:
    text = Tally().text([], ready=True, uptime_s=1, losses=0, held=of)
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))


def test_on_a_cpu_the_process_counts() -> None:
    now = held(torch.device("cpu"))
    assert now.resident_bytes > 50 << 20
    told = figures(now)
    assert float(told["mattebridge_inference_resident_bytes"]) == now.resident_bytes
    assert not [name for name in told if "device" in name]


def test_nothing_is_told_before_the_process_has() -> None:
    assert not [name for name in figures(None) if "inference_resident" in name or "device" in name]


def test_a_device_tells_what_is_taken_and_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (70 << 30, 80 << 30))
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: 3 << 30)
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: 5 << 30)
    told = figures(held(torch.device("cuda:1")))
    assert {name: int(value) >> 30 for name, value in told.items() if "_device_" in name} == {
        'mattebridge_device_allocated_bytes{device="cuda:1"}': 3,
        'mattebridge_device_reserved_bytes{device="cuda:1"}': 5,
        'mattebridge_device_free_bytes{device="cuda:1"}': 70,
        'mattebridge_device_total_bytes{device="cuda:1"}': 80,
    }


def test_metal_does_not_say_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.mps, "current_allocated_memory", lambda: 1)
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 2)
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 3)
    found = of_device(torch.device("mps"), Held(0, 4, 5))
    assert (found.allocated_bytes, found.reserved_bytes, found.free_bytes, found.total_bytes) == (1, 2, None, 3)
    assert found.resident_bytes == 4


def test_a_device_that_has_failed_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: torch.device) -> tuple[int, int]:
        raise RuntimeError("CUDA error: unspecified launch failure")

    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", fail)
    assert of_device(torch.device("cuda"), Held(0, 4, 5)) == Held(0, 4, 5)
