"""Tracking on clips with true tracks: real ones with one mask, drawn ones with everything."""

from __future__ import annotations

import os
from functools import cache
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from worker.segments import FramePrediction, Segment, boxed
from worker.thumbnail import with_thumbnail
from worker.tracking import assign

GRID_WH = (320, 180)


@pytest.fixture(scope="module")
def davis() -> Path:
    """The folder with image sequences and the mask of one thing in each frame."""
    folder = Path(os.environ.get("MATTEBRIDGE_TEST_DATA", "")) / "clips" / "davis"
    if "MATTEBRIDGE_TEST_DATA" not in os.environ or not folder.is_dir():
        pytest.skip("MATTEBRIDGE_TEST_DATA has no clips/davis")
    return folder


@cache
def real_clip(folder: Path) -> tuple[FramePrediction, ...]:
    """The first 40 frames of a sequence as a perfect model would see them."""
    out = []
    for frame_path in sorted((folder / "frames").glob("*.jpg"))[:40]:
        with Image.open(frame_path) as frame, Image.open(folder / "masks" / f"{frame_path.stem}.png") as truth:
            plate = np.asarray(frame.convert("RGB"))
            mask = np.asarray(truth.convert("L").resize(GRID_WH, Image.Resampling.BOX))
        found = boxed(mask, threshold=20)
        segments = () if found is None else (Segment("thing", True, 0.9, *found),)
        out.append(with_thumbnail(FramePrediction(GRID_WH, segments), plate))
    return tuple(out)


@pytest.mark.parametrize("name", ["car-shadow", "dog", "kite-surf"])
@pytest.mark.parametrize("hidden_frames", [0, 24], ids=["always seen", "lost for a second"])
def test_one_thing_of_a_real_clip_keeps_its_id(davis: Path, name: str, hidden_frames: int) -> None:
    hidden = range(10, 10 + hidden_frames)
    clip = [
        FramePrediction(GRID_WH, (), prediction.thumbnail) if frame in hidden else prediction
        for frame, prediction in enumerate(real_clip(davis / name))
    ]
    index = assign(enumerate(clip), 24.0)
    assert len(index.frames) == 40
    assert {ids for ids in index.frames.values() if ids} == {(1,)}


@pytest.mark.parametrize(("before", "after"), list(permutations(["car-shadow", "dog", "kite-surf"], 2)))
def test_a_cut_from_one_real_clip_to_another_begins_a_new_track(davis: Path, before: str, after: str) -> None:
    index = assign(enumerate((*real_clip(davis / before), *real_clip(davis / after))), 24.0)
    assert [(track.first_frame, track.last_frame) for track in index.tracks] == [(0, 39), (40, 79)]


def test_drawn_things_keep_their_ids() -> None:
    """People who walk through each other, cars that pass: the ids of exact and of flawed segments."""
    pytest.importorskip("skia", exc_type=ImportError)
    from tests.worker.tracking import measure
    from worker.evaluation.video import SegmentationAndTrackingQuality
    from worker.training.scenes import ClipSpec, draw_clip

    seed = 204
    frames = list(draw_clip(ClipSpec(seed=seed, frames=24, size_wh=measure.SIZE_WH, fps=measure.FPS)))
    truth = measure.samples(frames, measure.EXACT, seed)
    for flaws, allowed in ((measure.EXACT, 0), (measure.FLAWED, 1)):
        clip = measure.samples(frames, flaws, seed)
        index = measure.tracked(clip)
        errors = measure.Errors()
        measure.count_errors(errors, clip, index)
        assert errors.tracks >= 5
        assert errors.switches <= allowed
        assert errors.mixed <= allowed

        found, best = (SegmentationAndTrackingQuality(measure.THINGS) for _ in range(2))
        measure.judge_tracked(found, truth, clip, index)
        measure.judge(best, truth, clip)
        assert found.result().aq > best.result().aq - 0.03
