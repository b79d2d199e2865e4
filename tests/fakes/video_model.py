"""A model of the kind that remembers: the colour model, that also counts how long it has known what it sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.fakes.color_model import ColorModel
from worker.models.base import Plate
from worker.segments import UNTRACKED, FramePrediction


class VideoColorModel(ColorModel):
    """Its scores tell the age of the run, so that a frame found with another memory is another frame."""

    run_length = 5

    def __init__(self) -> None:
        super().__init__()
        self.began: list[int] = []
        """The runs it was asked for, in order."""

    def begin(self, run: int) -> _Run:
        self.began.append(run)
        return _Run(self, run)


class _Run:
    def __init__(self, model: VideoColorModel, run: int) -> None:
        self._model = model
        self._run = run
        self._age = 0

    def predict(self, plates: Sequence[Plate]) -> list[FramePrediction]:
        return [self._remembered(found) for found in self._model.predict(plates)]

    def _remembered(self, found: FramePrediction) -> FramePrediction:
        self._age += 1
        segments = (
            replace(s, score=1 - 0.1 * self._age, track=100 * self._run + 7 if s.is_thing else UNTRACKED)
            for s in found.segments
        )
        return replace(found, segments=tuple(segments))
