"""`mattebridge track`: find segments and settle track ids in the store, without writing mattes."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("source")
@click.option("--frames", metavar="RANGE", help="For example 1001-1100 or 1-100x2,150. All frames without it.")
@click.option("--model", default="embedded", show_default=True, help="`mattebridge models` lists the models.")
@click.option("--detail", type=click.IntRange(1), default=1, show_default=True, help="As in `mattebridge export`.")
@click.option("--colorspace", metavar="NAME", help="The source's colour space, as in `mattebridge export`.")
@click.option(
    "--anew", is_flag=True, help="Forget the ids given before; mattes written with them no longer match."
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
@click.option(
    "--store", "store_folder", metavar="DIR", help="Prediction store; else MATTEBRIDGE_STORE, else the cache."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def track(
    source: str,
    frames: str | None,
    model: str,
    detail: int,
    colorspace: str | None,
    anew: bool,
    device: str,
    store_folder: str | None,
    as_json: bool,
) -> None:
    """Find the segments of SOURCE and settle their track ids, for the exports that follow.

    Machines that share a store find segments of a range each; then one of them settles the ids of the whole source
    with --anew, in one pass, before mattes are written. Ctrl-C keeps the frames that are done.
    """
    import threading

    from rich import progress as bars
    from rich.console import Console
    from rich.table import Table

    from bridge.cli.options import echo_json
    from bridge.cli.tables import table_console
    from bridge.request import MatteRequest
    from worker.device import choose_device
    from worker.engine import Engine
    from worker.progress import Progress
    from worker.store import Store, default_root

    request = MatteRequest(
        source=source, out=".", frames=frames, model=model, detail=detail, colorspace=colorspace
    )
    engine = Engine(choose_device(device), Store(Path(store_folder) if store_folder else default_root()))
    columns = (bars.TextColumn("{task.description}"), bars.BarColumn(), bars.MofNCompleteColumn())
    with bars.Progress(*columns, bars.TimeRemainingColumn(), console=Console(stderr=True)) as shown:
        task = shown.add_task("")

        def report(stage: str, done: int, total: int, _: float, __: float | None) -> None:
            shown.update(task, description=stage, completed=done, total=total)

        index = engine.track(request, Progress(threading.Event(), report), anew=anew)
    if as_json:
        tracks = [
            {
                "id": t.id,
                "category": t.category,
                "first": t.first_frame,
                "last": t.last_frame,
                "frames": t.frame_count,
            }
            for t in index.tracks
        ]
        echo_json({"ok": True, "frames": len(index.frames), "tracks": tracks})
        return
    table = Table("id", "category", "first", "last", "frames", title=f"tracks in {len(index.frames)} frames")
    for t in index.tracks:
        table.add_row(str(t.id), t.category, str(t.first_frame), str(t.last_frame), str(t.frame_count))
    table_console().print(table)
