"""``mattebridge export``: the mattes of a source, as files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Optional

import click

from bridge.borders import policy_or_default
from bridge.cli.options import echo_json, json_option, worker_option
from bridge.cli.progress import follow
from bridge.errors import MattebridgeError
from bridge.launch import connect
from bridge.manifest import Manifest, read_manifest
from bridge.request import Layout, MatteRequest, OnError, Overlap


def _words(_: click.Context, __: click.Parameter, value: Optional[str]) -> Optional[tuple[str, ...]]:
    """``person, sky`` as a tuple of names."""
    if value is None:
        return None
    words = tuple(word.strip() for word in value.split(",") if word.strip())
    if not words:
        raise click.BadParameter("give at least one name, or leave the option out")
    return words


def _layouts(ctx: click.Context, param: click.Parameter, value: str) -> tuple[Layout, ...]:
    known = [layout.value for layout in Layout]
    words = _words(ctx, param, value) or ()
    for word in words:
        if word not in known:
            raise click.BadParameter(f"{word!r} is not one of {', '.join(known)}")
    return tuple(Layout(word) for word in words)


def _groups(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """``wardrobe=tie,handbag`` as a name and the categories it joins."""
    groups: dict[str, tuple[str, ...]] = {}
    for value in values:
        name, _, members = value.partition("=")
        if not name.strip() or not members.strip():
            raise click.BadParameter(f"{value!r} must be like wardrobe=tie,handbag")
        groups[name.strip()] = _words(ctx, param, members) or ()
    return groups


@click.command()
@click.argument("source")
@click.option("--out", required=True, metavar="DIR", help="Folder for the mattes; made where it does not exist.")
@click.option("--frames", metavar="RANGE", help="For example 1001-1100 or 1-100x2,150. All frames without it.")
@click.option("--model", default="embedded", show_default=True, help="`mattebridge describe` lists the models.")
@click.option(
    "--categories", metavar="NAMES", callback=_words, help="For example person,sky. All shown without it."
)
@click.option("--policy", metavar="FILE", help="Border policy (TOML); see docs/borders.md.")
@click.option(
    "--layout",
    "layouts",
    default="layers",
    show_default=True,
    metavar="NAMES",
    callback=_layouts,
    help=f"How files are laid out: {', '.join(layout.value for layout in Layout)}.",
)
@click.option("--tracks", is_flag=True, help="Also write a layer for each track, such as person_1.")
@click.option(
    "--overlap",
    default=Overlap.INDEPENDENT.value,
    show_default=True,
    type=click.Choice([choice.value for choice in Overlap]),
    help="Whether each matte stands for itself, or those of a pixel never sum to more than 1.",
)
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="NAME=NAMES",
    callback=_groups,
    help="A layer that joins categories, for example wardrobe=tie,handbag; may be repeated.",
)
@click.option("--foreground", is_flag=True, help="Also write the colour of what each matte covers.")
@click.option(
    "--colorspace", metavar="NAME", help="The source's colour space; by metadata, then by kind without it."
)
@click.option(
    "--on-error",
    default=OnError.ERROR.value,
    show_default=True,
    type=click.Choice([choice.value for choice in OnError]),
    help="For a frame that is missing or damaged: stop, repeat a neighbour, or write empty mattes.",
)
@click.option("--sheet/--no-sheet", default=True, show_default=True, help="Draw a contact sheet.")
@worker_option
@json_option
def export(
    source: str,
    out: str,
    frames: Optional[str],
    model: str,
    categories: Optional[tuple[str, ...]],
    policy: Optional[str],
    layouts: tuple[Layout, ...],
    tracks: bool,
    overlap: str,
    groups: dict[str, tuple[str, ...]],
    foreground: bool,
    colorspace: Optional[str],
    on_error: str,
    sheet: bool,
    address: Optional[str],
    as_json: bool,
) -> None:
    """Write the mattes of SOURCE: a movie, a still, a folder of frames, or a sequence such as plate.####.exr.

    The same command again writes only what is missing. Ctrl-C cancels and keeps what is done.

    Exit codes: 0 done, 1 failed, 2 bad input, 130 cancelled.
    """
    try:
        request = MatteRequest(
            source=source,
            out=out,
            frames=frames,
            model=model,
            categories=categories,
            policy=policy_or_default(policy),
            layouts=layouts,
            tracks=tracks,
            overlap=Overlap(overlap),
            groups=groups,
            foreground=foreground,
            colorspace=colorspace,
            on_error=OnError(on_error),
            contact_sheet=sheet,
        )
        with connect(address) as client:
            info = follow(client.export(request))
        assert info.manifest is not None
        manifest = read_manifest(info.manifest)
    except MattebridgeError as err:
        if as_json:
            echo_json({"ok": False, "code": err.code, "error": str(err), "exit_code": err.exit_code})
            sys.exit(err.exit_code)
        raise
    if as_json:
        echo_json(summary(info.manifest, manifest))
    else:
        echo_summary(info.manifest, manifest)


def summary(path: str, manifest: Manifest) -> dict[str, Any]:
    """What ``--json`` prints for an export that is done."""
    sheet = None if manifest.contact_sheet is None else str(Path(path).parent / manifest.contact_sheet)
    return {
        "ok": True,
        "manifest": path,
        "contact_sheet": sheet,
        "frames": manifest.frames,
        "files": len(manifest.files),
        "layers": [layer.name for layer in manifest.layers],
        "bad_frames": {str(file.frame): file.reason for file in manifest.files if file.state != "good"},
    }


def echo_summary(path: str, manifest: Manifest) -> None:
    """Tell where the mattes lie."""
    facts = summary(path, manifest)
    click.echo(f"{facts['files']} files, frames {facts['frames']}, layers {', '.join(facts['layers'])}")
    if facts["bad_frames"]:
        click.echo(f"frames that could not be read: {', '.join(facts['bad_frames'])} (reasons in the manifest)")
    click.echo(f"mattes         {Path(path).parent}")
    click.echo(f"manifest       {path}")
    if facts["contact_sheet"]:
        click.echo(f"contact sheet  {facts['contact_sheet']}")
