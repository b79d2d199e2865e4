"""``mattebridge describe``: what a worker can do."""

from __future__ import annotations

from typing import Optional

import click
from rich.table import Table

from bridge.cli.options import echo_json, json_option, worker_option
from bridge.cli.tables import table_console
from bridge.launch import connect


@click.command()
@worker_option
@json_option
def describe(address: Optional[str], as_json: bool) -> None:
    """List the models, categories, layouts, formats and colour spaces of the worker."""
    with connect(address) as client:
        reply = client.describe()
    if as_json:
        echo_json(reply)
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    table.add_row("version", reply.version)
    table.add_row("device", reply.device)
    for model in reply.models:
        table.add_row(f"model {model.name}", f"{model.summary} ({model.licence}: {model.allows})")
        for title, is_thing in (("things", True), ("stuff", False)):
            names = [category.layer for category in model.categories if category.is_thing is is_thing]
            table.add_row(f"  {title}", ", ".join(names))
    table.add_row("can be pulled", ", ".join(reply.pullable))
    table.add_row("layouts", ", ".join(reply.layouts))
    table.add_row("borders", ", ".join(reply.borders))
    table.add_row("images", ", ".join(reply.image_formats))
    table.add_row("movies", ", ".join(reply.movie_formats))
    table.add_row("colour spaces", ", ".join(reply.colorspaces))
    table_console().print(table)
