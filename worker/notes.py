"""What whoever asks for mattes should hear before the work begins, beside licences."""

from __future__ import annotations

from itertools import pairwise

from bridge.frames import format_frames
from bridge.request import MatteRequest
from worker.media import Source

DRAWN_ONLY = (
    "the embedded model knows drawn scenes only; for real footage take another, for example after: "
    "mattebridge models pull eomt-large-640"
)


def notes_on(model: str, source: Source, request: MatteRequest) -> tuple[str, ...]:
    """What may surprise about a request that is right.

    Args:
        model: The name of the model that will run.
        source: The open source.
        request: What is asked for.
    """
    notes = [DRAWN_ONLY] if model == "embedded" else []
    holes = _holes(source.frames) if request.frames is None else ()
    if holes:
        first, last = source.frames[0], source.frames[-1]
        notes.append(
            f"the source has no frame {format_frames(holes)}, and none will be written; to fill such holes give "
            f"--frames {first}-{last} and --on-error hold or black"
        )
    return tuple(notes)


def _holes(frames: tuple[int, ...]) -> tuple[int, ...]:
    """The numbers that are missing in a sequence, but not where every second or third is all there is."""
    steps = [later - earlier for earlier, later in pairwise(frames)]
    if not steps or len(set(steps)) == 1:
        return ()
    step = min(steps)
    return tuple(missing for earlier, later in pairwise(frames) for missing in range(earlier + step, later, step))
