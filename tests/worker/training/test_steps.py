"""Learning rates that fall in steps."""

from __future__ import annotations

import pytest

from worker.training.steps import StepSchedule


def test_the_studys_schedule() -> None:
    schedule = StepSchedule(270_000, 0.02, warm_up=1000, steps=(210_000, 250_000))
    rates = [schedule.at(i) for i in (0, 499, 999, 209_999, 210_000, 249_999, 250_000, 269_999)]
    assert rates == pytest.approx([0.00002, 0.01, 0.02, 0.02, 0.002, 0.002, 0.0002, 0.0002])


@pytest.mark.parametrize(
    "steps", [(5, 5), (7, 3), (0,), (10,)], ids=["twice", "falling", "at once", "past the end"]
)
def test_steps_that_cannot_be_are_refused(steps: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="rising steps within the 10 iterations"):
        StepSchedule(10, 0.1, steps=steps)
