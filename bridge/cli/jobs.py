"""``mattebridge jobs`` and ``mattebridge cancel``."""

from __future__ import annotations

from typing import Optional

import click
from rich.table import Table

from bridge.cli.options import echo_json, json_option, worker_option
from bridge.cli.progress import rate_words
from bridge.cli.tables import table_console
from bridge.launch import connect


@click.command()
@worker_option
@json_option
def jobs(address: Optional[str], as_json: bool) -> None:
    """List the worker's jobs, newest last."""
    with connect(address, start=False) as client:
        known = client.jobs()
    if as_json:
        echo_json({"jobs": known})
        return
    if not known:
        click.echo("no jobs")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("job", "state", "stage", "frames", "rate", "source"):
        table.add_column(title)
    for info in known:
        frames = f"{info.done}/{info.total}" if info.total else ""
        rate = "" if info.state.is_final else rate_words(info)
        table.add_row(info.job, info.state.value, info.error or info.stage, frames, rate, info.source)
    table_console().print(table)


@click.command()
@click.argument("job")
@worker_option
@json_option
def cancel(job: str, address: Optional[str], as_json: bool) -> None:
    """Cancel JOB, by the id that `mattebridge jobs` shows; its finished frames are kept."""
    with connect(address, start=False) as client:
        info = client.cancel(job)
    if as_json:
        echo_json(info)
    elif info.state.is_final:
        click.echo(f"job {job} is {info.state.value}")
    else:
        click.echo(f"job {job} is told to stop")
