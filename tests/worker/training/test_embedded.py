"""The training loop: it learns, and a run that was stopped and resumed is the run that was not."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
import torch

pytest.importorskip("skia", exc_type=ImportError)

from bridge.errors import UnsafeCheckpointError
from worker.embedded.model import EmbeddedModel
from worker.training.checkpoint import load_state
from worker.training.curves import draw_curves
from worker.training.embedded import CHECKPOINT, HISTORY, WEIGHTS_FILE, Progress, Schedule, Trainer
from worker.training.loader import Phase, batches, make_batch, phase_at
from worker.training.scenes import ClipSpec
from worker.training.shards import ShardReader, draw_shards

PHASES = (Phase(5, (64, 32), 2, (0.4, 0.6)), Phase(3, (96, 64), 1, (0.5, 0.7)))
SCHEDULE = Schedule(PHASES, warm_up=2, save_every=4, validate_every=100)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> ShardReader:
    """A few small frames."""
    specs = [ClipSpec(seed, 2, (160, 90), 1.0) for seed in range(3)]
    return ShardReader(draw_shards(tmp_path_factory.mktemp("clips"), specs, 1))


class StopError(Exception):
    """A run is cut off."""


def _run(folder: Path, reader: ShardReader, stop_at: int | None = None) -> list[Progress]:
    trainer = Trainer(folder, SCHEDULE, bf16=False)
    trainer.resume()
    steps: list[Progress] = []

    def on_progress(progress: Progress) -> None:
        steps.append(progress)
        if progress.iteration == stop_at:
            raise StopError

    nothing = ShardReader([])
    with suppress(StopError):
        trainer.run(reader, nothing, on_progress)
    return steps


def test_a_resumed_run_has_the_losses_of_one_that_never_stopped(tmp_path: Path, reader: ShardReader) -> None:
    whole = _run(tmp_path / "whole", reader)
    assert [step.iteration for step in whole] == list(range(1, 9))
    # Stopped in iteration 6, the run goes on from its checkpoint of iteration 4, across the change of phase.
    _run(tmp_path / "cut", reader, stop_at=6)
    assert load_state(tmp_path / "cut" / CHECKPOINT)["iteration"] == 4
    rest = _run(tmp_path / "cut", reader)
    assert [(s.iteration, s.rate, s.losses) for s in rest] == [(s.iteration, s.rate, s.losses) for s in whole[4:]]
    assert (tmp_path / "cut" / WEIGHTS_FILE).read_bytes() == (tmp_path / "whole" / WEIGHTS_FILE).read_bytes()
    assert json.loads((tmp_path / "cut" / HISTORY).read_text()) == json.loads(
        (tmp_path / "whole" / HISTORY).read_text()
    )


def test_the_weights_of_a_run_load_as_a_model(tmp_path: Path, reader: ShardReader) -> None:
    _run(tmp_path, reader)
    model = EmbeddedModel.load(weights=tmp_path / WEIGHTS_FILE, long_side=128)
    (prediction,) = model.predict([reader[0].rgb])
    assert prediction.grid_wh == (64, 32)


def test_another_schedules_checkpoint_is_refused(tmp_path: Path, reader: ShardReader) -> None:
    _run(tmp_path, reader)
    other = Trainer(tmp_path, Schedule(PHASES, seed=1), bf16=False)
    with pytest.raises(ValueError, match="another schedule"):
        other.resume()


def test_a_checkpoint_that_is_a_program_is_refused(tmp_path: Path) -> None:
    torch.save({"network": Path("/etc")}, tmp_path / CHECKPOINT)
    with pytest.raises(UnsafeCheckpointError, match=r"names pathlib"):
        load_state(tmp_path / CHECKPOINT)


def test_a_few_steps_lower_the_loss(tmp_path: Path, reader: ShardReader) -> None:
    phase = Phase(60, (96, 64), 3, (0.6, 0.6))
    trainer = Trainer(tmp_path, Schedule((phase,), warm_up=5), bf16=False)
    batch = make_batch(reader, phase, 0, 0)
    first = sum(trainer.step(batch).values())
    for _ in range(25):
        last = sum(trainer.step(batch).values())
    assert last < 0.6 * first


def test_batches_come_in_order_whatever_the_threads(reader: ShardReader) -> None:
    one = [batch.pictures for batch in batches(reader, PHASES, 0, 3, threads=1)]
    two = [batch.pictures for batch in batches(reader, PHASES, 0, 3, threads=3)]
    assert len(one) == 5
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    assert torch.equal(one[0], make_batch(reader, PHASES[0], 0, 3).pictures)
    assert one[-1].shape[-2:] == (64, 96)


def test_phases_follow_each_other() -> None:
    assert phase_at(PHASES, 4) is PHASES[0]
    assert phase_at(PHASES, 5) is PHASES[1]
    with pytest.raises(IndexError):
        phase_at(PHASES, 8)


def test_the_rate_warms_up_and_falls_to_its_end() -> None:
    schedule = Schedule((Phase(1000, (64, 64), 1, (1, 1)),), warm_up=100)
    assert schedule.rate(0) == pytest.approx(schedule.learning_rate / 100)
    assert schedule.rate(100) == pytest.approx(schedule.learning_rate)
    rates = [schedule.rate(i) for i in range(100, 1001, 50)]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(schedule.final_rate)


def test_the_rate_starts_again_from_half_as_high() -> None:
    phases = (Phase(1000, (64, 64), 1, (1, 1)),)
    once = Schedule((Phase(600, (64, 64), 1, (1, 1)),), warm_up=100)
    again = Schedule(phases, restarts=(600,), warm_up=100)
    # The first round is that of a schedule that ends there.
    assert [again.rate(i) for i in range(600)] == [once.rate(i) for i in range(600)]
    assert again.rate(600) == pytest.approx(again.learning_rate / 2)
    assert again.rate(1000) == pytest.approx(again.final_rate)


def test_curves_are_drawn_with_and_without_quality(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    history = [
        {"iteration": i, "rate": 1e-3, "centre": 1.0, "dice": 0.5, "cover": 0.5, "semantic": 0.4}
        for i in range(1, 5)
    ]
    draw_curves(history, tmp_path / "a.png")
    draw_curves([{**entry, "pq": 0.5} for entry in history], tmp_path / "b.png")
    assert (tmp_path / "a.png").stat().st_size > 5000
    assert (tmp_path / "a.png").read_bytes() != (tmp_path / "b.png").read_bytes()
