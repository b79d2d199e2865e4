"""``mattebridge models``: which models there are, what one may do with them, and getting them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn
from rich.table import Table

from bridge.cli.options import echo_json, json_option
from bridge.cli.tables import table_console
from bridge.errors import MattebridgeError, unknown_name
from worker.label_sets import is_known, known_label_set
from worker.models.catalog import CatalogEntry, catalog, find_entry
from worker.models.installed import find_installed
from worker.models.inventory import Facts, all_facts, facts_of
from worker.models.licences import Commercial
from worker.models.pulling import pull, remove, verify

F = TypeVar("F", bound=Callable[..., Any])


def _list_options(command: F) -> F:
    commercial = click.option(
        "--commercial", is_flag=True, help="Only those whose licence is known to allow commercial use."
    )
    installed = click.option("--installed", is_flag=True, help="Only those that are on this machine.")
    return commercial(installed(json_option(command)))


@click.group(invoke_without_command=True)
@_list_options
@click.pass_context
def models(ctx: click.Context, commercial: bool, installed: bool, as_json: bool) -> None:
    """List the models that are known by name, and get them.

    Scores and licences are what the publishers say; docs/models.md tells what was tried. A model of your own is
    asked for by its path, or by its name in a folder of MATTEBRIDGE_MODELS.
    """
    if ctx.invoked_subcommand is None:
        _list(commercial, installed, as_json)


@models.command(name="list")
@_list_options
def list_models(commercial: bool, installed: bool, as_json: bool) -> None:
    """List the models, as `mattebridge models` alone does."""
    _list(commercial, installed, as_json)


def _list(commercial: bool, installed: bool, as_json: bool) -> None:
    rows = [
        row
        for row in all_facts()
        if (row["installed"] or not installed)
        and (row["commercial"] == Commercial.ALLOWED.value or not commercial)
    ]
    if as_json:
        echo_json({"models": rows})
    else:
        _print_table(rows)


@models.command()
@click.argument("name")
@json_option
def info(name: str, as_json: bool) -> None:
    """Tell all that is known of a model: figures and their sources, licence, where it lies."""
    entry = _entry(name)
    facts = facts_of(entry)
    if as_json:
        echo_json(facts)
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    table.add_row(entry.name, entry.summary)
    for title, text in _words(entry, facts):
        if text:
            table.add_row(title, text)
    table_console().print(table)


@models.command(name="pull")
@click.argument("name")
@click.option(
    "--revision", metavar="COMMIT", help="A commit, branch or tag of the hub; the pinned one without it."
)
@click.option("--update", is_flag=True, help="Take the hub's newest, even where an older one is pinned.")
@json_option
def pull_model(name: str, revision: str | None, update: bool, as_json: bool) -> None:
    """Download a model, with checksums; a pull that was interrupted goes on where it stopped.

    The revision is pinned: it is used until another is pulled. HF_TOKEN, HF_HOME, HF_HUB_CACHE, HF_ENDPOINT and
    HTTPS_PROXY are obeyed.

    Exit codes: 0 done, 1 failed, 2 bad input, 130 cancelled.
    """
    try:
        entry = _entry(name)
        notice = entry.terms.notice(entry.name)
        if notice is not None:
            click.echo(f"note: {notice}", err=True)
        with _Bars() as bars:
            pulled = pull(entry, revision=revision, update=update, report=bars.report)
    except MattebridgeError as err:
        if as_json:
            echo_json({"ok": False, "code": err.code, "error": str(err), "exit_code": err.exit_code})
            sys.exit(err.exit_code)
        raise
    if as_json:
        echo_json(
            {"ok": True, "name": entry.name, "path": str(pulled.path), "revision": pulled.revision,
             "fetched": pulled.fetched, "notice": notice}
        )  # fmt: skip
        return
    click.echo(f"{'pulled' if pulled.fetched else 'already there:'} {entry.name}")
    click.echo(f"path      {pulled.path}")
    if pulled.revision:
        click.echo(f"revision  {pulled.revision} (pinned)")


@models.command()
@click.argument("name")
def path(name: str) -> None:
    """Print where the weights of a model lie; exit code 1 where they are not installed."""
    entry = _entry(name)
    found = find_installed(entry)
    if found is None:
        raise click.ClickException(f"{entry.name} is not installed; mattebridge models pull {entry.name}")
    click.echo(found)


@models.command(name="verify")
@click.argument("name")
def verify_model(name: str) -> None:
    """Compare the files of a model with the checksums they were pulled with; exit code 1 where one differs."""
    entry = _entry(name)
    damaged = verify(entry)
    if damaged:
        raise click.ClickException(
            f"damaged or missing: {', '.join(damaged)}; mattebridge models remove {entry.name}, then pull it again"
        )
    click.echo(f"{entry.name} is what was pulled")


@models.command(name="remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove_model(name: str, yes: bool) -> None:
    """Delete what was pulled of a model; in the hub's cache, all revisions of it."""
    entry = _entry(name)
    if not yes:
        click.confirm(f"delete all that was pulled of {entry.name}?", abort=True)
    click.echo(f"deleted {remove(entry)}")


