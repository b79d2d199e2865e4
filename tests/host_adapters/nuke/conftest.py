"""A session of the fake Nuke, plates on disk, and a real worker over real ZeroMQ."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from host_adapters.nuke import making, node
from tests.fakes.color_model import LABELS, ColorModel
from tests.fakes.nuke import FakeNuke, FakeScripts
from tests.worker.conftest import plates
from worker import describe
from worker.engine import Engine
from worker.models import registry
from worker.models.registry import ModelEntry
from worker.service import Service
from worker.store import Store

__all__ = ["plates"]

Start = Callable[..., FakeNuke]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Start]:
    """Start a session; keywords are those of `FakeNuke`. Its script is ``comp.nk``, its cache the test's own."""
    sessions: list[FakeNuke] = []

    def begin(**options: Any) -> FakeNuke:
        session = FakeNuke(**options)
        monkeypatch.setitem(sys.modules, "nuke", session)
        monkeypatch.setitem(sys.modules, "nukescripts", FakeScripts())
        monkeypatch.setattr(node, "_reply", None)
        session.root_data.knobs["name"]._value = str(tmp_path / "comp.nk")
        sessions.append(session)
        return session

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield begin
    for session in sessions:
        assert session.contexts == [session.root_data], "begin without end"
        assert session.dropped == [], "a knob was given what it does not have"
    assert making._running == {}


@pytest.fixture
def nuke(start: Start) -> FakeNuke:
    """A session with the user interface."""
    return start()


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a worker, in a thread of this process, that knows the colour model alone."""
    entry = ModelEntry("colours", "finds plain colours", "Apache-2.0", LABELS, lambda *_: ColorModel())
    with pytest.MonkeyPatch.context() as patch:
        for module in (registry, describe):
            patch.setattr(module, "known_models", lambda: {"colours": entry})
        engine = Engine(torch.device("cpu"), Store(tmp_path_factory.mktemp("store")))
        service = Service("tcp://127.0.0.1:0", engine)
        thread = threading.Thread(target=service.run)
        thread.start()
        yield service.address
        service.stop()
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def read(plates: Path) -> Callable[..., Any]:
    """Make a Read of the plates, ``shot.1001.png`` to ``shot.1012.png``, with the knobs given."""

    def make(session: FakeNuke, **knobs: Any) -> Any:
        found = session.nodes.Read(name="Plate")
        found["file"].fromUserText(f"{plates}/shot.%04d.png 1001-1012")
        for name, value in knobs.items():
            found[name].setValue(value)
        return found

    return make


@pytest.fixture
def make(worker: str) -> Callable[..., making.Making]:
    """Make the mattes of a node with values for its knobs, and wait until it has ended."""

    def run(session: FakeNuke, group: Any, **values: Any) -> making.Making:
        node.write(group, {"worker": worker, "model": "colours", "contact_sheet": False, **values})
        job = making.start(group)
        if session.GUI:
            session.pump(job.thread)
        return job

    return run
