"""``mattebridge train finetune``: a transformers model learns one's own classes."""

from __future__ import annotations

from pathlib import Path

import click

_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


class SharesType(click.ParamType[tuple[float, ...]]):
    """Shares of a run such as ``0.75,0.9``."""

    name = "share,..."

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """Parse shares between 0 and 1; an empty text is none."""
        if isinstance(value, tuple):
            return value
        try:
            shares = tuple(float(part) for part in str(value).split(",") if part.strip())
        except ValueError:
            shares = (2.0,)
        if any(not 0 < share < 1 for share in shares):
            self.fail(f"expected shares of the run between 0 and 1, for example 0.75,0.9, but got {value!r}")
        return shares


@click.command()
@click.option("--base", metavar="MODEL", help="The model to start from: a name or a folder.")
@click.option("--scratch", metavar="NAME", help="Start from random weights: tiny-eomt or tiny-mask2former.")
@click.option("--train", type=_FILE, required=True, help="What to train on: a JSON in COCO panoptic format.")
@click.option("--images", type=_FOLDER, help="Its pictures; else the JSON's folder.")
@click.option("--val", type=_FILE, help="What to judge on; else the frames that are not trained on.")
@click.option("--val-images", type=_FOLDER, help="Its pictures; else the JSON's folder.")
@click.option("--frames", type=click.IntRange(1), help="Train on so many frames, spread over all.")
@click.option("--out", type=_FOLDER, required=True, help="The run's folder; resumed.")
@click.option("--iterations", type=click.IntRange(1), default=1000, show_default=True)
@click.option("--batch", type=click.IntRange(1), default=8, show_default=True, help="Samples an iteration.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), default=1e-4, show_default=True)
@click.option("--warm-up", type=click.IntRange(0), default=100, show_default=True, help="Iterations.")
@click.option(
    "--steps", type=SharesType(), default="0.75,0.9", show_default=True, help="Where the rate falls to a tenth."
)
@click.option(
    "--backbone-factor", type=float, help="The backbone's rate by the others'. [default: 0.1 with --base, else 1]"
)
@click.option("--size", type=click.IntRange(32), help="Side of samples in pixels. [default: the base's, else 128]")
@click.option("--zoom", type=(float, float), default=(0.7, 1.5), show_default=True, help="Range of scales.")
@click.option("--seed", default=0, show_default=True, help="Decides new weights, order and crops.")
@click.option("--precision", type=click.Choice(["auto", "fp32", "bf16"]), default="auto", show_default=True)
@click.option("--device", default="auto", show_default=True)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Cores to use.")
@click.option(
    "--min-score", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Least score of a segment."
)
@click.option("--licence", help="What the weights may be used for. [default: the base's]")
@click.option("--save-every", type=click.IntRange(1), default=200, show_default=True, help="Iterations.")
@click.option("--validate-every", type=click.IntRange(1), default=500, show_default=True, help="Iterations.")
@click.option("--resume/--fresh", default=True, show_default=True, help="Go on from a checkpoint in --out.")
def finetune(**options: object) -> None:
    """Train a transformers model on an annotated data set, for example with a studio's own classes.

    The data are in COCO panoptic format, the PNGs beside each JSON. A class that the base knows by name keeps what
    it has learned, others are learned anew. OUT receives a checkpoint, the history and its curves, and the folder
    ``model``, which every command takes as a model. A run that was stopped goes on where it was.
    """
    from worker.training.finetune import command

    try:
        command.finetune(command.Wishes(**options))  # type: ignore[arg-type]
    except ValueError as err:
        raise click.ClickException(str(err)) from err
