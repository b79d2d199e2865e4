"""The mattes of a single plate, on a CPU with several cores made by two processes at once.

The layers lie on a table in shared memory, in pieces. This process takes pieces from the front and one of
`worker.processes` from the back, until none is left. So nobody waits for a process that is still starting, or that
writes frames of an export: when it comes, it finds nothing left to do.
"""

from __future__ import annotations

import itertools
import logging
import math
import multiprocessing
import os
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from bridge.borders import BorderKind
from worker.device import cores
from worker.layers import LayerSpec
from worker.mattes import Matte, make_mattes
from worker.mattes.geometry import Box, Size
from worker.memory import available_bytes, frame_bytes
from worker.models.base import Plate
from worker.plate_table import HERE, THERE, Memory, Place, Table, open_memory
from worker.processes import forget, processes
from worker.segments import FramePrediction, Segment

log = logging.getLogger(__name__)

LEAST_PIXELS = 1 << 18
"""The mattes of smaller plates are done before another process has heard of them."""

PATIENCE_S = 1.0
"""How much longer than for its own pieces this process waits for the other's before it makes them itself."""

_LOOKS, _LOOK_AGAIN_S = 4, 0.0002
"""How often, and after how long, it is looked for an idle core."""

_KEPT_BYTES = 64 << 20
"""Memory of this size at most is kept for the next plate: to take it anew costs more than to copy the plate."""

_OUTLINE_STEP = 4
"""Every so many rows and columns of a mask are looked at for the length of its outline."""

Piece = tuple[LayerSpec, ...]

_Made = dict[int, list[tuple[Box | None, tuple[int, ...]]]]
"""Pieces that the other process made: window and shape of each matte, whose coverage lies on the table."""


@dataclass(frozen=True)
class _Task:
    """What the other process is asked for."""

    place: Place
    pieces: tuple[Piece, ...]
    prediction: FramePrediction
    plate_wh: Size
    has_plate: bool


class PlateMattes:
    """Makes the mattes of single plates, with help where there is some. Usable from any thread."""

    def __init__(self, device: torch.device) -> None:
        """Nothing is started yet. Mattes are made on `device`; a GPU has no help."""
        self._device = device
        self._lock = threading.Lock()
        self._memory: Memory | None = None
        self._asked: Future[_Made] | None = None
        """What the other process was asked for last."""

    def make(
        self, prediction: FramePrediction, layers: Sequence[LayerSpec], plate_wh: Size, plate: Plate
    ) -> list[Matte]:
        """As `worker.mattes.make_mattes`, and the same mattes."""
        # One plate at a time has help.
        if self._lock.acquire(blocking=False):
            try:
                if self._may_have_help(layers, plate_wh):
                    memory = self._memory_of(Table.size_bytes(len(layers), plate_wh))
                    return self._make(prediction, layers, plate_wh, plate, memory)
            except OSError as err:
                log.warning("mattes of a plate are made without help: %s", err)
            finally:
                self._lock.release()
        return make_mattes(prediction, layers, plate_wh, self._device, plate)

    def _may_have_help(self, layers: Sequence[LayerSpec], plate_wh: Size) -> bool:
        """Whether there is work for two, a core for each, and a process that has nothing else to do."""
        return (
            self._device.type == "cpu"
            and cores() > 1
            and len(layers) > 1
            and math.prod(plate_wh) >= LEAST_PIXELS
            # Whoever runs an engine in a script of his own has not asked for processes.
            and multiprocessing.parent_process() is not None
            and hasattr(os, "memfd_create")
            and (self._asked is None or self._asked.done())
            # A matting network is not loaded twice.
            and all(layer.border.kind is not BorderKind.MATTING for layer in layers)
            and available_bytes() > frame_bytes(plate_wh, len(layers), ())
            and _has_idle_core()
        )

    def _make(
        self,
        prediction: FramePrediction,
        layers: Sequence[LayerSpec],
        plate_wh: Size,
        plate: Plate,
        memory: Memory,
    ) -> list[Matte]:
        pieces = in_pieces(prediction, layers)
        looks = any(layer.border.needs_plate for layer in layers)
        table = Table(memory.bytes, plate_wh, has_plate=looks)
        table.lay(plate)
        asked = self._ask(_Task(memory.place, pieces, prediction, plate_wh, looks))
        began = time.monotonic()
        made: dict[LayerSpec, Matte] = {}

        def make_here(number: int) -> None:
            mattes = make_mattes(prediction, pieces[number], plate_wh, self._device, plate)
            made.update(zip(pieces[number], mattes, strict=True))

        try:
            for number in table.take(range(len(pieces)), HERE):
                make_here(number)
            left = [number for number, piece in enumerate(pieces) if piece[0] not in made]
            found = _answer(asked, PATIENCE_S + time.monotonic() - began) if asked is not None and left else {}
            places = _places(pieces)
            for number in left:
                if number not in found:
                    make_here(number)
                    continue
                for layer, (window, shape) in zip(pieces[number], found[number], strict=True):
                    made[layer] = Matte(layer.name, window, table.get(places[layer], shape))
        finally:
            # Where a matte cannot be made, nobody wants the others.
            table.clear()
            if memory.size_bytes > _KEPT_BYTES:
                self._drop_memory()
        return [made[layer] for layer in layers]

    def _memory_of(self, size_bytes: int) -> Memory:
        """Memory of this size at least that nobody else uses any more."""
        # After an error the other process may go on for a moment.
        failed = self._asked is not None and (self._asked.cancelled() or self._asked.exception() is not None)
        if self._memory is not None and (failed or self._memory.size_bytes < size_bytes):
            self._drop_memory()
        if self._memory is None:
            self._memory = Memory.new(size_bytes)
        return self._memory

    def _drop_memory(self) -> None:
        if self._memory is not None:
            self._memory.close()
            self._memory = None

    def _ask(self, task: _Task) -> Future[_Made] | None:
        """Hand a task over; None where the processes were ended from outside: the next plate starts others."""
        pool = processes()
        try:
            self._asked = pool.submit(_help, task)
        except BrokenProcessPool:
            forget(pool)
            return None
        return self._asked


