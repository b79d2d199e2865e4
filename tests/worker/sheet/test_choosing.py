"""Which frames a sheet shows."""

from __future__ import annotations

import numpy as np

from bridge.borders import DEFAULT_POLICY
from tests.fakes.color_model import LABELS
from worker.layers import LayerSpec, settle_layers
from worker.segments import FramePrediction, Segment
from worker.sheet import SheetPlan, plan_sheet
from worker.tracking import Track, TrackIndex, spans

GRID_WH = (16, 9)


def segment(track: int, size: int) -> Segment:
    mask = np.full((1, size), 255, np.uint8)
    return Segment("person", True, 0.9, (0, track, size, track + 1), mask, track)


def plan_of(shown: dict[int, dict[int, int]], layers: tuple[LayerSpec, ...] | None = None) -> SheetPlan:
    """The plan for frames whose tracks, all persons, have so many samples."""
    ids = {frame: tuple(tracks) for frame, tracks in shown.items()}
    tracks = [Track(i, "person", True, *span) for i, span in spans(ids).items()]
    index = TrackIndex(ids, tuple(tracks))
    if layers is None:
        layers = layers_of(*(track.id for track in tracks))

    def found(frame: int) -> FramePrediction:
        return FramePrediction(GRID_WH, tuple(segment(i, size) for i, size in shown[frame].items()))

    return plan_sheet(sorted(shown), index, layers, found)


def layers_of(*tracks: int, categories: tuple[str, ...] = ("person",)) -> tuple[LayerSpec, ...]:
    return settle_layers({"person": tracks}, categories, DEFAULT_POLICY, LABELS, tracks=True)


def names(plan: SheetPlan) -> dict[int, list[str]]:
    return {frame: [layer.name for layer in layers] for frame, layers in plan.best.items()}


def test_each_layer_is_shown_where_it_is_largest() -> None:
    plan = plan_of({1: {1: 9, 2: 1}, 2: {1: 2, 2: 3}, 3: {1: 2, 2: 1}})
    assert names(plan) == {1: ["person", "person_1"], 2: ["person_2"]}
    assert plan.whole == plan.frames == (1, 2, 3)
    assert plan.absent == ()


def test_whole_frames_are_spread_over_the_range() -> None:
    plan = plan_of({frame: {1: 4} for frame in range(1001, 1101)})
    assert plan.whole == (1013, 1038, 1063, 1088)
    assert names(plan) == {1005: ["person", "person_1"]}, "the first of those that are equally large"


def test_a_track_that_is_seen_between_the_frames_that_are_looked_at() -> None:
    shown = {frame: {1: 4} for frame in range(1, 1001)}
    shown |= {frame: {1: 4, 2: 2} for frame in (510, 511, 512)}
    assert names(plan_of(shown))[511] == ["person", "person_2"], "with both, persons are largest there too"


def test_layers_that_no_frame_shows() -> None:
    plan = plan_of({1: {1: 4}, 2: {}}, layers_of(1, categories=("person", "car")))
    assert names(plan) == {1: ["person", "person_1"]}
    assert [layer.name for layer in plan.absent] == ["car"]
    assert plan.frames == (1, 2)
