"""How much memory an export will take, found out before it takes it.

The figures per pixel were measured at 3840x2160 and 7680x4320 with 4 to 20 layers, as the growth of a process's
peak over that of the same work on a small plate, and rounded up. What the mattes of a frame take depends on the
picture; here it is counted as if each covered all of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from bridge.errors import DeviceMemoryError
from bridge.request import Layout
from worker.mattes.geometry import Size

_PROCESS_BYTES = 350 << 20
"""What a process that writes holds before its first frame: Python, torch and the image libraries."""

_WORKER_BYTES = 500 << 20
"""The same for the process that reads plates and runs the embedded model."""

_READING = 25
"""Bytes per pixel while a plate is read and brought to 8 bits."""

_PLATE = 3
_AHEAD = 4
"""Plates that wait between stages, besides one for each frame that is being written."""

_MATTE = 2
_CRYPTOMATTE = 40
"""Ids and coverages of six levels, for objects and for categories, one after the other."""
_SINGLE = 8
_FOREGROUND = 60
"""The plate in scene-linear light, and the pyramids that colours are estimated on."""

_CGROUP = Path("/sys/fs/cgroup")


def available_bytes() -> int:
    """Memory that can be taken without pushing anything out: the machine's, or its container's if that is less."""
    free = int(psutil.virtual_memory().available)
    with suppress(OSError, ValueError):
        limit = int((_CGROUP / "memory.max").read_text())
        free = min(free, max(0, limit - int((_CGROUP / "memory.current").read_text())))
    return free


def frame_bytes(plate_wh: Size, layers: int, layouts: Iterable[Layout], *, foreground: bool = False) -> int:
    """What a process holds at most while it makes the mattes of a frame and writes its files.

    Args:
        plate_wh: Width and height of the plate, in pixels.
        layers: How many mattes are made.
        layouts: What is written, one after the other.
        foreground: Whether colours are estimated, too.
    """
    writing = {
        Layout.LAYERS: _MATTE * (layers + 2),
        Layout.PACKED: _MATTE * (layers + 2),
        Layout.CRYPTOMATTE: _CRYPTOMATTE,
        Layout.SINGLE: _SINGLE,
    }
    most = max([*(writing[layout] for layout in layouts), _FOREGROUND if foreground else 0])
    return _PROCESS_BYTES + plate_wh[0] * plate_wh[1] * (2 * _PLATE + _MATTE * layers + most)


def frames_at_once(
    plate_wh: Size,
    layers: int,
    layouts: Iterable[Layout],
    *,
    foreground: bool = False,
    wanted: int,
    free_bytes: int,
) -> int:
    """How many frames can be written side by side in the memory that is free.

    Args:
        plate_wh: Width and height of the plate, in pixels.
        layers: How many mattes are made.
        layouts: What is written.
        foreground: Whether colours are estimated, too.
        wanted: As many as there are cores for.
        free_bytes: See `available_bytes`.

    Returns:
        1 to `wanted`.

    Raises:
        DeviceMemoryError: not even one; says what is missing and what would fit.
    """
    kinds = tuple(layouts)
    pixels = plate_wh[0] * plate_wh[1]
    each = frame_bytes(plate_wh, layers, kinds, foreground=foreground) + pixels * _PLATE
    reading = _WORKER_BYTES + pixels * (_READING + _PLATE * _AHEAD)
    count = (free_bytes - reading) // each
    if count < 1:
        hints = [f"fewer than {layers} layers"] if layers > 1 else []
        hints += [f"without {Layout.CRYPTOMATTE.value}"] if Layout.CRYPTOMATTE in kinds and len(kinds) > 1 else []
        hints += ["without foreground colour"] if foreground else []
        hints += ["on a machine with more memory"]
        raise DeviceMemoryError(
            f"a frame of {plate_wh[0]}x{plate_wh[1]} with {layers} layers needs about {_gb(reading + each)} GB, "
            f"and {_gb(free_bytes)} GB is free; try {', or '.join(hints)}"
        )
    return min(wanted, count)


def _gb(count: int) -> str:
    return f"{count / 1e9:.1f}"
