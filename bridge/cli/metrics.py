"""``mattebridge metrics``: a worker's figures for monitoring."""

from __future__ import annotations

from typing import Optional

import click

from bridge.cli.options import worker_option
from bridge.launch import connect


@click.command()
@worker_option
def metrics(address: Optional[str]) -> None:
    """Print the worker's figures in the text format of Prometheus."""
    with connect(address, start=False) as client:
        click.echo(client.metrics(), nl=False)
