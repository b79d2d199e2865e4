"""Reads of mattes: how each is set, and those of layouts that have a file for each pack, matte or foreground."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

from host_adapters.nuke.budget import Budget
from host_adapters.nuke.controls import MAX_CHOSEN
from host_adapters.nuke.host import api
from host_adapters.nuke.imprint import child_of, imprint
from host_adapters.nuke.layers import Export, MatteSequence, choose
from host_adapters.nuke.timing import Timing


def set_read(read: Any, files: MatteSequence, timing: Optional[Timing]) -> None:
    """Point a Read at mattes: raw, its own range, in step with the plate, read anew."""
    read["file"].fromUserText(f"{files.pattern} {files.first}-{files.last}")
    for name, value in (
        ("origfirst", files.first),
        ("first", files.first),
        ("origlast", files.last),
        ("last", files.last),
        ("raw", True),
        ("before", "black"),
        ("after", "black"),
        ("on_error", "black"),
        # A copy of files that are still to be replaced would be shown for ever.
        ("localizationPolicy", "off"),
    ):
        read[name].setValue(value)
    offset = 0 if timing is None else timing.offset
    if offset is None:
        assert timing is not None
        read["frame_mode"].setValue("expression")
        read["frame"].setValue(timing.text)
    else:
        read["frame_mode"].setValue("offset" if offset else "expression")
        read["frame"].setValue(str(offset) if offset else "")
    read["reload"].execute()


def read_pictures(
    group: Any, export: Export, timing: Optional[Timing], words: Sequence[str], budget: Budget, *, new: bool
) -> list[str]:
    """A Read beside the group for each pack, single matte and foreground; those that are there are pointed anew.

    Args:
        group: Our group.
        export: What to show.
        timing: How the plate's Read places its files in time.
        words: Layers or categories that get Reads; none for the first few. A pack is read where it holds one.
        budget: How many nodes may be made.
        new: Whether Reads are made that are not there yet.

    Returns:
        What the user should know, in words.
    """
    notes: list[str] = []
    column = 0
    chosen, _ = choose(export.manifest.layers, words, MAX_CHOSEN)
    for picture in export.pictures():
        read = child_of(group, "picture", picture.key)
        if read is None:
            if not new or not set(picture.layers) & set(chosen) or not budget.take(f"Read of {picture.key}"):
                continue
            read = api().nodes.Read(label=picture.label)
            read.setName(f"{group.name()}_{picture.key}")
            read.setXYpos(group.xpos() - 280 - 110 * column, group.ypos())
            imprint(read, group, "picture", picture.key)
            column += 1
            if picture.is_foreground:
                notes.append(
                    f"{read.name()} is read as raw data: its header names its colour space "
                    "(mattebridge/foreground_colorspace); where the project works in another, set that in the Read"
                )
        elif read["label"].value() != picture.label:
            read["label"].setValue(picture.label)
        # An artist who has named the colour space of a foreground has a reason.
        raw = read["raw"].value()
        set_read(read, picture.files, timing)
        if picture.is_foreground and read["colorspace"].value() != "default":
            read["raw"].setValue(raw)
    return notes
