"""``mattebridge policy``: look at border policies, check them, begin one."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import click
from rich.table import Table

from bridge.borders import DEFAULT_POLICY, BorderPolicy, policy_or_default
from bridge.categories import GROUPS, STUFF, is_row_name
from bridge.cli.tables import table_console
from bridge.errors import OutputError
from bridge.files import write_whole
from bridge.naming import short_category

_HEAD = """\
# A border policy: how the edge of each category's matte is made.
#
# Rows are category names (person, sky, "dining table"), groups (people, vehicles, plants, ...),
# thing, stuff, or "*" for all the rest. The most specific row wins; rows that are left out come
# from the default policy, which is what stands here. Lengths are "6px", or "0.4%" of plate height.

"""


@click.group()
def policy() -> None:
    """Look at border policies, check them, or begin one."""


@policy.command()
@click.argument("file", required=False)
def show(file: Optional[str]) -> None:
    """Show which border every known category gets, by FILE or by the default policy."""
    chosen = policy_or_default(file)
    table = Table(box=None, pad_edge=False)
    for title in ("group", "categories", "border"):
        table.add_column(title)
    for group, categories in GROUPS.items():
        by_border: dict[str, list[str]] = {}
        for category in categories:
            border = chosen.border_for(category, is_thing=category not in STUFF)
            by_border.setdefault(border.describe(), []).append(short_category(category))
        for number, (border_words, names) in enumerate(by_border.items()):
            table.add_row("" if number else group, ", ".join(dict.fromkeys(names)), border_words)
    for kind in ("thing", "stuff"):
        words = chosen.border_for("", is_thing=kind == "thing").describe()
        table.add_row(f"any other {kind}", "", words)
    table_console().print(table)


@policy.command()
@click.argument("file")
def check(file: str) -> None:
    """Say whether FILE can be used, and which of its rows match no known category."""
    chosen = BorderPolicy.from_file(file)
    strange = unknown_rows(chosen)
    if strange:
        click.echo(f"{file}: no known category or group is called {', '.join(map(repr, strange))}", err=True)
    click.echo(f"{file}: {len(chosen.rows)} rows, all can be used")


@policy.command()
@click.argument("file")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
def write(file: str, force: bool) -> None:
    """Write the default policy to FILE, to be changed from there."""
    path = Path(file)
    if path.exists() and not force:
        raise OutputError(f"{file} is there already; say --force to replace it")
    try:
        write_whole(path, (_HEAD + DEFAULT_POLICY.to_toml(widths=True)).encode("utf-8"))
    except OSError as err:
        raise OutputError(f"cannot write {file}: {err.strerror}") from None
    click.echo(f"wrote {file}")


def unknown_rows(chosen: BorderPolicy) -> tuple[str, ...]:
    """The rows that match no category of a known label set, no synonym and no group; a model's own may still."""
    return tuple(row for row in chosen.rows if not is_row_name(row))
