"""Models that remember: what they find does not depend on what was asked for first, and their tracks are kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridge.errors import FrameUnreadableError, JobCancelledError
from bridge.manifest import read_manifest
from bridge.request import MatteRequest, OnError
from tests.fakes.color_model import LABELS
from tests.fakes.video_model import VideoColorModel
from tests.worker.conftest import CancelAt, quiet
from worker.engine import Engine
from worker.media import open_source
from worker.models import registry
from worker.models.registry import ModelEntry, ModelPool
from worker.predictions import Predictions
from worker.runs import Runs
from worker.segments import FramePrediction
from worker.stages import Stopwatch
from worker.store import Shelf


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> VideoColorModel:
    """The video model, known to the worker as ``colours``."""
    made = VideoColorModel()
    entry = ModelEntry("colours", "follows plain colours", "Apache-2.0", LABELS, lambda *_: made)
    monkeypatch.setattr(registry, "known_models", lambda: {"colours": entry})
    return made


class Desk:
    """Finds predictions of the plates on a shelf of its own."""

    def __init__(self, plates: Path, model: VideoColorModel, engine: Engine, shelf: Path) -> None:
        self.plates, self.model, self.shelf = plates, model, Shelf(shelf)
        self.pool = ModelPool(engine.device)

    def find(self, frames: str, on_error: OnError = OnError.ERROR) -> dict[int, FramePrediction]:
        with open_source(f"{self.plates}/shot.####.png", frames=frames) as source:
            predictions = Predictions(source, self.model, self.pool, self.shelf, Stopwatch())
            bad = predictions.find(on_error, quiet())
            return {frame: predictions.get(frame) for frame in source.frames if frame not in bad}


@pytest.fixture
def desk(plates: Path, model: VideoColorModel, engine: Engine, tmp_path: Path) -> Desk:
    """Plates 1001 to 1012; runs begin at 1000, 1005 and 1010."""
    return Desk(plates, model, engine, tmp_path / "shelf")


def ages(found: dict[int, FramePrediction]) -> dict[int, int]:
    """How many plates its run had seen when a frame was found."""
    return {frame: round((1 - prediction.segments[0].score) * 10) for frame, prediction in found.items()}


def test_every_run_begins_without_memory(desk: Desk) -> None:
    found = ages(desk.find("1001-1012"))
    assert list(found.values()) == [1, 2, 3, 4, 1, 2, 3, 4, 5, 1, 2, 3]
    assert desk.model.began == [200, 201, 202]


def test_a_frame_is_found_as_if_its_run_had_been_asked_for(desk: Desk) -> None:
    assert ages(desk.find("1008")) == {1008: 4}
    # The plates on the way were kept.
    seen = desk.model.calls
    assert ages(desk.find("1005-1007")) == {1005: 1, 1006: 2, 1007: 3}
    assert desk.model.calls == seen


def test_what_is_missing_of_a_run_is_found_from_its_beginning(desk: Desk) -> None:
    desk.find("1005-1006")
    desk.model.began.clear()
    assert ages(desk.find("1001-1012")) == {
        frame: frame - max(1001, frame // 5 * 5) + 1 for frame in range(1001, 1013)
    }
    assert desk.model.began == [200, 201, 202]


def test_a_changed_plate_changes_what_its_run_finds_after_it(desk: Desk) -> None:
    desk.find("1005-1012")
    file = desk.plates / "shot.1007.png"
    os.utime(file, ns=(1, 1))
    seen = desk.model.calls
    desk.find("1005-1006,1010-1012")
    assert desk.model.calls == seen
    desk.find("1005-1012")
    assert desk.model.calls == seen + 5


def test_a_plate_on_the_way_that_cannot_be_read_is_left_out(desk: Desk) -> None:
    (desk.plates / "shot.1006.png").write_bytes(b"no picture")
    assert ages(desk.find("1008")) == {1008: 3}
    with pytest.raises(FrameUnreadableError, match="1006"):
        desk.find("1005-1008")
    assert 1006 not in desk.find("1005-1008", OnError.BLACK)


def test_runs_hold_the_frames_that_there_are(plates: Path) -> None:
    with open_source(f"{plates}/shot.####.png", frames="1001-1002") as source:
        runs = Runs(source, 5)
        assert runs.needed([1007, 1012]) == [1005, 1006, 1007, 1010, 1011, 1012]
        assert runs.needed([]) == []
        assert runs.needed([2000]) == [2000]


def test_an_interrupted_export_ends_as_if_it_had_not_been(
    engine: Engine, plates: Path, tmp_path: Path, model: VideoColorModel
) -> None:
    def request(out: str) -> MatteRequest:
        return MatteRequest(
            source=f"{plates}/shot.####.png", out=str(tmp_path / out), model="colours", tracks=True
        )

    with pytest.raises(JobCancelledError):
        engine.export(request("cut"), CancelAt("finding segments", 7))
    resumed = read_manifest(engine.export(request("cut"), quiet()))
    assert model.began[-1] == 202
    # One person, over three runs whose numbers differ.
    assert [
        (track.id, track.category, track.frames) for track in resumed.tracks if track.category == "person"
    ] == [(resumed.tracks[0].id, "person", 12)]
    assert sorted(track.id for track in resumed.tracks) == [1, 2, 3]
