"""Sources that are more than one plate: other packages say by extension what they take, and export it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Optional, TypeVar

import click

from bridge.effect.schema import Values
from bridge.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Iterable

SOURCE_GROUP = "mattebridge.sources"
"""Entry points of this group take sources: the name is an extension without its dot, the object a `SourceKind`."""

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class SourceOrder:
    """What `mattebridge export` was told, for a source that is more than one plate."""

    source: str
    values: Values
    """The effect's parameters that were given."""
    address: Optional[str]
    """The worker's; None for the default."""
    as_json: bool
    more: Mapping[str, Any]
    """The options of `many_options`, by name."""
    keep_going: bool = True
    """Whether jobs go on where this command is gone."""


SourceKind = Callable[[SourceOrder], int]
"""Exports the source, and returns the exit code."""


def kind_of(source: str) -> Optional[SourceKind]:
    """What takes the source; None where it is a plate like any other."""
    entry = _kinds().get(Path(source).suffix[1:].lower())
    if entry is None:
        return None
    kind: SourceKind = entry.load()
    return kind


def many_options(command: F) -> F:
    """The options for sources of many clips."""
    for decorate in (
        click.option("--dry-run", is_flag=True, help="Timelines: say what would be exported, and end."),
        click.option(
            "--rate", type=float, metavar="FPS", help="Timelines: the frame rate of an EDL, which does not say it."
        ),
        click.option(
            "--name-files",
            metavar="TEMPLATE",
            help="Timelines: also give each matte of each clip a name of its own, for "
            "example {shot}/{layer}/{clip}_{layer}.{frame:04d}.exr; tokens are those of folders but {media}, and "
            "{layer} and {frame}.",
        ),
        click.option(
            "--name-folders",
            metavar="TEMPLATE",
            help="Timelines: the folder of each source below --out; tokens are {media}, {clip}, {shot}, {track}, "
            "{timeline}. Without it {media}.",
        ),
        click.option(
            "--media",
            multiple=True,
            metavar="DIR",
            help="Timelines: where media are looked for that do not lie where the timeline says; may be repeated.",
        ),
    ):
        command = decorate(command)
    return command


MANY_OPTIONS = ("media", "name_folders", "name_files", "rate", "dry_run")
"""The names of `many_options`."""


def check_plain(source: str, values: Values, more: Mapping[str, Any]) -> None:
    """Refuse options that mean nothing for a single plate.

    Raises:
        BadRequestError: one was given.
    """
    given = [f"--{name.replace('_', '-')}" for name in MANY_OPTIONS if more.get(name)]
    if values.get("handles"):
        given.append("--handles")
    if given:
        kinds = ", ".join(f".{name}" for name in sorted(_kinds()))
        raise BadRequestError(
            f"{', '.join(given)} go with timelines ({kinds or 'none can be read here'}), and {source} is none; "
            "leave them out, and choose frames with --frames"
        )


def _kinds() -> dict[str, metadata.EntryPoint]:
    if sys.version_info >= (3, 10):
        entries: Iterable[metadata.EntryPoint] = metadata.entry_points(group=SOURCE_GROUP)
    else:
        entries = metadata.entry_points().get(SOURCE_GROUP, ())
    return {entry.name: entry for entry in entries}
