"""``mattebridge evaluate mattes``: the errors and the chatter of mattes on disk."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from bridge.cli.options import echo_json, json_option
from bridge.errors import BadRequestError

if TYPE_CHECKING:
    from worker.evaluation.mattes import FrameScore

_HEADINGS = {
    "sad": "SAD/1000",
    "mse": "MSE",
    "grad": "Grad/1000",
    "conn": "Conn/1000",
    "dtssd": "dtSSD",
    "chatter": "chatter",
    "chatter_p95": "p95",
    "jump_px": "jump px",
    "judged": "judged",
    "truth_jump_px": "gt jump px",
}
"""How the figures of `worker.evaluation.mattes.UNITS` are called on the terminal."""


@click.command()
@click.option("--pred", required=True, metavar="DIR", help="Mattes to judge: a folder, a pattern or a file.")
@click.option("--gt", metavar="DIR", help="The true mattes; without them only chatter is measured.")
@click.option("--trimap", metavar="DIR", help="Trimaps: errors count in their unknown region alone.")
@click.option("--layer", metavar="NAME", help="The layer to judge, in EXR files with several mattes.")
@click.option("--plates", metavar="SOURCE", help="What the mattes are of, to tell motion from chatter.")
@json_option
def mattes(
    pred: str, gt: str | None, trimap: str | None, layer: str | None, plates: str | None, as_json: bool
) -> None:
    """Measure how far mattes are from the true ones, and how much their borders flicker.

    Frames are matched by number. SAD, MSE, Grad, Conn and dtSSD compare with --gt. Chatter is the change from
    frame to frame that the motion in --plates does not explain; without plates, that no shift of the whole matte
    explains.
    """
    from worker.evaluation.matte_clip import MatteClip
    from worker.evaluation.matte_files import open_mattes
    from worker.evaluation.mattes import UNITS, frame_step, mean_score, score_frames
    from worker.media import open_source

    if trimap is not None and gt is None:
        raise click.UsageError("--trimap says where errors count, and errors need --gt")
    predicted = open_mattes(pred, layer)
    truth = open_mattes(gt, layer) if gt is not None else None
    if layer is not None and not any(files is not None and files.layer for files in (predicted, truth)):
        raise BadRequestError(f"--layer {layer} is for EXR files with layers, but {pred} has one matte a file")
    with ExitStack() as stack:
        clip = MatteClip(
            predicted,
            truth,
            open_mattes(trimap) if trimap is not None else None,
            stack.enter_context(open_source(plates)) if plates is not None else None,
        )
        scores = list(score_frames(clip.read(), frame_step(clip.frames)))
    mean = mean_score(scores)
    if as_json:
        echo_json(
            {
                "frames": [{"frame": score.number, **score.values} for score in scores],
                "mean": mean,
                "units": {name: unit for name, unit in UNITS.items() if name in mean},
                "region": "unknown" if trimap is not None else "whole",
                "motion": "plates" if plates is not None else "mattes",
            }
        )
        return
    _echo_table(scores, mean)


def _echo_table(scores: Sequence[FrameScore], mean: dict[str, float]) -> None:
    """One line a frame and one for the mean, in columns that scripts can split."""
    click.echo("".join(["frame".rjust(8), *(_HEADINGS[name].rjust(11) for name in mean)]))
    for title, values in [*((str(s.number), s.values) for s in scores), ("mean", mean)]:
        cells = (f"{values[name]:.4g}" if name in values else "-" for name in mean)
        click.echo("".join([title.rjust(8), *(cell.rjust(11) for cell in cells)]))
