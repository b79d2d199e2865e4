"""A model that needs no weights: it finds segments by plain colours, the same every time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from worker.labels import Category, LabelSet
from worker.models.base import Plate
from worker.segments import FramePrediction, Segment, boxed

LABELS = LabelSet(
    "colours",
    (
        Category("person", True, (220, 20, 60)),
        Category("car", True, (0, 0, 142)),
        Category("sky-other-merged", False, (70, 130, 180)),
        Category("grass-merged", False, (152, 251, 152)),
    ),
)

_CHANNEL = {"person": 0, "grass-merged": 1, "sky-other-merged": 2}


class ColorModel:
    """Red is a person, green is grass, blue is sky; half the plate's size, averaged, so that edges are soft."""

    name = "colours"
    label_set = LABELS
    licence = "Apache-2.0"
    fingerprint = "0" * 64
    batch_size = 2

    def __init__(self) -> None:
        self.settings: dict[str, str | int | float] = {"grid": "half"}
        self.calls = 0
        """How many plates it has seen."""

    def predict(self, plates: Sequence[Plate]) -> list[FramePrediction]:
        self.calls += len(plates)
        return [_predict(plate) for plate in plates]


def _predict(plate: Plate) -> FramePrediction:
    height, width = plate.shape[0] // 2, plate.shape[1] // 2
    half = plate[: height * 2, : width * 2].reshape(height, 2, width, 2, 3).mean((1, 3))
    segments = []
    for name, channel in _CHANNEL.items():
        others = [c for c in range(3) if c != channel]
        pure = np.clip(half[..., channel] - half[..., others].max(2), 0, 255).astype(np.uint8)
        pure[pure < 40] = 0
        cut = boxed(pure)
        if cut is not None:
            segments.append(Segment(name, LABELS[name].is_thing, 0.9, *cut))
    return FramePrediction((width, height), tuple(segments))
