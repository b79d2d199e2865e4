"""What the end of an inference process means to the work it had."""

from __future__ import annotations

import signal

import pytest

from bridge.errors import DeviceMemoryError, InferenceLostError
from worker.losses import MOST_FRAMES, Attempts, Lost, LostError, end_of, known

OVER_FRAME = LostError(Lost("it crashed", over_frame=True))
LOST = LostError(Lost("it crashed"))
SHORT = DeviceMemoryError("80 GiB were asked for")


def test_an_export_is_lost_that_does_not_get_on_carefully_either() -> None:
    attempts = Attempts()
    assert attempts.another(LOST, got_on=False)
    assert attempts.careful
    assert not attempts.another(LOST, got_on=False)
    assert type(known(LOST)) is InferenceLostError


def test_an_export_that_gets_on_is_taken_up_five_times() -> None:
    attempts = Attempts()
    assert [attempts.another(LOST, got_on=True) for _ in range(6)] == [True] * 5 + [False]


def test_once_a_frame_is_known_to_be_guilty_the_export_goes_on_as_before() -> None:
    attempts = Attempts()
    for _ in range(MOST_FRAMES):
        assert attempts.another(LOST, got_on=False)
        assert attempts.another(OVER_FRAME, got_on=False)
        assert not attempts.careful
    assert attempts.another(LOST, got_on=False)
    assert not attempts.another(OVER_FRAME, got_on=False)
    assert "more than 20 frames" in str(known(OVER_FRAME))


def test_where_memory_was_short_it_stays_careful() -> None:
    attempts = Attempts()
    assert attempts.another(SHORT, got_on=False)
    assert attempts.another(OVER_FRAME, got_on=False)
    assert attempts.careful
    assert not attempts.another(SHORT, got_on=False)
    assert known(SHORT) is SHORT


@pytest.mark.parametrize(
    ("exit_code", "hung", "says", "from_outside"),
    [
        (-signal.SIGSEGV, None, "segmentation fault", False),
        (-signal.SIGABRT, None, "abort", False),
        (-signal.SIGBUS, None, f"signal {int(signal.SIGBUS)}", False),
        (-signal.SIGKILL, None, "memory is short", True),
        (-signal.SIGKILL, "hung for 61 seconds over a frame", "hung for 61 seconds", False),
        (-signal.SIGTERM, None, "from outside", True),
        (3, None, "exit code 3", False),
    ],
)
def test_an_end_says_how_it_came(exit_code: int, hung: str | None, says: str, from_outside: bool) -> None:
    end = end_of(exit_code, hung)
    assert says in end.words
    assert end.from_outside == from_outside
