"""The protocol every model family follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from worker.labels import LabelSet
from worker.segments import FramePrediction

Plate = npt.NDArray[np.uint8]
"""A picture as models see it: shape ``(H, W, 3)``, RGB, display-referred sRGB, 0 to 255."""


class Predictor(Protocol):
    """What plates can be given to."""

    def predict(self, plates: Sequence[Plate]) -> list[FramePrediction]:
        """Find the segments of each plate; all plates of a call have the same size."""
        ...


class Model(Predictor, Protocol):
    """A loaded model: plates in, segments with raw soft masks out. `predict` sets no tracks."""

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


@runtime_checkable
class VideoModel(Model, Protocol):
    """A model that remembers what it saw in the frames before, and says itself which thing is which.

    It works in runs: frame ``n`` belongs to run ``n // run_length``, every run begins without memory, and what is
    found in a frame depends on the frames of its run up to it, and on nothing else. So it does not matter which
    frames were asked for first, a job that was interrupted goes on from the beginning of a run, and machines may
    share a clip. Tracking joins the tracks of one run to those of the next.
    """

    run_length: int
    """How many frame numbers make a run."""

    def begin(self, run: int) -> Predictor:
        """Something that takes the plates of a run, in order, in as many calls as one likes.

        Its segments carry tracks, but for stuff: numbers other than `UNTRACKED`, none of which another run gives.
        """
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


@dataclass(frozen=True)
class LoadOptions:
    """What the worker was started with, for every model that it loads and that can heed it."""

    precision: str = "auto"
    """``fp32``, ``bf16``, or ``auto`` for what is fastest on the device."""
    compile: bool = False
    """Compile networks: the first plates of each size take a minute or more, all others less time."""

    def given_to(self, weights: Weights) -> Weights:
        """The weights with these among their options; those that they have already go before."""
        mine: dict[str, str | int | float] = {"precision": self.precision, "compile": int(self.compile)}
        return replace(weights, options={**mine, **weights.options})
