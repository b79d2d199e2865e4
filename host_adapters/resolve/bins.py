"""Our bin of the media pool, and matte sequences in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from host_adapters.matte_files import MatteSequence
from host_adapters.ranges import Span
from host_adapters.resolve.calls import call, demand, items, number, text
from host_adapters.resolve.errors import HostRefusedError
from host_adapters.resolve.media import Media, same_files
from host_adapters.resolve.tags import read_tag, write_tag

BIN = "Mattebridge"
"""The bin below the media pool's root."""

NO_TRANSFORM = "Bypass"
"""The input colour space of mattes in a colour managed project."""

_MANAGED = "davinciYRGBColorManagedv2"


def our_bin(pool: Any) -> Any:
    """The bin for mattes; made where it is not there."""
    root = demand(pool, "GetRootFolder", doing="show the media pool")
    for folder in items(root, "GetSubFolderList"):
        if text(folder, "GetName") == BIN:
            return folder
    return demand(pool, "AddSubFolder", root, BIN, doing=f"make the bin {BIN}")


def all_clips(pool: Any) -> Iterator[Any]:
    """Every clip of the media pool."""
    waiting = [demand(pool, "GetRootFolder", doing="show the media pool")]
    while waiting:
        folder = waiting.pop()
        yield from items(folder, "GetClipList")
        waiting += items(folder, "GetSubFolderList")


def find_run(clips: Iterable[Any], sequence: MatteSequence, run: Span) -> Any:
    """The clip that shows a run of a sequence; None where none of some clips does."""
    for clip in clips:
        path = text(clip, "GetClipProperty", "File Path")
        if path and same_files(path, sequence.path(run.start)) and _span(clip, run) == run:
            return clip
    return None


def _span(clip: Any, run: Span) -> Span:
    """The frame numbers that a clip of our files shows."""
    if number(clip, "GetClipProperty", "Frames") == 1:
        return Span(run.start, run.start + 1)
    first, last = number(clip, "GetClipProperty", "Start"), number(clip, "GetClipProperty", "End")
    return Span(-1, -1) if first is None or last is None else Span(first, last + 1)


def import_run(
    project: Any, sequence: MatteSequence, run: Span, plate: Media, tag: dict[str, Any], notes: list[str]
) -> Any:
    """Bring a run of a sequence into our bin, or find it there.

    Resolve imports into its current bin, answers [] for what the pool has already, makes one sequence of all
    numbered files of a call, and [] of a still in the form for sequences.

    Args:
        project: The Project.
        sequence: The files.
        run: Which of its frames, by number.
        plate: The clip the mattes belong to: they play at its rate.
        tag: What the clip is tagged with.
        notes: Sentences for the person are added here.

    Raises:
        HostRefusedError: the clip cannot be found afterwards.
    """
    pool = demand(project, "GetMediaPool", doing="show the media pool")
    folder = our_bin(pool)
    clip = find_run(items(folder, "GetClipList"), sequence, run)
    if clip is None:
        demand(pool, "SetCurrentFolder", folder, doing=f"open the bin {BIN}")
        if len(run) == 1:
            call(pool, "ImportMedia", [sequence.path(run.start)])
        else:
            info = {"FilePath": sequence.pattern.text, "StartIndex": run.start, "EndIndex": run.end - 1}
            call(pool, "ImportMedia", [info])
        # The answer is [] for several reasons, one of them harmless: the clip lies in another bin already.
        clip = find_run(chain(items(folder, "GetClipList"), all_clips(pool)), sequence, run)
    if clip is None:
        raise HostRefusedError(
            f"Resolve would not import {sequence.brackets(run)}; see that its disk is mounted on this machine"
        )
    set_up(project, clip, plate, notes)
    write_tag(clip, tag)
    return clip


def set_up(project: Any, clip: Any, plate: Media, notes: list[str]) -> None:
    """Give a matte clip its plate's rate, and no colour transform."""
    name = text(clip, "GetName")
    if text(clip, "GetClipProperty", "FPS") != plate.fps and not plate.still:
        call(clip, "SetClipProperty", "FPS", plate.fps)
        if text(clip, "GetClipProperty", "FPS") != plate.fps:
            notes.append(f"{name} does not play at {plate.fps}: set its frame rate in its clip attributes")
    if text(project, "GetSetting", "colorScienceMode") == _MANAGED:
        call(clip, "SetClipProperty", "Input Color Space", NO_TRANSFORM)
        if text(clip, "GetClipProperty", "Input Color Space") != NO_TRANSFORM:
            notes.append(
                f"{name} may be colour managed: set its input colour space to {NO_TRANSFORM} in the media pool"
            )


def replace_run(
    project: Any,
    clip: Any,
    sequence: MatteSequence,
    run: Span,
    plate: Media,
    tag: dict[str, Any],
    notes: list[str],
) -> bool:
    """Point a matte clip at new files, so that whatever uses it uses them; False where Resolve would not.

    Replacing wipes a clip's metadata, so that the tag is written again.
    """
    call(clip, "ReplaceClip", sequence.brackets(run) if len(run) > 1 else sequence.path(run.start))
    path = text(clip, "GetClipProperty", "File Path")
    if not same_files(path, sequence.path(run.start)) or _span(clip, run) != run:
        return False
    set_up(project, clip, plate, notes)
    write_tag(clip, tag)
    return True


def tagged(clips: Any, **wanted: Any) -> Any:
    """The first of some clips whose tag has these values; None where none has."""
    for clip in clips:
        tag = read_tag(clip)
        if tag is not None and all(tag.get(key) == value for key, value in wanted.items()):
            return clip
    return None
