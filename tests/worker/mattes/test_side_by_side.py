"""Layers made in several threads at a time are those made one after the other."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pytest

from bridge.borders import Border, BorderKind, Length, Unit
from worker.layers import LayerSpec
from worker.mattes import make_mattes
from worker.segments import FramePrediction, Segment

GRID, PLATE = (1024, 48), (2048, 96)

GUIDED = Border(BorderKind.GUIDED, width=Length(25.0, Unit.PCT))


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads that change places as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def _frame(count: int) -> tuple[FramePrediction, list[LayerSpec]]:
    """Edges across the whole frame, a cell from each other: all ask for the colours of the same cells at once."""
    segments, layers = [], []
    for number in range(count):
        name = f"layer{number}"
        mask = np.zeros((GRID[1], GRID[0]), np.uint8)
        mask[: GRID[1] // 2 + number] = 255
        segments.append(Segment(name, True, 0.9, (0, 0, *GRID), mask))
        layers.append(LayerSpec(name, name, True, None, GUIDED))
    return FramePrediction(GRID, tuple(segments)), layers


@pytest.mark.usefixtures("hasty")
def test_layers_that_share_colours_do_not_disturb_each_other() -> None:
    shown, layers = _frame(4)
    plate = np.random.default_rng(7).integers(0, 256, (PLATE[1], PLATE[0], 3), np.uint8)
    alone = [make_mattes(shown, [layer], PLATE, plate=plate)[0] for layer in layers]
    for _ in range(40):
        together = make_mattes(shown, layers, PLATE, plate=plate)
        for found, expected in zip(together, alone, strict=True):
            assert found.window == expected.window
            assert np.array_equal(found.coverage, expected.coverage)
