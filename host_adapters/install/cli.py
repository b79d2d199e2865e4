"""``mattebridge install``: put the adapter into a host, or take it out."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import click

from bridge.version import version
from host_adapters.install.installing import carry_out, uninstall, what_goes
from host_adapters.install.places import HOSTS, place
from host_adapters.install.planning import describe, make_plan
from host_adapters.install.targets import PLATFORMS


@click.command()
@click.argument("host", type=click.Choice(HOSTS))
@click.option(
    "--host-python",
    "pythons",
    multiple=True,
    metavar="VERSION",
    help="Python of the host, as 3.11; may be given several times, adds to what is there. Else for Nuke those of "
    "Nuke 14 to 17 (3.9, 3.10, 3.11), for Resolve the one that runs this.",
)
@click.option(
    "--host-platform",
    type=click.Choice(PLATFORMS),
    help="Where the host runs, if not on a machine like this: a Nuke for Intel on an ARM Mac is macos-x86_64.",
)
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    help="Instead of the user's own folder: for Nuke a folder on NUKE_PATH, for Resolve a folder Fusion.",
)
@click.option(
    "--wheels",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with the packages' wheels; nothing is fetched from a network.",
)
@click.option(
    "--worker-python",
    metavar="PATH",
    help="The Python that has the worker, so that the host can start one. Else the one that runs this, if it has.",
)
@click.option("--uninstall", "take_out", is_flag=True, help="Take out exactly what was installed.")
@click.option("--dry-run", is_flag=True, help="Only say what would be written.")
def install(
    host: str,
    pythons: tuple[str, ...],
    host_platform: Optional[str],
    into: Optional[Path],
    wheels: Optional[Path],
    worker_python: Optional[str],
    take_out: bool,
    dry_run: bool,
) -> None:
    """Put the adapter for Nuke or Resolve where the host looks, with the packages that its Python needs.

    A file of the user's own is never overwritten; an installation that fails leaves everything as it was. The same
    again brings it up to date. `mattebridge doctor --host HOST` checks it.
    """
    where = place(host, into=into)
    if take_out:
        if dry_run:
            click.echo("would take out:\n" + "\n".join(what_goes(where)))
            return
        left = uninstall(where)
        click.echo(f"taken out of {where.folder}; restart {host}")
        for path in left:
            click.echo(f"left, because it was not installed or was changed since: {path}")
        return
    plan = make_plan(where, pythons=pythons, platform=host_platform, wheels=wheels, worker_python=worker_python)
    if dry_run:
        click.echo("would write:\n" + "\n".join(describe(plan)))
        return
    changed = carry_out(plan, lambda text: click.echo(text, err=True))
    what = ", ".join(one.python for one in plan.targets)
    state = "installed" if changed else "everything is there already:"
    click.echo(f"{state} Mattebridge {version()} for {host}, Python {what}, in {where.root}")
    if plan.worker_python is None:
        click.echo(f"no Python with the worker is known, so {host} cannot start one: name it with --worker-python")
    click.echo(f"start {host} anew; mattebridge doctor --host {host} checks the installation")
