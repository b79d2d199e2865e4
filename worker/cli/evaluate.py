"""`mattebridge evaluate`: measure how good a model is."""

from __future__ import annotations

import os
from pathlib import Path

import click

from worker.cli.evaluate_drawn import drawn
from worker.cli.evaluate_mattes import mattes
from worker.cli.evaluate_model import model
from worker.cli.evaluate_panoptic import panoptic, video


@click.group()
def evaluate() -> None:
    """Measure how good models are."""


@evaluate.command()
@click.option(
    "--clips", type=click.IntRange(1), default=100, show_default=True, help="Unseen clips, two frames each."
)
@click.option(
    "--weights",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="Weights of a training run; the shipped ones are the default.",
)
@click.option("--device", default="cpu", show_default=True)
@click.option(
    "--threads", type=click.IntRange(1), default=os.cpu_count() or 1, show_default=True, help="Cores to use."
)
@click.option(
    "--cache", type=click.Path(file_okay=False, path_type=Path), default=None, help="Where clips are kept."
)
@click.option(
    "--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here."
)
@click.option("--markdown", type=click.Path(dir_okay=False, path_type=Path), help="Write the tables here.")
@click.option("--sheet", type=click.Path(dir_okay=False, path_type=Path), help="Draw a contact sheet here (PNG).")
def embedded(
    clips: int,
    weights: Path | None,
    device: str,
    threads: int,
    cache: Path | None,
    json_path: Path | None,
    markdown: Path | None,
    sheet: Path | None,
) -> None:
    """Panoptic quality and alpha error of the embedded model on drawn clips it was never trained on."""
    import json

    import torch
    from PIL import Image
    from rich.console import Console
    from rich.table import Table

    from worker.embedded.labels import LABELS
    from worker.embedded.model import WEIGHTS, EmbeddedModel
    from worker.evaluation import embedded as measure
    from worker.evaluation.panoptic import table
    from worker.evaluation.sheet import contact_sheet
    from worker.training.drawing import bar
    from worker.training.drawing import drawn as draw
    from worker.training.recipe import held_out_clips

    console = Console()
    torch.set_num_threads(threads)
    frames = draw(cache, held_out_clips(clips), threads, "unseen frames", console)
    model = EmbeddedModel.load(device, weights=weights or WEIGHTS)
    with bar(console) as progress:
        task = progress.add_task("Predicting", total=len(frames), note="")
        report = measure.evaluate_embedded(model, frames, lambda: progress.advance(task))
    shown = Table("category", "PQ", "SQ", "RQ", title=f"{len(frames)} frames of {clips} unseen drawn clips")
    for name, q in [*table(report.score, LABELS.names), ("mean", report.score.mean())]:
        shown.add_row(name, *(f"{100 * value:.1f}" for value in (q.pq, q.sq, q.rq)))
    console.print(shown)
    soft, binary = report.alpha.mean()
    console.print(f"alpha error on partly covered pixels: {soft:.3f} soft, {binary:.3f} cut at one half")
    if json_path is not None:
        json_path.write_text(json.dumps(measure.as_json(report), indent=1) + "\n")
    if markdown is not None:
        markdown.write_text(measure.as_markdown(report))
    if sheet is not None:
        shown_frames = [frames[index] for index in range(0, min(len(frames), 12), 2)]
        predictions = model.predict([frame.rgb for frame in shown_frames])
        Image.fromarray(contact_sheet(shown_frames, predictions, measure.LEAST)).save(sheet)


evaluate.add_command(drawn)
evaluate.add_command(mattes)
evaluate.add_command(panoptic)
evaluate.add_command(video)
evaluate.add_command(model)
