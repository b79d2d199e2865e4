"""The mean colours of cells."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from worker.mattes.colours import CellColours

CPU = torch.device("cpu")


def _plate(w: int, h: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(3).integers(0, 256, (h, w, 3), np.uint8)


def test_cells_of_whole_pixels_are_plain_means() -> None:
    plate = _plate(160, 80)
    means = plate.reshape(20, 4, 40, 4, 3).mean((1, 3)).transpose(2, 0, 1) / 255.0
    found = CellColours(plate, (40, 20), CPU).of((3, 2, 39, 20)).numpy()
    assert np.abs(found - means[:, 2:20, 3:39]).max() < 1e-6


def test_cells_that_cut_pixels_take_their_share() -> None:
    plate = np.zeros((3, 3, 3), np.uint8)
    plate[0, 0] = 255
    # Cells of 1.5 pixels: the first has one whole pixel, two halves and a quarter.
    assert CellColours(plate, (2, 2), CPU).of((0, 0, 1, 1)).flatten().tolist() == pytest.approx([1 / 2.25] * 3)


def test_what_was_asked_for_before_changes_nothing() -> None:
    colours = CellColours(_plate(400, 300), (100, 75), CPU)
    first = colours.of((60, 10, 70, 20)).clone()
    everything = colours.of((0, 0, 100, 75))
    assert torch.equal(everything[:, 10:20, 60:70], first)
    assert torch.equal(everything, CellColours(colours.plate, (100, 75), CPU).of((0, 0, 100, 75)))
