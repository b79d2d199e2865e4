"""The mattes of a single plate with help: the same as without, whatever happens to whoever helps."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bridge.borders import Border, BorderKind
from tests.worker.mattes.drawing import disc, drawn
from worker import plate_mattes, processes
from worker.layers import LayerSpec
from worker.mattes import Matte, make_mattes
from worker.plate_mattes import PlateMattes, in_pieces
from worker.plate_table import HERE, THERE, Memory, Table, open_memory
from worker.segments import FramePrediction, Segment

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs memory without a name")

GRID, PLATE_WH = (64, 48), (256, 192)
KINDS = {
    "person": BorderKind.GUIDED,
    "dog": BorderKind.GUIDED,
    "car": BorderKind.HARD,
    "sky": BorderKind.FEATHER,
    "tree": BorderKind.NATURAL,
}
LAYERS = tuple(LayerSpec(name, name, True, None, Border(kind)) for name, kind in KINDS.items())
ABSENT = LayerSpec("cat", "cat", True, None, Border(BorderKind.HARD))


def _prediction() -> FramePrediction:
    """Discs, each smaller than the one before."""
    segments: list[Segment] = []
    for number, name in enumerate(KINDS):
        found = drawn(disc(128.0, 96.0, 80.0 - 10 * number), GRID, PLATE_WH, 8.0).segments[0]
        segments.append(Segment(name, found.is_thing, found.score, found.box, found.mask))
    return FramePrediction(GRID, tuple(segments))


PREDICTION = _prediction()
PLATE = np.random.default_rng(3).integers(0, 256, (PLATE_WH[1], PLATE_WH[0], 3), np.uint8)


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch) -> Iterator[PlateMattes]:
    """One that has help with plates of any size, as in an inference process on two idle cores."""
    monkeypatch.setattr(plate_mattes, "LEAST_PIXELS", 1)
    monkeypatch.setattr(plate_mattes, "running", lambda: 1)
    monkeypatch.setattr(plate_mattes, "cores", lambda: 2)
    monkeypatch.setattr(processes, "cores", lambda: 1)
    monkeypatch.setattr("multiprocessing.parent_process", lambda: object())
    yield PlateMattes(torch.device("cpu"))
    processes.end_processes()


def _waits_for_help(maker: PlateMattes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process begin when the other has done what it will."""

    def late(*args: Any) -> list[Matte]:
        deadline = time.monotonic() + 60
        while maker._asked is not None and not maker._asked.done() and time.monotonic() < deadline:
            time.sleep(0.01)
        return make_mattes(*args)

    monkeypatch.setattr(plate_mattes, "make_mattes", late)


