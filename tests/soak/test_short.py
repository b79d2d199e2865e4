"""The trials at the size that a test suite can afford; ``python -m tests.soak.<name>`` runs them in full."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bridge import launch
from tests.soak import damage, faults, fuzz, load
from tests.soak.workers import running


@pytest.mark.timeout(400)
def test_a_power_cut_loses_nothing() -> None:
    # What happens when one process alone is killed is tried with the command line's tests.
    (outcome,) = faults.run(kills=1, frames="1-2", seed=2, victims=("all",))
    assert outcome.wrong == ()


def test_nonsense_is_answered_or_dropped(tmp_path: Path) -> None:
    address = launch.free_address()
    with running(tmp_path, address, "--queue", "none") as worker:
        found = fuzz.run(address, worker.pid, messages=3000, seed=3)
        assert worker.poll() is None
    assert found["answers"] > 1000
    assert (found["asked"], found["open_jobs"]) == (found["answered"], 0)
    assert found["after_bytes"] < found["before_bytes"] * 1.2


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")
@pytest.mark.timeout(200)
def test_no_lie_in_a_header_takes_a_gigabyte_or_crashes() -> None:
    answers = damage.run([], flips=0, seed=1)
    assert len(answers) == 29
    assert [str(answer) for answer in answers if not answer.is_good] == []
    assert {answer.code for answer in answers} == {"source_unreadable", "frame_unreadable"}


@pytest.mark.timeout(200)
def test_a_crowd_gets_all_its_answers(tmp_path: Path) -> None:
    crowd, _, _ = load.run(tmp_path, clients=6, seconds=6)
    assert crowd.wrong == []
    assert crowd.counts["bare answers"] == crowd.counts["bare requests"] > 50
