"""The real engine for the inference process, over a picture library that crashes where a file says so."""

from __future__ import annotations

import ctypes
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

import torch

from tests.fakes.color_model import LABELS, ColorModel
from worker import frame_writer, processes
from worker.engine import Engine
from worker.engine_process import EngineSettings
from worker.media import movie, sequence
from worker.media.movie_decoder import MovieDecoder
from worker.media.movie_index import MovieIndex, index_movie
from worker.models import registry
from worker.models.registry import ModelEntry
from worker.signs import Decoding
from worker.store import Store

R = TypeVar("R")

_ACCIDENT = re.compile(rb"(segfault|abort|hang|slow ([\d.]+))$")


def make(settings: EngineSettings) -> Engine:
    """The engine, with the colour model. A file that ends with the name of an accident has it when it is read."""
    model = ColorModel()
    entry = ModelEntry("colours", "finds plain colours", "Apache-2.0", LABELS, lambda *_: model)
    mock.patch.object(registry, "known_models", lambda: {"colours": entry}).start()
    for name in ("read_uint8", "read_header"):
        mock.patch.object(sequence, name, _accident_prone(getattr(sequence, name))).start()
    mock.patch.object(movie, "MovieDecoder", _CrashingDecoder).start()
    mock.patch.object(movie, "index_movie", _index_movie).start()
    # No processes that write beside it: they take seconds to start, each time anew.
    for module in (frame_writer, processes):
        mock.patch.object(module, "cores", lambda: 1).start()
    assert settings.store is not None
    return Engine(torch.device("cpu"), Store(settings.store))


def _index_movie(container: Any, stream: Any, way: Decoding) -> MovieIndex:
    """Crashes over movies whose name says so."""
    if "unopenable" in container.name:
        os.abort()
    return index_movie(container, stream, way)


class _CrashingDecoder(MovieDecoder):
    """Crashes over the packet of the frame whose number is in the movie's name: ``crash-14.mp4``."""

    def __init__(self, container: Any, stream: Any, index: MovieIndex, *rest: Any) -> None:
        found = re.search(r"crash-(\d+)", container.name)
        fatal = None if found is None else int(index.pts[int(found[1]) - 1])
        super().__init__(_Demuxer(container, fatal), stream, index, *rest)


class _Demuxer:
    """A container, one packet of which crashes the decoder."""

    def __init__(self, container: Any, fatal_pts: int | None) -> None:
        self._container = container
        self._fatal_pts = fatal_pts
        self.seek = container.seek

    def demux(self, stream: Any) -> Iterator[Any]:
        for packet in self._container.demux(stream):
            fatal = packet.pts is not None and packet.pts == self._fatal_pts
            yield _FatalPacket(packet.pts) if fatal else packet


@dataclass(frozen=True)
class _FatalPacket:
    pts: int

    def decode(self) -> None:
        ctypes.string_at(0)


def _accident_prone(read: Callable[[str], R]) -> Callable[[str], R]:
    def reading(path: str) -> R:
        accident = _ACCIDENT.search(Path(path).read_bytes()[-20:])
        if accident is None:
            return read(path)
        if accident[2]:
            time.sleep(float(accident[2]))
        elif accident[1] == b"segfault":
            ctypes.string_at(0)
        elif accident[1] == b"abort":
            os.abort()
        else:
            threading.Event().wait()
        return read(path)

    return reading
