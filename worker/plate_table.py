"""Memory in which two processes make the mattes of one plate: who makes what, the plate, and what was made.

It has no name: however a process ends, nothing of it is left behind once both are gone. Linux only.
"""

from __future__ import annotations

import math
import mmap
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worker.mattes.geometry import Size
from worker.models.base import Plate

FREE, HERE, THERE = 0, 1, 2
"""Who makes a piece: nobody yet, the process that asks, or the other. Where both take it at once, both make it."""


@dataclass(frozen=True)
class Place:
    """Where another process finds the memory."""

    pid: int
    descriptor: int
    identity: tuple[int, int]
    """Device and inode: the descriptor's number may be another file's by then."""


class Memory:
    """Shared memory. It takes as much as was written to; close it."""

    def __init__(self, descriptor: int) -> None:
        """Take over a descriptor of a file in memory."""
        self._descriptor = descriptor
        status = os.fstat(descriptor)
        self.size_bytes = status.st_size
        self.place = Place(os.getpid(), descriptor, (status.st_dev, status.st_ino))
        self.bytes = mmap.mmap(descriptor, self.size_bytes)

    @classmethod
    def new(cls, size_bytes: int) -> Memory:
        """Memory that is all zeros; OSError where there is none."""
        descriptor = os.memfd_create("mattebridge")
        try:
            os.truncate(descriptor, size_bytes)
            return cls(descriptor)
        except BaseException:
            os.close(descriptor)
            raise

    def close(self) -> None:
        """Let nobody else find it; who has it keeps it."""
        os.close(self._descriptor)


def open_memory(place: Place) -> mmap.mmap | None:
    """The memory that another process made; None where it is closed."""
    try:
        descriptor = os.open(f"/proc/{place.pid}/fd/{place.descriptor}", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        return mmap.mmap(descriptor, 0) if (status.st_dev, status.st_ino) == place.identity else None
    finally:
        os.close(descriptor)


class Table:
    """What lies in the memory: a mark for each piece, the plate, and room for the coverage of each layer."""

    def __init__(self, memory: mmap.mmap, plate_wh: Size, *, has_plate: bool) -> None:
        width, height = plate_wh
        self._memory = memory
        self._marks = np.frombuffer(memory, np.uint8, mmap.PAGESIZE)
        self._room_at = mmap.PAGESIZE + _in_pages(3 * width * height if has_plate else 0)
        self._room_bytes = _in_pages(2 * width * height)
        self.plate: Plate | None = None
        """None where no layer looks at it."""
        if has_plate:
            pixels = np.frombuffer(memory, np.uint8, 3 * width * height, mmap.PAGESIZE)
            self.plate = pixels.reshape(height, width, 3)

    @staticmethod
    def size_bytes(layers: int, plate_wh: Size) -> int:
        """How much memory a table with a plate needs at most."""
        pixels = math.prod(plate_wh)
        return mmap.PAGESIZE + _in_pages(3 * pixels) + layers * _in_pages(2 * pixels)

    def lay(self, plate: Plate | None) -> None:
        """Put the plate there and leave all pieces to whoever takes them."""
        if plate is not None and self.plate is not None:
            np.copyto(self.plate, plate)
        self._marks[:] = FREE

    def take(self, order: Iterable[int], who: int) -> Iterator[int]:
        """Take pieces, each when the one before is made, until none is left."""
        for number in order:
            if self._marks[number] == FREE:
                self._marks[number] = who
                yield number

    def clear(self) -> None:
        """Leave nothing to take."""
        self._marks[self._marks == FREE] = HERE

    def put(self, place: int, coverage: npt.NDArray[np.float16]) -> None:
        """Leave the coverage of a layer for the other process."""
        self._room(place, coverage.shape)[...] = coverage

    def get(self, place: int, shape: tuple[int, ...]) -> npt.NDArray[np.float16]:
        """A copy of what the other process left."""
        return self._room(place, shape).copy()

    def _room(self, place: int, shape: tuple[int, ...]) -> npt.NDArray[np.float16]:
        at = self._room_at + place * self._room_bytes
        return np.frombuffer(self._memory, np.float16, math.prod(shape), at).reshape(shape)


def _in_pages(size_bytes: int) -> int:
    return -(-size_bytes // mmap.PAGESIZE) * mmap.PAGESIZE