def _answer(asked: Future[_Made], patience_s: float) -> _Made:
    """What the other process made; nothing where it was ended, failed or takes too long."""
    try:
        return asked.result(patience_s)
    except Exception as err:  # noqa: BLE001 - whatever it is, this process makes those mattes itself then
        log.warning("mattes of a plate are made without help: %s", err or type(err).__name__)
        return {}


def _has_idle_core() -> bool:
    """Whether a core has nothing to do: else a process more takes time from this one instead of saving it some."""
    for _ in range(_LOOKS):
        if running() < cores():
            return True
        # Whoever handed the request over may be about to rest.
        time.sleep(_LOOK_AGAIN_S)
    return False


def running() -> int:
    """How many threads of this machine run or want to, this one included. Linux only."""
    return int(Path("/proc/loadavg").read_text().split()[3].partition("/")[0])


def in_pieces(prediction: FramePrediction, layers: Iterable[LayerSpec]) -> tuple[Piece, ...]:
    """Layers in pieces that are made together: those that look at the picture in two, the others one by one.

    What is found out about the picture serves all layers of a piece. Of those two the longer work comes first, and
    the other last: two processes begin with them, and meet in between.
    """
    outlines = {
        layer: sum(_outline(it) for it in prediction.segments if it.category in layer.categories)
        for layer in layers
    }
    longest_first = sorted(outlines, key=lambda layer: -outlines[layer])
    ends: tuple[list[LayerSpec], list[LayerSpec]] = ([], [])
    work = [0, 0]
    for layer in longest_first:
        if layer.border.needs_plate:
            end = work.index(min(work))
            ends[end].append(layer)
            work[end] += outlines[layer]
    first, last = ends if work[0] >= work[1] else ends[::-1]
    between = [(layer,) for layer in longest_first if not layer.border.needs_plate]
    return tuple(piece for piece in (tuple(first), *between, tuple(last)) if piece)


def _outline(segment: Segment) -> int:
    """How long the outline of a mask is, next to that of others."""
    inside = segment.mask >= 128
    rows, columns = inside[::_OUTLINE_STEP], inside[:, ::_OUTLINE_STEP]
    along, down = rows[:, 1:] != rows[:, :-1], columns[1:] != columns[:-1]
    return int(np.count_nonzero(along) + np.count_nonzero(down))


def _places(pieces: Sequence[Piece]) -> dict[LayerSpec, int]:
    """Where on the table the coverage of each layer lies."""
    return {layer: place for place, layer in enumerate(itertools.chain(*pieces))}


def _help(task: _Task) -> _Made:
    """Make pieces of a plate's mattes, in another process than the one that asks."""
    made: _Made = {}
    memory = open_memory(task.place)
    if memory is None:
        return made
    table, places = Table(memory, task.plate_wh, has_plate=task.has_plate), _places(task.pieces)
    for number in table.take(reversed(range(len(task.pieces))), THERE):
        piece = task.pieces[number]
        mattes = make_mattes(task.prediction, piece, task.plate_wh, "cpu", table.plate)
        for layer, matte in zip(piece, mattes, strict=True):
            table.put(places[layer], matte.coverage)
        made[number] = [(matte.window, matte.coverage.shape) for matte in mattes]
    return made
