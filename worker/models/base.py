"""The protocol every model family follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from worker.labels import LabelSet
from worker.segments import FramePrediction

Plate = npt.NDArray[np.uint8]
"""A picture as models see it: shape ``(H, W, 3)``, RGB, display-referred sRGB, 0 to 255."""


class Model(Protocol):
    """A loaded model: plates in, segments with raw soft masks out."""

    name: str
    """The name it is asked for by, for example ``embedded``."""
    label_set: LabelSet
    licence: str
    """SPDX identifier of the weights' licence, or a short name where SPDX has none."""
    fingerprint: str
    """Hex digest of the weights; two models with the same digest predict the same."""
    settings: dict[str, str | int | float]
    """Inference settings that change predictions (input size, precision); part of the store's key."""
    batch_size: int
    """How many plates `predict` likes at once."""

    def predict(self, plates: Sequence[Plate]) -> list[FramePrediction]:
        """Find the segments of each plate; all plates of a call have the same size. Tracks are not set."""
        ...


@dataclass(frozen=True)
class Weights:
    """Weights on this machine, as a family's ``load(weights, device)`` takes them."""

    name: str
    """The name the model is asked for by."""
    path: Path
    """A folder in the family's own format, or a single checkpoint file."""
    licence: str
    """As in `Model.licence`."""
    label_set: LabelSet | None = None
    """None to go by the names that stand beside the weights."""
    options: Mapping[str, str | int | float] = field(default_factory=dict)
    """What the family must know and the weights do not say, for example a config's name."""
