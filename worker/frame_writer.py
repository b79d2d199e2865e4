"""The files of one frame, from its prediction to the disk; on a CPU several frames at a time, in processes.

Frames do not need each other: each of `worker.processes` works on whole ones.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch

from bridge.errors import BadRequestError, DeviceMemoryError
from bridge.request import Overlap
from worker import signs
from worker.device import cores
from worker.exr.layouts import LAYOUTS, FileSet, Layout, Stamp
from worker.exr.layouts.foreground import ForegroundLayout
from worker.layers import LayerSpec
from worker.mattes import Matte, empty_mattes, make_mattes, normalized
from worker.media.linear import LinearPlate
from worker.models.base import Plate
from worker.processes import forget, processes
from worker.segments import FramePrediction
from worker.spawning import NEEDS_GUARD, is_guarded

FOREGROUND = "foreground"
"""The layout of foreground colour in manifests and keys; asked for by a flag of its own."""


@dataclass(frozen=True)
class FrameOrder:
    """Everything that the files of one frame are made from; can be sent to another process."""

    folder: Path
    files: FileSet
    overlap: Overlap
    stamps: Mapping[str, Stamp]
    """The layouts to write, with what their headers say."""
    layers: tuple[LayerSpec, ...]
    """The layers that these layouts show."""
    prediction: FramePrediction | None = None
    """What the frame shows, with tracks; None where it is black."""
    plate: Plate | None = None
    """The picture, where a border looks at it."""
    light: LinearPlate | None = None
    """The picture in scene-linear light, where foreground colour was asked for."""


def frame_mattes(
    prediction: FramePrediction | None,
    layers: Sequence[LayerSpec],
    files: FileSet,
    overlap: Overlap,
    plate: Plate | None,
) -> list[Matte]:
    """The mattes of a frame under the export's overlap rule; without a prediction they are empty."""
    if prediction is None:
        return empty_mattes(layers)
    mattes = make_mattes(prediction, layers, files.plate_wh, files.device, plate)
    if overlap is Overlap.INDEPENDENT:
        return mattes
    # Groups cover their members once more, and are outside the rule.
    own = [i for i, layer in enumerate(layers) if not layer.is_group]
    scaled = normalized([mattes[i] for i in own], [layers[i] for i in own])
    for i, matte in zip(own, scaled, strict=True):
        mattes[i] = matte
    return mattes


def write_frame(order: FrameOrder) -> dict[str, float]:
    """Make a frame's mattes and write its files.

    Returns:
        Seconds at work, by stage: ``mattes`` and ``exr``.

    Raises:
        OutOfSpaceError: the disk is full.
        OutputError: a file cannot be written.
    """
    began = time.perf_counter()
    mattes = frame_mattes(order.prediction, order.layers, order.files, order.overlap, order.plate)
    made = time.perf_counter()
    for name, stamp in order.stamps.items():
        signs.beat()
        if name == FOREGROUND and order.light is not None:
            ForegroundLayout(order.files).write(order.folder, stamp, mattes, order.light)
        else:
            layout_of(name, order.files).write(order.folder, stamp, mattes)
    return {"mattes": made - began, "exr": time.perf_counter() - made}


@lru_cache(maxsize=16)
def layout_of(name: str, files: FileSet) -> Layout:
    """A layout of an export, made once for all of its frames."""
    return LAYOUTS[name](files)


def write_frames(
    orders: Iterable[FrameOrder], device: torch.device, *, at_once: int | None = None
) -> Generator[dict[str, float], None, None]:
    """Write frames in order, some ahead of the reader; what `write_frame` returns for each.

    Closing the generator ends it after the frames that are under way.

    Args:
        orders: What to write; taken as it is needed.
        device: Where mattes are made. A GPU is kept busy by one process, the cores of a CPU want one each.
        at_once: How many frames there is memory for; None for as many as there are cores. One is written here,
            without another process.

    Raises:
        DeviceMemoryError: a process was ended from outside, which is what happens where memory is short.
        BadRequestError: the processes cannot start, because the main script is not written for them.
    """
    at_once = cores() if at_once is None else min(at_once, cores())
    if device.type != "cpu" or at_once == 1:
        yield from map(write_frame, orders)
        return
    waiting: deque[Future[dict[str, float]]] = deque()
    pool = processes()
    try:
        for order in orders:
            waiting.append(pool.submit(write_frame, order))
            # One more than are written, so that a process finds its next frame ready; not where memory is short.
            if len(waiting) > (at_once if at_once == cores() else at_once - 1):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        forget(pool)
        if not is_guarded():
            raise BadRequestError(NEEDS_GUARD) from None
        raise DeviceMemoryError(
            "a process that writes mattes was ended from outside, most likely because memory is short; finished "
            "frames are kept, run the same command again"
        ) from None
    finally:
        for future in waiting:
            future.cancel()
        wait(waiting)
