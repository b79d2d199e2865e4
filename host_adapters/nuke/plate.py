"""What a node is connected to: a Read that the worker can read as it is, or something that has to be rendered."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Optional, Union

from bridge.errors import HostError
from bridge.frames import split_pattern
from host_adapters.nuke.color import space_of
from host_adapters.nuke.host import api
from host_adapters.nuke.timing import Timing, TimingError, timing_of

_PASS_THROUGH = ("Dot", "NoOp", "PostageStamp", "Viewer")
"""Nodes that change neither picture nor time."""


@dataclass(frozen=True)
class ReadPlate:
    """A Read with nothing behind it that changes the picture."""

    source: str
    """Path for the worker; a sequence as ``plate.%04d.exr``."""
    timing: Timing
    colorspace: Optional[str]
    """By the worker's name; None to go by the file."""
    read: str
    """Full name of the Read."""


@dataclass(frozen=True)
class RenderPlate:
    """A picture that only Nuke can make."""

    node: Any
    """The node whose output it is."""
    reason: str
    """Why the file behind it will not do, in words."""
    script_range: tuple[int, int]
    """First and last frame it has."""


Plate = Union[ReadPlate, RenderPlate]


def plate_of(
    node: Any, formats: Collection[str], colorspaces: Collection[str], colorspace: Optional[str] = None
) -> Plate:
    """The plate at a node's output.

    Args:
        node: The node that our node is connected to; None where it is not connected.
        formats: Extensions that the worker reads, without dots.
        colorspaces: The worker's colour spaces.
        colorspace: The space the user named, which is passed on as it is; None to go by Read and root.

    Raises:
        HostError: nothing is connected, or the Read has no file.
    """
    if node is None:
        raise HostError(
            "the node has no input; connect it to a Read, or to whatever picture the mattes shall be of"
        )
    found = _above(node)
    if found is None:
        raise HostError("nothing but Dots is connected; connect the node to a Read or another picture")
    if found.Class() != "Read":
        return _rendered(node, f"{found.name()} ({found.Class()}) lies between it and the file")
    path = _path_of(found)
    extension = PurePath(path).suffix[1:].lower()
    if extension not in formats:
        return _rendered(node, f"the worker does not read .{extension} files")
    try:
        timing = timing_of(found)
        timing.file_frame(timing.first)
    except TimingError as err:
        return _rendered(node, f"{found.name()} shows other frames than its files': {err}")
    if colorspace is None:
        space = space_of(found, path, colorspaces)
        if space.unknown is not None:
            return _rendered(node, f"the worker does not know the colour space {space.unknown!r}")
        colorspace = space.name
    return ReadPlate(path, timing, colorspace, found.fullName())


def _above(node: Any) -> Optional[Any]:
    """The nearest node at or above that changes the picture; None where there is none."""
    while node is not None:
        disabled = node.knob("disable") is not None and node["disable"].value()
        if node.Class() not in _PASS_THROUGH and not disabled:
            return node
        node = node.input(0)
    return None


def _rendered(node: Any, reason: str) -> RenderPlate:
    span = node.frameRange()
    return RenderPlate(node, reason, (int(span.first()), int(span.last())))


def _path_of(read: Any) -> str:
    """The Read's file as an absolute path, its Tcl evaluated, its frame token kept, of the first view."""
    nuke = api()
    path = nuke.filename(read)
    if not path:
        raise HostError(f"{read.name()} has no file; choose one, or connect the node to another picture")
    view = nuke.views()[0]
    path = str(path).replace("%V", view).replace("%v", view[:1])
    if not os.path.isabs(path):  # noqa: PTH117
        folder = nuke.root()["project_directory"].evaluate() or str(PurePath(nuke.root().name()).parent)
        path = os.path.join(folder, path)  # noqa: PTH118 - a Path would turn the slashes of another system
    pattern = split_pattern(path)
    return path if pattern is None else pattern.text
