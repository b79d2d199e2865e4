"""``mattebridge export``: the mattes of a source, as files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Optional

import click

from bridge.cli.effect_options import effect_options, given_values
from bridge.cli.options import echo_json, json_option, worker_option
from bridge.cli.progress import follow
from bridge.cli.source_kinds import MANY_OPTIONS, SourceOrder, check_plain, kind_of, many_options
from bridge.effect import to_request
from bridge.errors import MattebridgeError
from bridge.frames import format_frames
from bridge.launch import connect
from bridge.manifest import Manifest, read_manifest


@click.command()
@click.argument("source")
@effect_options
@many_options
@click.option(
    "--keep-going/--no-keep-going",
    default=True,
    show_default=True,
    help="Whether the job goes on where this command is killed or loses its worker; else it is then cancelled.",
)
@worker_option
@json_option
def export(source: str, address: Optional[str], as_json: bool, keep_going: bool, **options: Any) -> None:
    """Write the mattes of SOURCE: a movie, a still, a folder of frames, or a sequence such as plate.####.exr.

    SOURCE may also be a timeline, such as edit.otio, .edl or .xml: then of every clip that is used in it.

    The same command again writes only what is missing. Ctrl-C cancels and keeps what is done.

    Exit codes: 0 done, 1 failed, 2 bad input, 130 cancelled.
    """
    try:
        more = {name: options.pop(name) for name in MANY_OPTIONS}
        values = given_values(options)
        kind = kind_of(source)
        if kind is not None:
            sys.exit(kind(SourceOrder(source, values, address, as_json, more, keep_going)))
        check_plain(source, values, more)
        request = to_request(values, source)
        with connect(address) as client:
            info = follow(client.export(request, keep_going=keep_going))
        assert info.manifest is not None
        manifest = read_manifest(info.manifest)
    except MattebridgeError as err:
        if as_json:
            echo_json({"ok": False, "code": err.code, "error": str(err), "exit_code": err.exit_code})
            sys.exit(err.exit_code)
        raise
    if as_json:
        echo_json({**summary(info.manifest, manifest), "notices": info.notices})
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
        **{state: _frames_in(manifest, state) for state in ("held", "black")},
    }


def _frames_in(manifest: Manifest, state: str) -> str:
    """The frames in a state, as a range; empty for none."""
    return format_frames(sorted({file.frame for file in manifest.files if file.state == state}))


def echo_summary(path: str, manifest: Manifest) -> None:
    """Tell where the mattes lie."""
    facts = summary(path, manifest)
    click.echo(f"{facts['files']} files, frames {facts['frames']}, layers {', '.join(facts['layers'])}")
    for state, done in (("held", "repeat a neighbour's mattes"), ("black", "are empty")):
        if facts[state]:
            click.echo(f"could not be read: {facts[state]}; these {done} (reasons in the manifest)")
    click.echo(f"mattes         {Path(path).parent}")
    click.echo(f"manifest       {path}")
    if facts["contact_sheet"]:
        click.echo(f"contact sheet  {facts['contact_sheet']}")
