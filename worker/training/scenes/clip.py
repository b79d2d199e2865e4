"""A drawn clip: frames with the truth about every segment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worker.embedded.labels import THING_NAMES
from worker.training.scenes.render import render
from worker.training.scenes.stage import random_stage

SHUTTER_S = 1 / 48
"""How long the shutter is open: 180 degrees at 24 frames a second."""


@dataclass(frozen=True)
class ClipSpec:
    """What to draw. The same spec gives the same bytes on the same machine."""

    seed: int
    frames: int
    size_wh: tuple[int, int]
    fps: float = 24.0
    hair: bool = False
    """Persons' hair is a segment of its own, of the category ``hair``, and no part of the person."""
    staged: bool = False
    """Whether people cross each other, walk out of the picture and come back (see `staging`)."""


@dataclass(frozen=True)
class DrawnSegment:
    """One segment of a drawn clip."""

    track: int
    """Steady through the clip, from 1."""
    category: str
    is_thing: bool


@dataclass(frozen=True)
class DrawnFrame:
    """A frame and its truth."""

    rgb: npt.NDArray[np.uint8]
    """Shape ``(h, w, 3)``, sRGB."""
    segments: tuple[DrawnSegment, ...]
    """The segments that are visible, by track id."""
    alphas: npt.NDArray[np.float32]
    """Visible coverage, shape ``(len(segments), h, w)``; adds up to 1 at every pixel."""

    def panoptic_map(self) -> npt.NDArray[np.int32]:
        """The track id that covers most of each pixel. Shape ``(h, w)``."""
        tracks = np.array([s.track for s in self.segments], np.int32)
        return np.asarray(tracks[self.alphas.argmax(axis=0)])


def draw_clip(spec: ClipSpec) -> Iterator[DrawnFrame]:
    """Draw a clip, frame by frame."""
    duration_s = (spec.frames - 1) / spec.fps
    stage = random_stage(
        np.random.default_rng(spec.seed), spec.size_wh, duration_s, hair=spec.hair, staged=spec.staged
    )
    for index in range(spec.frames):
        time_s = index / spec.fps
        rendered = render(stage, time_s, SHUTTER_S, spec.size_wh)
        visible = sorted(track for track, alpha in rendered.alphas.items() if alpha.max() > 0)
        segments = tuple(
            DrawnSegment(track, stage.tracks[track], stage.tracks[track] in THING_NAMES) for track in visible
        )
        alphas = np.stack([rendered.alphas[track] for track in visible])
        yield DrawnFrame(stage.grade.apply(rendered.rgb, index, time_s), segments, alphas)
