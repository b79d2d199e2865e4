"""What tests of the worker share: drawn plates, and an engine whose model needs no weights."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image

from bridge.client import Client
from bridge.request import MatteRequest
from tests.fakes.color_model import LABELS, ColorModel
from tests.fakes.services import Running, ScriptedEngine
from worker.engine import Engine
from worker.models import registry
from worker.models.registry import ModelEntry
from worker.progress import Progress
from worker.store import Store

SIZE_WH = (96, 64)


def draw_plate(step: int) -> npt.NDArray[np.uint8]:
    """A red person that walks right by 4 pixels a step, before blue sky and green grass. Shape (64, 96, 3)."""
    plate = np.zeros((SIZE_WH[1], SIZE_WH[0], 3), np.uint8)
    plate[:32] = (20, 40, 220)
    plate[32:] = (20, 200, 30)
    plate[16:56, 8 + 4 * step : 24 + 4 * step] = (230, 20, 20)
    return plate


@pytest.fixture
def plates(tmp_path: Path) -> Path:
    """Twelve plates as ``plates/shot.1001.png`` to ``shot.1012.png``."""
    folder = tmp_path / "plates"
    folder.mkdir()
    for step in range(12):
        Image.fromarray(draw_plate(step)).save(folder / f"shot.{1001 + step}.png")
    return folder


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> ColorModel:
    """The colour model, known to the worker under its name."""
    made = ColorModel()
    entry = ModelEntry("colours", "finds plain colours", "Apache-2.0", LABELS, lambda *_: made)
    monkeypatch.setattr(registry, "known_models", lambda: {"colours": entry})
    return made


@pytest.fixture
def engine(tmp_path: Path, model: ColorModel) -> Engine:
    """An engine on the CPU with an empty store."""
    return Engine(torch.device("cpu"), Store(tmp_path / "store"))


def quiet() -> Progress:
    """Progress that nobody hears and nobody cancels."""
    return Progress(threading.Event(), lambda *_: None)


class CancelAt(Progress):
    """Cancels its job when a stage has done so many frames."""

    def __init__(self, stage: str, done: int) -> None:
        self._event = threading.Event()
        self._at = (stage, done)
        super().__init__(self._event, lambda *_: None)

    def at(self, done: int) -> None:
        if self._stage == self._at[0] and done >= self._at[1]:
            self._event.set()
        super().at(done)


Export = Callable[..., Path]


@pytest.fixture
def export(engine: Engine, plates: Path, tmp_path: Path) -> Export:
    """Carry an export of the plates out; keyword arguments change the request. Returns the manifest's path.

    Mattes of other settings in the folder are replaced.
    """

    def run(progress: Progress | None = None, by: Engine = engine, **changes: object) -> Path:
        wishes: dict[str, object] = {
            "source": f"{plates}/shot.####.png",
            "out": str(tmp_path / "out"),
            "replace": True,
            **changes,
        }
        request = MatteRequest(model="colours", **wishes)  # type: ignore[arg-type]
        return by.export(request, progress or quiet())

    return run


@pytest.fixture
def running() -> Iterator[Running]:
    it = Running(ScriptedEngine())
    yield it
    it.stop()


@pytest.fixture
def client(running: Running) -> Iterator[Client]:
    with Client(running.service.address) as it:
        yield it
