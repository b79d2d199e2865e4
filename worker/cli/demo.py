"""``mattebridge demo``: the main job on the bundled clip."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path

import click

from bridge.cli.export import echo_summary
from bridge.cli.progress import follow
from bridge.client import Client
from bridge.errors import SourceNotFoundError
from bridge.launch import ADDRESS_VARIABLE, connect, private_worker
from bridge.manifest import read_manifest
from bridge.request import MatteRequest

CLIP = Path(__file__).parents[2] / "examples" / "clips" / "drawn_street.mp4"
"""The bundled clip; it is part of the source checkout."""


@click.command()
@click.option("--out", default="demo", show_default=True, metavar="DIR", help="Folder for the mattes.")
@click.option(
    "--worker",
    "address",
    metavar="ADDRESS",
    help=f"A worker that sees this machine's files; else {ADDRESS_VARIABLE}, else one that ends with the demo.",
)
def demo(out: str, address: str | None) -> None:
    """Write the mattes of the bundled clip with the embedded model, and say where they lie."""
    if not CLIP.exists():
        raise SourceNotFoundError(f"the demo needs a source checkout: {CLIP} is not there")
    with _worker(address) as client:
        info = follow(client.export(MatteRequest(source=str(CLIP), out=out, tracks=True, replace=True)))
    assert info.manifest is not None
    echo_summary(info.manifest, read_manifest(info.manifest))


def _worker(address: str | None) -> AbstractContextManager[Client]:
    """The worker that was named, else one of the demo's own: a first try leaves nothing running."""
    named = address or os.environ.get(ADDRESS_VARIABLE)
    return connect(named) if named else private_worker()
