"""``mattebridge inspect``: look into an EXR."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.errors import BadRequestError

if TYPE_CHECKING:
    from rich.console import Console

    from worker.exr.inspecting import CryptomatteReport, FileReport, PartReport

_OBJECTS_SHOWN = 40


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--matte", metavar="NAME", help="A channel, a layer, or an object of a Cryptomatte ([TYPE:]NAME) for --png."
)
@click.option("--png", metavar="OUT", type=click.Path(dir_okay=False, path_type=Path), help="Draw the matte.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def inspect(file: Path, matte: str | None, png: Path | None, as_json: bool) -> None:
    """Show what is in the EXR FILE, ours or anyone's: size, windows, layers, borders, Cryptomattes.

    With --matte and --png, draw one of its mattes as an 8-bit picture instead.
    """
    if (matte is None) != (png is None):
        raise click.UsageError("--matte and --png go together")
    if file.is_dir():
        raise BadRequestError(_instead_of(file))
    if matte is not None and png is not None:
        _draw(file, matte, png, as_json)
        return
    import msgspec

    from worker.exr.inspecting import inspect_file

    report = inspect_file(file)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    else:
        _show(report)


def _instead_of(folder: Path) -> str:
    """What to do in place of looking into a folder."""
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".exr")
    if not files:
        return f"{folder} is a folder without EXR files; expected an EXR file"
    return f"{folder} is a folder with {len(files)} EXR files; give one of them, such as {files[0]}"


def _draw(file: Path, name: str, png: Path, as_json: bool) -> None:
    import msgspec

    from worker.exr.extracting import read_matte, write_png

    matte = read_matte(file, name)
    write_png(png, matte)
    height, width = matte.shape
    lowest, highest, covered_pct = float(matte.min()), float(matte.max()), 100.0 * float(matte.mean())
    if as_json:
        facts = {"matte": name, "png": str(png), "size_wh": (width, height)}
        values = {"lowest": lowest, "highest": highest, "covered_pct": covered_pct}
        click.echo(msgspec.json.encode({**facts, **values}).decode())
    else:
        click.echo(f"{png}: {name}, {width}x{height}, {lowest:g} to {highest:g}, covers {covered_pct:.2f} %")


def _show(report: FileReport) -> None:
    from bridge.cli.tables import table_console

    console = table_console()
    width, height = report.size_wh
    click.echo(f"{report.path}: {width}x{height}, pixel aspect {report.pixel_aspect:g}")
    for name, value in report.origin.items():
        click.echo(f"  {name}: {value}")
    for part in report.parts:
        _show_part(part, console)
    for crypto in report.cryptomattes:
        _show_cryptomatte(crypto, console)


def _show_part(part: PartReport, console: Console) -> None:
    from rich.markup import escape
    from rich.table import Table

    x0, y0, x1, y1 = part.data_window
    name = f"part {part.name}: " if part.name else ""
    click.echo(f"{name}{part.kind}, {part.compression}, data window {x1 - x0}x{y1 - y0} at ({x0}, {y0})")
    if not part.channels:
        return
    table = Table("channel", "type", "from", "to", "covers", "shows", "border")
    for channel in part.channels:
        shows = "" if channel.layer is None else f"{channel.layer} ({channel.category})"
        values = (f"{channel.lowest:g}", f"{channel.highest:g}", f"{channel.covered_pct:.2f} %")
        if channel.type == "deep":
            values = ("", "", "")
        table.add_row(escape(channel.name), channel.type, *values, escape(shows), escape(channel.border or ""))
    console.print(table)


def _show_cryptomatte(crypto: CryptomatteReport, console: Console) -> None:
    from rich.markup import escape
    from rich.table import Table

    if crypto.problem is not None:
        click.echo(f"Cryptomatte {crypto.name} cannot be read: {crypto.problem}")
        return
    names = "no manifest" if crypto.manifest is None else f"{crypto.names} names ({crypto.manifest})"
    click.echo(f"Cryptomatte {crypto.name}: {crypto.levels} levels, {names}")
    for note in crypto.notes:
        click.echo(f"  {note}")
    if not crypto.objects:
        return
    table = Table("object", "id", "covers")
    for shown in crypto.objects[:_OBJECTS_SHOWN]:
        name = "(not in the manifest)" if shown.name is None else shown.name
        table.add_row(escape(name), shown.id, f"{shown.covered_pct:.2f} %")
    console.print(table)
    if len(crypto.objects) > _OBJECTS_SHOWN:
        click.echo(f"  and {len(crypto.objects) - _OBJECTS_SHOWN} smaller ones; --json lists all")
