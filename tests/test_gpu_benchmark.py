"""The benchmark for GPUs: its way through on a CPU, with a toy."""

from __future__ import annotations

import pytest
import torch

from tests.benchmarks import gpu


def test_all_of_it_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "PLATE_WH", (160, 90))
    report = gpu.measure(tiny=True, device=torch.device("cpu"), batch=2, rounds=1, frames=3, compiled=False)
    assert min(report[name] for name in ("bare_fps", "library_fps", "export_fps")) > 0
    assert report["export_over_bare"] == pytest.approx(report["export_fps"] / report["bare_fps"])


def test_random_weights_find_about_as_much_as_real_ones() -> None:
    made = gpu.network(tiny=True)
    with torch.inference_mode():
        logits = made(pixel_values=torch.rand(1, 3, 64, 64)).class_queries_logits[0]
    sure = (logits.softmax(-1)[:, :-1].amax(1) > 0.8).sum()
    assert gpu.KEPT / 2 <= sure <= 2 * gpu.KEPT
