"""``mattebridge keys``: make keys for workers that listen to other machines."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import click

from bridge.keys import default_folder, make_pair


@click.command()
@click.argument("name")
@click.option("--dir", "folder", metavar="DIR", help="Where to write it; else keys in the user's config folder.")
def keys(name: str, folder: Optional[str]) -> None:
    """Make a pair of keys called NAME, for a worker or for a client.

    A worker that listens to other machines needs a pair of its own and the public keys of its clients; a client
    needs a pair of its own and the public key of the worker. See docs/security.md.
    """
    public, secret = make_pair(Path(folder) if folder else default_folder(), name)
    click.echo(f"public  {public}  (give it to the other side)")
    click.echo(f"secret  {secret}  (keep it here)")
