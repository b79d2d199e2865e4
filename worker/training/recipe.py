"""The recipe of the shipped weights: which clips, which schedule."""

from __future__ import annotations

from pathlib import Path

from worker.training.embedded import Schedule
from worker.training.loader import Phase
from worker.training.scenes import ClipSpec

FRAME_WH = (640, 360)
CLIPS = 1800
FRAMES_PER_CLIP = 3
ITERATIONS = 22200
VALIDATION_CLIPS = 40

_ROUNDS = (15, 5, 12, 14, 28)
"""How long rounds are, next to each other."""

_AS_DRAWN = ((640, 352), 4, (0.97, 1.05))
_ENLARGED = ((736, 416), 3, (1.1, 1.3))
_LATER = (
    ((0.8, 1.3), _AS_DRAWN),
    ((0.8, 1.5), _AS_DRAWN),
    ((0.9, 1.7), _ENLARGED),
    ((0.9, 1.7), _ENLARGED),
)
"""Of the rounds from the second on: the scales of crops, and the nearly whole frames that a third of it sees."""

_STAGED_SHARE = 640 / CLIPS
"""Staged clips for each plain one."""
_STAGED_FRAMES = 4
_STAGED_FPS = 1.5
_SEEDS_APART = 1_000_000
_STAGED_FROM = 600_000
"""Where a run's seeds for staged clips begin; those of plain ones stay below."""
_VALIDATION_SEED = 800_000_000
HELD_OUT_SEED = 900_000_000
"""Seeds from here on are never trained on."""
STAGED_SEED = HELD_OUT_SEED + _SEEDS_APART
"""Clips from here on judge tracking; no threshold was chosen on them."""


def training_clips(seed: int, clips: int, frames_per_clip: int) -> tuple[list[ClipSpec], list[ClipSpec]]:
    """The clips of a run: plain ones, a second between their frames, and staged ones, in which people cross.

    Crossings are rare in a random cast, and where people hide each other the network must tell them apart.

    Raises:
        ValueError: The run would reach into another run's seeds, or the held-out ones.
    """
    if not 0 <= seed < _VALIDATION_SEED // _SEEDS_APART or not 0 < clips <= _STAGED_FROM:
        raise ValueError(
            f"expected a seed in [0, {_VALIDATION_SEED // _SEEDS_APART}) and at most {_STAGED_FROM} clips, "
            f"but got seed {seed} and {clips} clips"
        )
    first = seed * _SEEDS_APART
    plain = [ClipSpec(first + i, frames_per_clip, FRAME_WH, 1.0) for i in range(clips)]
    staged = [
        ClipSpec(first + _STAGED_FROM + i, _STAGED_FRAMES, FRAME_WH, _STAGED_FPS, staged=True)
        for i in range(round(clips * _STAGED_SHARE))
    ]
    return plain, staged


def validation_clips() -> list[ClipSpec]:
    """Clips of one frame that a run is watched with."""
    return [ClipSpec(_VALIDATION_SEED + i, 1, FRAME_WH, 1.0) for i in range(VALIDATION_CLIPS)]


def held_out_clips(clips: int) -> list[ClipSpec]:
    """Unseen clips of two frames, two seconds apart, for the figures of the model card."""
    return [ClipSpec(HELD_OUT_SEED + i, 2, FRAME_WH, 0.5) for i in range(clips)]


def staged_clips(clips: int, frames: int, seed: int = STAGED_SEED) -> list[ClipSpec]:
    """Unseen clips with crossings, exits and re-entries, for the figures of tracking."""
    return [ClipSpec(seed + i, frames, FRAME_WH, 24.0, staged=True) for i in range(clips)]


def folder_name(specs: list[ClipSpec]) -> str:
    """A cache folder's name for clips that differ in their seed alone."""
    first = specs[0]
    w, h = first.size_wh
    staged = "_staged" if first.staged else ""
    return f"seed{first.seed}_{first.frames}frames_{first.fps:g}fps_{w}x{h}{staged}"


def clips_folder(cache: Path, specs: list[ClipSpec]) -> Path:
    """Where the shards of some clips lie below a cache folder."""
    return cache / folder_name(specs)


def schedule(seed: int, iterations: int) -> Schedule:
    """Small crops at many scales first, then larger ones, then whole frames at the clips' own size.

    Further rounds, each from half the rate, go from larger crops to whole frames; the last ones see frames at the
    size of inference, larger than they were drawn, at which what is small still has a cell of its own.
    """
    whole = sum(_ROUNDS)
    ends = [iterations * sum(_ROUNDS[: number + 1]) // whole for number in range(len(_ROUNDS))]
    first, *rounds = (end - start for start, end in zip([0, *ends], ends, strict=False))
    larger, nearly_all = first * 2 // 9, first // 15
    phases = [
        Phase(first - larger - nearly_all, (352, 192), 8, (0.55, 1.2)),
        Phase(larger, (512, 288), 5, (0.8, 1.15)),
        Phase(nearly_all, (640, 352), 4, (0.97, 1.05)),
    ]
    for length, (scales, last) in zip(rounds, _LATER, strict=True):
        phases += [Phase(length - length // 3, (512, 288), 5, scales), Phase(length // 3, *last)]
    return Schedule(
        phases=tuple(phases),
        restarts=tuple(ends[:-1]),
        seed=seed,
        warm_up=min(200, iterations // 10 + 1),
    )
