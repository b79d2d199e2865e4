"""Seeds of training, validation and held-out clips never meet."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("skia", exc_type=ImportError)

from worker.training import recipe


def test_seeds_are_disjoint() -> None:
    train = [spec.seed for run in range(3) for part in recipe.training_clips(run, 1000, 1) for spec in part]
    validation = {spec.seed for spec in recipe.validation_clips()}
    held_out = {spec.seed for spec in recipe.held_out_clips(500)}
    staged = {spec.seed for spec in recipe.staged_clips(500, 60)}
    assert len(train) == len(set(train)) == 3000 + 3 * 356
    groups = [set(train), validation, held_out, staged]
    assert len(set().union(*groups)) == sum(len(group) for group in groups)


@pytest.mark.parametrize(("seed", "clips"), [(-1, 10), (800, 10), (0, 0), (0, 600_001)])
def test_a_run_that_would_reach_other_seeds_is_refused(seed: int, clips: int) -> None:
    with pytest.raises(ValueError, match="expected a seed"):
        recipe.training_clips(seed, clips, 1)


@pytest.mark.parametrize("iterations", [1, 20, recipe.ITERATIONS])
def test_the_phases_add_up(iterations: int) -> None:
    schedule = recipe.schedule(0, iterations)
    assert schedule.iterations == iterations
    assert all(side % 32 == 0 for phase in schedule.phases for side in phase.size_wh)


def test_folders_tell_clips_apart() -> None:
    folders = {
        *(recipe.clips_folder(Path(), part) for part in recipe.training_clips(0, 3, 3)),
        recipe.clips_folder(Path(), recipe.training_clips(1, 2, 3)[0]),
        recipe.clips_folder(Path(), recipe.training_clips(0, 2, 4)[0]),
        recipe.clips_folder(Path(), recipe.held_out_clips(2)),
        recipe.clips_folder(Path(), recipe.validation_clips()),
    }
    assert len(folders) == 6
