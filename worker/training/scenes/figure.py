"""What persons, dogs and vehicles have in common."""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np
import skia

from worker.training.scenes.sprite import Box

Heading = Literal["across", "nearer", "farther"]
"""Across the picture, towards the camera, or away from it."""


class Figure(Protocol):
    """Something that walks or drives; drawn 1 high, standing on (0, 0), facing +x."""

    stride_length: float
    """Distance covered in one cycle of its gait, in its own heights."""

    @property
    def category(self) -> str:
        """The category's name."""
        ...

    @property
    def heading(self) -> Heading:
        """Where it moves to."""
        ...

    @property
    def reach(self) -> Box:
        """The box outside which nothing is drawn."""
        ...

    def random_speed(self, rng: np.random.Generator) -> float:
        """How fast it moves, in metres a second."""
        ...

    def draw(self, canvas: skia.Canvas, phase: float) -> None:
        """Draw the pose at `phase` cycles of its gait."""
        ...