def _answers(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """The pieces that the other process made, call by call."""
    answers: list[set[int]] = []
    answer = plate_mattes._answer

    def noted(asked: Any, patience_s: float) -> Any:
        found = answer(asked, patience_s)
        answers.append(set(found))
        return found

    monkeypatch.setattr(plate_mattes, "_answer", noted)
    return answers


def _check(maker: PlateMattes, layers: Sequence[LayerSpec] = LAYERS) -> None:
    expected = make_mattes(PREDICTION, layers, PLATE_WH, "cpu", PLATE)
    got = maker.make(PREDICTION, layers, PLATE_WH, PLATE)
    assert [(it.layer, it.window) for it in got] == [(it.layer, it.window) for it in expected]
    for mine, theirs in zip(got, expected, strict=True):
        np.testing.assert_array_equal(mine.coverage, theirs.coverage)


@pytest.mark.parametrize(
    "layers",
    [LAYERS, (ABSENT, *LAYERS), (*LAYERS[2:], ABSENT), LAYERS[:2]],
    ids=["all kinds", "an absent one", "none looks at the plate", "all look at it"],
)
def test_mattes_with_help_are_those_without(
    maker: PlateMattes, monkeypatch: pytest.MonkeyPatch, layers: tuple[LayerSpec, ...]
) -> None:
    _waits_for_help(maker, monkeypatch)
    answers = _answers(monkeypatch)
    _check(maker, layers)
    _check(maker, layers[::-1])
    others = set(range(1, len(in_pieces(PREDICTION, layers))))
    assert len(answers) == 2
    assert all(made >= others for made in answers), "at most the first piece is made here"


def _takes_one(task: Any) -> Table:
    memory = open_memory(task.place)
    assert memory is not None
    table = Table(memory, task.plate_wh, has_plate=task.has_plate)
    next(table.take(reversed(range(len(task.pieces))), THERE))
    return table


def _dies(task: Any) -> Any:
    _takes_one(task)
    os.kill(os.getpid(), signal.SIGKILL)


def _fails(task: Any) -> Any:
    _takes_one(task)
    raise MemoryError


def _hangs(task: Any) -> Any:
    _takes_one(task)
    time.sleep(3)
    return {}


@pytest.mark.parametrize("accident", [_dies, _fails], ids=["killed", "fails"])
def test_whoever_helps_may_end_midway(
    maker: PlateMattes, monkeypatch: pytest.MonkeyPatch, accident: Callable[[Any], Any]
) -> None:
    answers = _answers(monkeypatch)
    with monkeypatch.context() as patch:
        _waits_for_help(maker, patch)
        patch.setattr(plate_mattes, "_help", accident)
        _check(maker)
    assert answers == [set()]
    # The first one after a loss finds out; the next has help again.
    _check(maker)
    _waits_for_help(maker, monkeypatch)
    _check(maker)
    assert answers[-1], "another process helps"


def test_whoever_was_killed_between_two_plates_is_replaced(
    maker: PlateMattes, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.kill(processes.processes().submit(os.getpid).result(60), signal.SIGKILL)
    answers = _answers(monkeypatch)
    _waits_for_help(maker, monkeypatch)
    for _ in range(3):
        _check(maker)
    assert answers[-1], "another process helps"


def test_whoever_helps_is_not_waited_for_too_long(maker: PlateMattes, monkeypatch: pytest.MonkeyPatch) -> None:
    processes.processes().submit(os.getpid).result(60)
    monkeypatch.setattr(plate_mattes, "PATIENCE_S", 0.1)
    monkeypatch.setattr(plate_mattes, "_help", _hangs)
    taken = []
    take = Table.take

    def after_the_other(table: Table, order: Any, who: int) -> Iterator[int]:
        deadline = time.monotonic() + 60
        while not table._marks.any() and time.monotonic() < deadline:
            time.sleep(0.01)
        taken.append(int(table._marks.max()))
        return take(table, order, who)

    with monkeypatch.context() as patch:
        patch.setattr(Table, "take", after_the_other)
        _check(maker)
    assert taken == [THERE]
    asked = maker._asked
    assert asked is not None and not asked.done()
    _check(maker)
    assert maker._asked is asked, "nobody is asked who has not answered yet"


def test_nobody_waits_for_a_process_that_is_busy(maker: PlateMattes, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [processes.processes().submit(time.sleep, 2.0) for _ in range(3)]
    answers = _answers(monkeypatch)
    _check(maker)
    assert answers == [] and not frames[-1].done()
    assert maker._asked is not None and maker._asked.result(60) == {}, "when it comes, nothing is left"


@pytest.mark.parametrize(
    ("name", "value"),
    [("cores", 1), ("running", 2), ("available_bytes", 0)],
    ids=["a single core", "all cores are busy", "memory is short"],
)
def test_no_process_is_started_where_it_would_not_help(
    maker: PlateMattes, monkeypatch: pytest.MonkeyPatch, name: str, value: int
) -> None:
    monkeypatch.setattr(plate_mattes, name, lambda: value)
    _check(maker)
    assert maker._asked is None and processes._here.pool is None


def test_a_small_plate_has_no_help(maker: PlateMattes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plate_mattes, "LEAST_PIXELS", PLATE_WH[0] * PLATE_WH[1] + 1)
    _check(maker)
    assert maker._asked is None


def test_large_memory_is_given_back(maker: PlateMattes, monkeypatch: pytest.MonkeyPatch) -> None:
    _check(maker)
    assert maker._memory is not None
    place = maker._memory.place
    monkeypatch.setattr(plate_mattes, "_KEPT_BYTES", 0)
    assert maker._asked is not None
    maker._asked.result(60)
    _check(maker)
    assert open_memory(place) is None


def test_a_descriptor_that_is_another_files_by_now_is_not_taken(tmp_path: Path) -> None:
    memory = Memory.new(4096)
    opened = open_memory(memory.place)
    assert opened is not None and len(opened) == 4096
    place = memory.place
    memory.close()
    (tmp_path / "other").write_bytes(b"other" * 1000)
    other = os.open(tmp_path / "other", os.O_RDWR)
    os.dup2(other, place.descriptor)
    try:
        assert open_memory(place) is None
    finally:
        for descriptor in {other, place.descriptor}:
            os.close(descriptor)


def test_each_piece_is_taken_once() -> None:
    memory = Memory.new(Table.size_bytes(1, (8, 8)))
    first, second = (Table(memory.bytes, (8, 8), has_plate=False) for _ in range(2))
    first.lay(None)
    front, back = first.take(range(4), HERE), second.take(reversed(range(4)), THERE)
    assert [next(front), next(back), next(front)] == [0, 3, 1]
    first.clear()
    assert list(back) == []
    memory.close()


def test_pieces_begin_with_the_longest_outline_that_looks_at_the_plate() -> None:
    names = [[layer.name for layer in piece] for piece in in_pieces(PREDICTION, LAYERS)]
    assert names == [["person"], ["car"], ["sky"], ["tree"], ["dog"]]
    assert [len(piece) for piece in in_pieces(PREDICTION, LAYERS[2:])] == [1, 1, 1]
