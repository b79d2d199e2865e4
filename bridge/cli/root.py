"""The root of the command line: gathers the commands of this package and of the others that are installed."""

from __future__ import annotations

import sys
from importlib import import_module, metadata
from typing import TYPE_CHECKING, NoReturn, Optional

import click

from bridge.errors import MattebridgeError
from bridge.version import version

if TYPE_CHECKING:
    from collections.abc import Iterable

COMMAND_GROUP = "mattebridge.commands"
"""Entry points of this group add commands: the name is the command's, the object a click command."""

_OWN = {
    "export": "bridge.cli.export:export",
    "describe": "bridge.cli.describe:describe",
    "jobs": "bridge.cli.jobs:jobs",
    "cancel": "bridge.cli.jobs:cancel",
    "policy": "bridge.cli.policy:policy",
    "metrics": "bridge.cli.metrics:metrics",
    "keys": "bridge.cli.keys:keys",
    "doctor": "bridge.cli.doctor:doctor",
}


class _Commands(click.Group):
    """Loads a command when it is used, so that ``--help`` of one does not wait for the imports of all."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*_OWN, *sorted(entry_points(COMMAND_GROUP))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> Optional[click.Command]:
        if cmd_name in _OWN:
            module, _, name = _OWN[cmd_name].partition(":")
            command = getattr(import_module(module), name)
        elif cmd_name in (plugins := entry_points(COMMAND_GROUP)):
            try:
                command = plugins[cmd_name].load()
            except ImportError as err:
                command = _unavailable(cmd_name, err)
        else:
            return None
        assert isinstance(command, click.Command)
        return command


def entry_points(group: str) -> dict[str, metadata.EntryPoint]:
    """The installed entry points of a group, by name."""
    if sys.version_info >= (3, 10):
        entries: Iterable[metadata.EntryPoint] = metadata.entry_points(group=group)
    else:
        entries = metadata.entry_points().get(group, ())
    return {entry.name: entry for entry in entries}


def _unavailable(name: str, err: ImportError) -> click.Command:
    """Stands in for a command whose packages are not installed, so that the others still work."""
    missing = f"{name!r} cannot be used here: {err}. It needs more packages: pip install 'mattebridge[worker]'"

    def fail() -> NoReturn:
        raise click.ClickException(missing)

    context = {"ignore_unknown_options": True, "allow_extra_args": True}
    return click.Command(
        name, callback=fail, context_settings=context, help="Not installed.", add_help_option=False
    )


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version(), prog_name="mattebridge")
def _root() -> None:
    """Panoptic mattes for video: soft EXR mattes for every thing and all stuff in a plate."""


def main() -> NoReturn:
    """Run the command line. Exit codes: 0 done, 1 failed, 2 bad input, 130 cancelled."""
    try:
        code = _root.main(standalone_mode=False)
    except MattebridgeError as err:
        click.echo(f"error: {err}", err=True)
        sys.exit(err.exit_code)
    except click.ClickException as err:
        err.show()
        sys.exit(err.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("cancelled", err=True)
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)