class _Bars:
    """A bar for each file that is fetched, on stderr."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<28}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
            console=Console(stderr=True),
        )  # fmt: skip
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> _Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def report(self, name: str, done: int, total: int | None) -> None:
        """How far a file is."""
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=total)
        self._progress.update(self._tasks[name], completed=done, total=total)


_TITLES = ("name", "here", "family", "score", "on", "labels", "params", "size", "licence", "commercial")
_NARROW_TITLES = ("name", "here", "score", "size", "commercial")
_WIDE = 130


def _entry(name: str) -> CatalogEntry:
    entry = find_entry(name)
    if entry is None:
        raise unknown_name("model", name, catalog())
    return entry


def _print_table(rows: list[Facts]) -> None:
    console = table_console()
    wide = console.width >= _WIDE or not console.is_terminal
    shown = _TITLES if wide else _NARROW_TITLES
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for title in shown:
        table.add_column(
            title, no_wrap=title == "name", justify="right" if title in ("params", "size") else "left"
        )
    sources = list(dict.fromkeys(row["source"] for row in rows if row.get("source")))
    for row in rows:
        millions, source = row.get("parameters_m"), row.get("source")
        cells = {
            "name": row["name"],
            "here": "yes" if row["installed"] else "",
            "family": row.get("family", "?"),
            "score": row.get("score_words", ""),
            "on": f"{row['data']} ({sources.index(source) + 1})" if source else "",
            "labels": row.get("label_set") or "",
            "params": "" if millions is None else f"{millions:g} M",
            "size": row.get("size", ""),
            "licence": row.get("licence", "?"),
            "commercial": {"allowed": "yes", "forbidden": "no", "unclear": "unclear"}[row["commercial"]],
        }
        table.add_row(*(cells[title] for title in shown))
    console.print(table)
    if not wide:
        console.print("\nmattebridge models info NAME tells the rest.")
        return
    if sources:
        console.print("\nScores and licences are the publishers' word. Scores were read in:")
    for number, source in enumerate(sources, 1):
        console.print(f"({number}) {source}", highlight=False)


def _words(entry: CatalogEntry, facts: Facts) -> list[tuple[str, str]]:
    """The rows of ``models info``."""
    labels = known_label_set(entry.label_set) if is_known(entry.label_set) else None
    things = sum(category.is_thing for category in labels.categories) if labels else 0
    counts = f" ({things} things, {len(labels.names) - things} stuff)" if labels else ""
    where = facts["path"] or ("ships with Mattebridge" if entry.family == "embedded" else "not installed")
    get = f"mattebridge models pull {entry.name}" if entry.is_pullable and not facts["installed"] else ""
    score = f"{entry.score_words} on {entry.data}, by its publisher" if entry.score is not None else ""
    return [
        ("score", score),
        ("read in", entry.source),
        ("family", entry.family),
        ("label set", entry.label_set + counts),
        ("for", "borders of the kind 'matting'" if entry.kind == "matting" else ""),
        ("parameters", "" if entry.parameters_m is None else f"{entry.parameters_m:g} million"),
        ("input", entry.input),
        ("size", entry.size_words),
        ("licence", f"{entry.licence}: {entry.terms.words}"),
        ("licence in", entry.licence_source),
        ("not verified", entry.unverified),
        ("hub", f"https://huggingface.co/{entry.hub}" if entry.hub else ""),
        ("file", entry.url or ""),
        ("needs besides", entry.delta_of or ""),
        ("lies at", where),
        ("revision", facts["revision"] or ""),
        ("get it", get),
    ]
