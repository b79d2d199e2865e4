"""Lag, ghosts and errors of mattes against a true edge that moves; and the whole measure on a drawn clip."""

from __future__ import annotations

import numpy as np
import pytest

from worker.evaluation.matte_motion import Followed
from worker.evaluation.steadiness import Matte, Steadiness


def edge(x: float) -> Matte:
    """Covered up to column `x`. Shape (24, 64)."""
    return np.repeat(np.clip(x - np.arange(64), 0, 1)[None].astype(np.float32), 24, axis=0)


STILL = Followed(np.zeros((2, 24, 64), np.float32), np.ones((24, 64), np.bool_))
TRUE = (edge(20), edge(24), edge(28))


def judged(before: Matte, after: Matte) -> Steadiness:
    out = Steadiness()
    out.add_pair(before, after, TRUE, STILL)
    return out


def test_the_truth_itself_has_no_error_no_lag_and_no_ghost() -> None:
    found = judged(TRUE[0], TRUE[1])
    for name in ("fast_error", "hole", "lag"):
        assert found.mean(name) == pytest.approx(0, abs=1e-6)


def test_a_matte_one_frame_behind_lags_by_one_and_leaves_holes() -> None:
    found = judged(edge(16), edge(20))
    assert found.mean("lag") == pytest.approx(1.0, abs=0.01)
    assert found.mean("hole") == pytest.approx(1.0)
    assert judged(edge(24), edge(28)).mean("lag") == pytest.approx(-1.0, abs=0.01)


def test_what_is_left_behind_is_a_ghost() -> None:
    out = Steadiness()
    out.add_pair(edge(28), np.maximum(edge(24), 0.3 * edge(28)), (edge(28), edge(24), edge(20)), STILL)
    assert out.mean("ghost") == pytest.approx(0.3, abs=1e-3)


def test_a_mean_over_nothing_is_not_a_number_and_clips_add_up() -> None:
    one = judged(edge(16), edge(20))
    assert np.isnan(one.mean("ghost"))
    both = Steadiness()
    both.add(one)
    both.add(judged(TRUE[0], TRUE[1]))
    assert both.mean("hole") == pytest.approx(0.5)


def test_a_short_drawn_clip_is_judged_from_plates_to_figures() -> None:
    pytest.importorskip("skia", exc_type=ImportError)
    from worker.embedded.model import EmbeddedModel
    from worker.evaluation.drawn_video import Report, figures, judge_clip
    from worker.training.scenes import ClipSpec, draw_clip
    from worker.training.shards import store, unstore

    frames = [unstore(store(f)) for f in draw_clip(ClipSpec(800100007, 4, (320, 180), 24.0, staged=True))]
    total = Report()
    total.add(judge_clip(EmbeddedModel.load(), frames, 24.0, reach=1))
    found = figures(total)
    assert found["frames"] == 4
    assert 0.3 < found["stq"] <= 1
    assert 30 < found["vpq"]["1"] <= 100
    # No window of ten frames fits in: there is nothing to be found.
    assert found["vpq"]["10"] == 0
    assert found["track_frames"] >= found["track_frames_found"] > 0
    assert found["smoothed"]["jump_px"] < found["found"]["jump_px"]
    assert found["tracking_share"] > 0
