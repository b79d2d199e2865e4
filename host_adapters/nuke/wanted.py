"""The plate as the worker gets it: which frames, in which files, in which colour space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from bridge.effect import EffectInstance, Value
from bridge.errors import BadRequestError
from bridge.frames import format_frames, parse_frames
from bridge.messages import DescribeReply
from host_adapters.nuke.controls import CUSTOM_RANGE, GLOBAL_RANGE
from host_adapters.nuke.host import api
from host_adapters.nuke.plate import ReadPlate, RenderPlate
from host_adapters.nuke.temporary import Rendered, render
from host_adapters.nuke.timing import Timing


@dataclass(frozen=True)
class Wanted:
    """The plate as the worker gets it."""

    source: str
    frames: str
    """File frames."""
    available: tuple[int, int]
    """First and last file frame, inclusive."""
    colorspace: Optional[str]
    timing: Optional[Timing]
    rendered: Optional[Rendered]


def read_in_place(plate: ReadPlate, instance: EffectInstance, ours: dict[str, Value]) -> Wanted:
    """The files that a Read shows, as they lie on disk. Main thread.

    Args:
        plate: The Read's files.
        instance: The effect with the node's values.
        ours: The values that only Nuke has.

    Raises:
        BadRequestError: the range cannot be read, or holds no frame of the plate.
    """
    timing = plate.timing
    frames = timing.file_frames(_script_frames(instance, ours, timing.script_range()))
    if not frames:
        own = timing.script_range()
        has = "other frames" if own is None else f"{own[0]}-{own[1]}"
        raise BadRequestError(f"the range holds no frame of the plate; the input has {has}")
    return Wanted(plate.source, format_frames(frames), (timing.first, timing.last), plate.colorspace, timing, None)


def render_first(
    plate: RenderPlate,
    instance: EffectInstance,
    ours: dict[str, Value],
    reply: DescribeReply,
    chosen: Optional[str],
) -> Wanted:
    """Render what only Nuke can make, handles as well, as far as the input has them. Main thread.

    Args:
        plate: What to render.
        instance: The effect with the node's values; its frames become those that are wanted.
        ours: The values that only Nuke has.
        reply: What the worker knows.
        chosen: The colour space that the user chose; None for Nuke's own.

    Raises:
        BadRequestError: the range cannot be read.
        HostError: it cannot be rendered.
        JobCancelledError: the user cancelled the render.
    """
    frames = _script_frames(instance, ours, plate.script_range)
    instance.set_value("frames", format_frames(frames))
    needed = parse_frames(instance.frame_range(_widest(plate.script_range, frames)))
    found = render(plate, needed, reply.colorspaces, chosen)
    return Wanted(found.source, format_frames(frames), (needed[0], needed[-1]), found.colorspace, None, found)


def _script_frames(
    instance: EffectInstance, ours: dict[str, Value], own: Optional[tuple[int, int]]
) -> tuple[int, ...]:
    """The frames of the script that are wanted, without handles."""
    mode = ours["range"]
    if mode == CUSTOM_RANGE:
        text = str(instance.values["frames"]).strip()
        if not text:
            raise BadRequestError("Range is custom, but Frames is empty; write for example 1001-1100")
        return parse_frames(text)
    if mode == GLOBAL_RANGE or own is None:
        root = api().root()
        return tuple(range(int(root["first_frame"].value()), int(root["last_frame"].value()) + 1))
    return tuple(range(own[0], own[1] + 1))


def _widest(own: tuple[int, int], frames: tuple[int, ...]) -> tuple[int, int]:
    """What can be had: the input's own range, and beyond it whatever was asked for by name."""
    return min(own[0], frames[0]), max(own[1], frames[-1])
