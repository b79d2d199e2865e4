"""Maps of tracks, and the counting of id switches."""

from __future__ import annotations

import numpy as np
import pytest

from worker.evaluation.merge import LeastScores
from worker.evaluation.panoptic import PanopticMap
from worker.evaluation.tracked import Switches, tracked_map, true_map, with_track_scores
from worker.segments import FramePrediction, Segment
from worker.training.shards import StoredFrame, StoredSegment

LEAST = LeastScores(thing=0.3, stuff=0.5)


def person(x0: int, track: int, score: float = 0.9) -> Segment:
    return Segment("person", True, score, (x0, 0, x0 + 4, 8), np.full((8, 4), 255, np.uint8), track)


def frame(*tracks: int, category: str = "person") -> PanopticMap:
    """Bands of ten pixels each, one a track; 0 is void."""
    return PanopticMap(np.repeat(np.array(tracks), 10)[None], {t: category for t in tracks if t})


def test_the_map_has_tracks_for_ids() -> None:
    found = tracked_map(FramePrediction((16, 8), (person(0, 7), person(8, 3, 0.2), person(12, 5))), (16, 8), LEAST)
    assert found.categories == {7: "person", 5: "person"}
    assert (found.ids[:, :4] == 7).all()
    assert (found.ids[:, 12:] == 5).all()
    assert (found.ids[:, 4:12] == 0).all()


def test_a_segment_gets_the_mean_score_of_its_track() -> None:
    clip = [FramePrediction((16, 8), (person(0, 1, score), person(8, 2, 0.5))) for score in (0.2, 0.6)]
    scores = [[segment.score for segment in p.segments] for p in with_track_scores(clip)]
    assert scores == [[pytest.approx(0.4), 0.5]] * 2


def test_the_truth_has_the_tracks_that_were_drawn() -> None:
    full = np.full((10, 20), 255, np.uint8)
    segments = (StoredSegment("person", True, (0, 0, 20, 10), full, 9),)
    found = true_map(StoredFrame(np.zeros((10, 20, 3), np.uint8), segments))
    assert (found.ids == 9).all()
    assert found.categories == {9: "person"}


@pytest.mark.parametrize(
    ("given", "switches", "found"),
    [
        ([5, 5, 5], 0, 3),
        ([5, 6, 6], 1, 3),
        ([5, 6, 5], 2, 3),
        pytest.param([5, 0, 5], 0, 2, id="missed for a frame"),
        pytest.param([5, 0, 6], 1, 2, id="another id after a miss"),
    ],
)
def test_a_switch_is_another_id_than_the_last_time(given: list[int], switches: int, found: int) -> None:
    counted = Switches(("person",))
    for track in given:
        counted.add_frame(frame(1, 0), frame(track, 0))
    assert (counted.switches, counted.found, counted.frames) == (switches, found, 3)
    assert counted.per_300_frames == 100 * switches


def test_stuff_does_not_count_and_clips_have_nothing_to_do_with_each_other() -> None:
    counted = Switches(("person",))
    for track in (5, 6):
        counted.add_frame(frame(1, category="sky"), frame(track))
        counted.add_frame(frame(1), frame(track))
        counted.end_clip()
    assert (counted.switches, counted.frames) == (0, 2)
