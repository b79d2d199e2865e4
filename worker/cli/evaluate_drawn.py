"""`mattebridge evaluate drawn`: model, tracking and smoothing on drawn clips whose tracks and alphas are known."""

from __future__ import annotations

import os
from pathlib import Path

import click

from bridge.request import MAX_SMOOTHING


@click.command()
@click.option("--clips", type=click.IntRange(1), default=20, show_default=True, help="How many unseen clips.")
@click.option(
    "--frames", type=click.IntRange(3), default=60, show_default=True, help="Frames of each, at 24 a second."
)
@click.option(
    "--seed", type=click.IntRange(0), default=None, help="The first clip's seed; the judged clips without it."
)
@click.option(
    "--smooth",
    type=click.IntRange(0, MAX_SMOOTHING),
    default=2,
    show_default=True,
    metavar="FRAMES",
    help="Smoothing to be judged, in frames to each side; 0 leaves steadiness out.",
)
@click.option(
    "--weights",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="Weights of a training run; the shipped ones are the default.",
)
@click.option(
    "--threads", type=click.IntRange(1), default=os.cpu_count() or 1, show_default=True, help="Cores to use."
)
@click.option(
    "--cache", type=click.Path(file_okay=False, path_type=Path), default=None, help="Where clips are kept."
)
@click.option(
    "--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here."
)
def drawn(
    clips: int,
    frames: int,
    seed: int | None,
    smooth: int,
    weights: Path | None,
    threads: int,
    cache: Path | None,
    json_path: Path | None,
) -> None:
    """Tracking and smoothing with the embedded model, on drawn clips with crossings, exits and re-entries.

    Draws the clips first; they are kept. Prints VPQ, STQ, id switches and times, and how steady mattes are without
    and with smoothing.
    """
    import json

    from rich.console import Console
    from rich.table import Table

    from worker.embedded.model import WEIGHTS
    from worker.evaluation.drawn_video import Report, evaluate_clips, figures
    from worker.training.drawing import bar
    from worker.training.drawing import drawn as draw
    from worker.training.recipe import STAGED_SEED, staged_clips

    console = Console()
    specs = staged_clips(clips, frames, STAGED_SEED if seed is None else seed)
    reader = draw(cache, specs, threads, "staged clips", console)
    total = Report()
    with bar(console) as progress:
        task = progress.add_task("Judging", total=clips, note="")
        for report in evaluate_clips(reader.paths, specs, weights or WEIGHTS, smooth, threads):
            total.add(report)
            progress.advance(task)
    found = figures(total)
    if json_path is not None:
        json_path.write_text(json.dumps(found, indent=1) + "\n")

    console.print(f"{found['frames']} frames of {clips} drawn clips")
    console.print(f"STQ {found['stq']:.3f} (AQ {found['aq']:.3f}, SQ {found['sq']:.3f})")
    console.print("VPQ " + ", ".join(f"{value:.1f} ({window})" for window, value in found["vpq"].items()))
    console.print(
        f"id switches {found['switches']} in {found['track_frames']} frames of tracks, "
        f"{found['switches_per_300_frames']:.2f} in 300"
    )
    console.print(
        "ms a frame on one thread: " + ", ".join(f"{name} {value:.1f}" for name, value in found["ms"].items())
    )
    console.print(f"tracking takes {100 * found['tracking_share']:.1f} % of the model's time")
    if smooth:
        table = Table("", "as found", f"smooth {smooth}", "change", title="mattes")
        for name, before in found["found"].items():
            after = found["smoothed"][name]
            change = f"{after - before:+.2f}" if name in ("pq", "lag") else f"{100 * (after / before - 1):+.1f} %"
            table.add_row(name, f"{before:.3f}", f"{after:.3f}", change)
        console.print(table)
