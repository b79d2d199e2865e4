"""What hangs is found, and what only takes long is left alone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from worker import processes, signs
from worker.shared_record import Record, Underway
from worker.suspects import Suspects, Verdict
from worker.watchdog import Limits, Quiet, watch

FRAME = Underway(7, "/shots/plate.0003.exr", 3, "12|34", size_bytes=20_000_000)
HOUR_S = 3600


def looks(quiet: Quiet, record: Record, seconds: int, *, at_work: bool = True) -> str | None:
    """One look a second; what the first says that says anything."""
    return next(filter(None, (quiet.look(record, 1.0, at_work=at_work) for _ in range(seconds))), None)


def test_a_frame_has_its_limit_and_a_second_for_each_megabyte() -> None:
    record, quiet = Record(), Quiet(Limits(frame_s=60, silent_s=HOUR_S))
    record.put(2, FRAME)
    assert looks(quiet, record, 80) is None
    assert looks(quiet, record, 3) == "hung for 81 seconds over a frame"


def test_a_frame_that_gets_on_or_is_followed_by_others_does_not_hang() -> None:
    record, quiet = Record(), Quiet(Limits(frame_s=60, silent_s=HOUR_S))
    record.put(0, FRAME)
    record.put(0, FRAME)
    assert looks(quiet, record, 70) is None
    record.step(0)
    assert looks(quiet, record, 70) is None
    record.put(0, FRAME)
    assert looks(quiet, record, 70) is None
    record.put(0, None)
    assert looks(quiet, record, 1000) is None


def test_silence_counts_only_while_there_is_work_and_from_the_last_sign() -> None:
    record, quiet = Record(), Quiet(Limits(frame_s=60, silent_s=600))
    assert looks(quiet, record, 2 * HOUR_S, at_work=False) is None
    assert looks(quiet, record, 600) is None
    record.beat()
    assert looks(quiet, record, 600) is None
    assert looks(quiet, record, 3) == "showed no sign of life for 601 seconds"


def _writes(record: Record) -> None:
    signs.adopt(record)
    with signs.decoding(__file__, 5):
        signs.beat()
        threading.Event().wait()


def test_signs_outlive_a_process_that_the_watchdog_ends() -> None:
    record = Record()
    process = multiprocessing.get_context("spawn").Process(target=_writes, args=(record,))
    process.start()
    told: list[str] = []
    watch(process, record, Limits(frame_s=0.4, silent_s=HOUR_S), lambda: True, told.append)
    process.join(20)
    assert process.exitcode != 0
    (found,) = record.all_under_way()
    assert (found.file, found.frame) == (__file__, 5)
    assert found.size_bytes == Path(__file__).stat().st_size
    assert record.beats > 1
    assert told[0].endswith("over a frame")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Record:
    """A record that this process leaves its signs in."""
    record = Record()
    monkeypatch.setattr(signs, "_here", type(signs._here)())
    signs.adopt(record)
    return record


def test_a_frame_is_under_way_until_it_is_decoded_or_has_failed(here: Record, tmp_path: Path) -> None:
    file = tmp_path / "\udcff.png"  # names of files need not be text
    file.write_bytes(b"123")
    signs.begin_call(4)
    with signs.decoding(str(file), 1), signs.decoding("/missing", 2, call=9):
        first, second = sorted(here.all_under_way(), key=lambda it: it.call)
    assert (first.call, first.size_bytes, second.call, second.stamp) == (4, 3, 9, "0")
    with pytest.raises(ValueError), signs.decoding(str(file), 1):
        raise ValueError
    assert here.all_under_way() == ()


def test_a_process_that_decodes_alone_notes_one_frame_at_a_time(here: Record) -> None:
    signs.adopt(here, alone=True)
    seen: list[int] = []

    def decode(frame: int) -> None:
        with signs.decoding(__file__, frame):
            time.sleep(0.02)
            seen.append(len(here.all_under_way()))

    threads = [threading.Thread(target=decode, args=(frame,)) for frame in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 6


def test_a_frame_is_guilty_that_was_under_way_at_two_ends_in_a_row() -> None:
    suspects = Suspects()
    other = Underway(8, "/shots/other.mov", 1, "5|6")
    again = Underway(9, FRAME.file, FRAME.frame, FRAME.stamp)
    assert suspects.judge([FRAME, other], "crashed") == Verdict(doubted=frozenset({7, 8}))
    assert suspects.any
    assert suspects.judge([again], "crashed") == Verdict(guilty=frozenset({9}))
    (avoided,) = suspects.avoided
    assert (avoided.file, avoided.frame, avoided.stamp) == (FRAME.file, 3, "12|34")
    assert avoided.words.startswith("frame 3: /shots/plate.0003.exr cannot be decoded: ")
    assert avoided.until > time.time() + 60
    assert not suspects.any


@pytest.mark.parametrize(
    "between",
    [[], [Underway(8, FRAME.file, 4, FRAME.stamp)], [Underway(8, FRAME.file, 3, "another")]],
    ids=["nothing", "another frame", "the frame's file as it was before"],
)
def test_an_end_over_something_else_clears_a_frame(between: list[Underway]) -> None:
    suspects = Suspects()
    for under_way in ([FRAME], between, [FRAME]):
        suspects.judge(under_way, "crashed")
    assert suspects.avoided == ()


def test_the_processes_that_write_show_signs_of_life_too(here: Record) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, initializer=processes.begin, initargs=(signs.record(),)) as pool:
        before = here.beats
        pool.submit(signs.beat).result(60)
    assert here.beats == before + 1


def _hangs(record: Record) -> None:
    signs.adopt(record)
    with signs.decoding(__file__, 5):
        threading.Event().wait()


@pytest.mark.skipif(sys.platform != "linux", reason="states of threads are read from /proc")
def test_a_process_that_was_stopped_does_not_hang() -> None:
    record = Record()
    process = multiprocessing.get_context("spawn").Process(target=_hangs, args=(record,))
    process.start()
    assert process.pid is not None
    while not record.steps():
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGSTOP)
    told: list[str] = []
    arguments = (process, record, Limits(frame_s=0.2, silent_s=0.2), lambda: True, told.append)
    watching = threading.Thread(target=watch, args=arguments)
    watching.start()
    watching.join(1.5)
    assert (told, process.is_alive()) == ([], True)
    os.kill(process.pid, signal.SIGCONT)
    watching.join(20)
    assert len(told) == 1
    process.join(20)
    assert process.exitcode is not None
