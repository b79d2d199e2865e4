"""`mattebridge draw`: draw a clip with its ground truth."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import click


class SizeType(click.ParamType[tuple[int, int]]):
    """A picture size as ``WIDTHxHEIGHT``."""

    name = "WxH"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Parse a size; both sides even and at least 16, as H.264 wants them."""
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"(\d+)x(\d+)", str(value))
        if found is None:
            self.fail(f"expected WIDTHxHEIGHT, for example 1280x720, but got {value!r}", param, ctx)
        width, height = int(found[1]), int(found[2])
        if width % 2 or height % 2 or min(width, height) < 16:
            self.fail(f"expected even sides of at least 16 pixels, but got {value!r}", param, ctx)
        return width, height


@click.command()
@click.argument("out", type=click.Path(path_type=Path), required=False)
@click.option("--seed", default=0, show_default=True, help="Decides everything in the clip.")
@click.option("--frames", type=click.IntRange(1), default=48, show_default=True)
@click.option("--size", type=SizeType(), default="1280x720", show_default=True)
@click.option("--fps", type=click.FloatRange(0.1, 240), default=24.0, show_default=True)
@click.option("--pictures", is_flag=True, help="Also write the frames as PNG, into OUT without its ending.")
@click.option(
    "--coco",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a data set in COCO panoptic format into this folder, instead of a movie.",
)
@click.option("--clips", type=click.IntRange(1), default=1, show_default=True, help="With --coco: so many clips.")
@click.option("--hair", is_flag=True, help="With --coco: persons' hair is a segment of its own.")
@click.option("--alphas", is_flag=True, help="Also write the visible alpha of every segment, into <OUT>_alphas.")
def draw(
    out: Path | None,
    seed: int,
    frames: int,
    size: tuple[int, int],
    fps: float,
    pictures: bool,
    alphas: bool,
    coco: Path | None,
    clips: int,
    hair: bool,
) -> None:
    """Draw a clip into the movie OUT (.mp4 or .mov), H.264.

    With --pictures and --alphas, frames and the exact visible alpha of every segment are written beside it. With
    --coco, clips with the seeds SEED, SEED + 1, ... become an annotated data set to train and evaluate with.
    """
    from collections.abc import Iterator

    from rich.progress import track

    from worker.training.export import write_alphas, write_movie, write_pictures
    from worker.training.scenes import ClipSpec, DrawnFrame, draw_clip

    if (out is None) == (coco is None):
        raise click.UsageError("expected either OUT, a movie, or --coco DIR, a data set")
    if coco is not None:
        from rich.progress import Progress

        from worker.training.coco_export import write_data_set

        with Progress() as progress:
            task = progress.add_task("Drawing", total=clips * frames)
            specs = [ClipSpec(seed + index, frames, size, fps, hair) for index in range(clips)]
            write_data_set(coco, specs, lambda: progress.advance(task))
        return
    assert out is not None
    if out.suffix.lower() not in (".mp4", ".mov"):
        raise click.UsageError(f"expected OUT to end in .mp4 or .mov, but got {out}")
    out.parent.mkdir(parents=True, exist_ok=True)
    flow: Iterator[DrawnFrame] = draw_clip(ClipSpec(seed, frames, size, fps))
    flow = write_movie(out, flow, size, Fraction(fps).limit_denominator(1001))
    if pictures:
        flow = write_pictures(out.with_suffix(""), flow)
    if alphas:
        flow = write_alphas(out.with_name(f"{out.stem}_alphas"), flow)
    for _ in track(flow, "Drawing", total=frames):
        pass
