"""VidEoMT: frame by frame it says what the library says of the whole clip, and its queries are tracks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.worker.models.transformers.conftest import SHAPES_WH, Loaded
from worker.models.base import Plate, VideoModel
from worker.models.transformers.video import VideoQueryModel
from worker.segments import UNTRACKED


@pytest.fixture
def clip(plate_of: Callable[[str], Plate]) -> list[Plate]:
    """Five plates, each a little further to the right."""
    return [np.roll(plate_of("16:9"), 9 * step, axis=1) for step in range(5)]


@pytest.fixture
def video(loaded: Loaded) -> VideoQueryModel:
    model = loaded("videomt")
    assert isinstance(model, VideoQueryModel)
    return model


def test_is_a_model_that_remembers(video: VideoQueryModel) -> None:
    assert isinstance(video, VideoModel)
    assert video.settings["run_length"] == video.run_length


def test_logits_of_a_clip_are_those_of_the_library(
    video: VideoQueryModel, clip: list[Plate], folders: Callable[[str], Path]
) -> None:
    from transformers import VideomtForUniversalSegmentation

    library = VideomtForUniversalSegmentation.from_pretrained(folders("videomt")).eval()
    batch = video.rule.batch(clip, torch.device("cpu"))
    with torch.inference_mode():
        theirs = library(batch[None])
        ours, memory = video.parts.advance(batch, None)
        first, memory = video.parts.advance(batch[:2], None)
        rest, memory = video.parts.advance(batch[2:], memory)
    assert torch.equal(ours.classes, theirs.class_queries_logits)
    assert torch.equal(ours.masks, theirs.masks_queries_logits)
    torch.testing.assert_close(torch.cat([first.masks, rest.masks]), ours.masks, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(torch.cat([first.classes, rest.classes]), ours.classes, atol=1e-4, rtol=1e-4)
    alone = video.raw([clip[4]])
    assert float((alone.classes[0] - ours.classes[4]).abs().max()) > 1e-3, "the memory must matter"


def test_a_query_is_a_track_for_a_run(video: VideoQueryModel, clip: list[Plate]) -> None:
    run = video.begin(3)
    found = [*run.predict(clip[:1]), *run.predict(clip[1:3]), *run.predict(clip[3:])]
    tracks = [{s.track for s in prediction.segments if s.is_thing} for prediction in found]
    assert tracks[0] & tracks[1] & tracks[4]
    every = {track for frame in tracks for track in frame}
    assert all(s.track == UNTRACKED for prediction in found for s in prediction.segments if not s.is_thing)
    other = {s.track for prediction in video.begin(-1).predict(clip) for s in prediction.segments if s.is_thing}
    assert not other & every
    assert UNTRACKED not in other | every


def test_plates_on_their_own_have_no_tracks(video: VideoQueryModel, clip: list[Plate]) -> None:
    first, again = video.predict([clip[0], clip[0]])
    assert {s.track for s in first.segments} == {UNTRACKED}
    assert [s.score for s in first.segments] == [s.score for s in again.segments]


@pytest.mark.parametrize("shape", SHAPES_WH)
def test_any_shape_is_covered_by_the_square(
    video: VideoQueryModel, shape: str, plate_of: Callable[[str], Plate]
) -> None:
    (found,) = video.begin(0).predict([plate_of(shape)])
    assert found.grid_wh == (24, 24)
    assert found.segments
