"""``mattebridge evaluate model``: run a model over a data set and judge what it finds."""

from __future__ import annotations

from pathlib import Path

import click

from bridge.cli.options import echo_json


@click.command()
@click.argument("name", metavar="MODEL")
@click.option(
    "--data",
    required=True,
    metavar="LAYOUT:DIR",
    help="coco:DIR, cityscapes:DIR, ade20k:DIR or vipseg:DIR; or a JSON in COCO panoptic format.",
)
@click.option("--split", default="val", show_default=True, help="Which part of the data set.")
@click.option("--pictures", type=click.Path(path_type=Path), help="With a JSON: where the pictures lie.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="The run's folder; resumed."
)
@click.option("--limit", type=click.IntRange(1), help="Only so many frames, spread over the data set.")
@click.option("--device", default="auto", show_default=True)
@click.option(
    "--least-thing",
    type=click.FloatRange(0, 1),
    help="Things with lower scores take no part. [default: the model's]",
)
@click.option("--least-stuff", type=click.FloatRange(0, 1), help="The same for stuff.")
@click.option("--partial-labels", is_flag=True, help="Judge the categories that model and data set share.")
@click.option("--worst", default=12, show_default=True, help="How many frames the page shows.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON instead of tables.")
def model(
    name: str,
    data: str,
    split: str,
    pictures: Path | None,
    out: Path,
    limit: int | None,
    device: str,
    least_thing: float | None,
    least_stuff: float | None,
    partial_labels: bool,
    worst: int,
    as_json: bool,
) -> None:
    """Panoptic quality of MODEL on an annotated data set.

    OUT receives the predictions in COCO panoptic format (predictions.json and predictions/), report.json and
    report.html, which shows the worst frames. The same command goes on where a run was stopped. Clips are
    tracked, and judged by VPQ and STQ too.
    """
    from rich.console import Console

    from worker.evaluation.run_command import Wishes, evaluate_model

    console = Console(stderr=as_json)
    wishes = Wishes(
        model=name,
        data=data,
        split=split,
        pictures=pictures,
        out=out,
        limit=limit,
        device=device,
        least_thing=least_thing,
        least_stuff=least_stuff,
        partial_labels=partial_labels,
        worst=worst,
    )
    report = evaluate_model(wishes, console)
    if as_json:
        echo_json(report)
