"""The real engine for the inference process, over a picture library that crashes where a file says so."""

from __future__ import annotations

import ctypes
import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from unittest import mock

import torch

from tests.fakes.color_model import LABELS, ColorModel
from worker import frame_writer
from worker.engine import Engine
from worker.engine_process import EngineSettings
from worker.media import sequence
from worker.models import registry
from worker.models.registry import ModelEntry
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
    # No processes that write beside it: they take seconds to start, each time anew.
    mock.patch.object(frame_writer, "cores", lambda: 1).start()
    assert settings.store is not None
    return Engine(torch.device("cpu"), Store(settings.store))


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
