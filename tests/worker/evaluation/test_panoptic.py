"""Panoptic quality on arrays small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from worker.evaluation.panoptic import Counts, PanopticMap, PanopticScore, count_picture, score_pictures, table


def _map(rows: list[list[int]], crowds: frozenset[int] = frozenset(), **names: int) -> PanopticMap:
    """A map from rows of ids; `names` gives ids by category, a trailing underscore and number set aside."""
    return PanopticMap(np.array(rows), {i: name.split("_")[0] for name, i in names.items()}, crowds)


def test_a_perfect_prediction_scores_one_whatever_its_ids() -> None:
    truth = _map([[1, 1, 2], [1, 1, 2]], sky=1, car=2)
    predicted = _map([[7, 7, 4], [7, 7, 4]], sky=7, car=4)
    assert score_pictures([(truth, predicted)]).mean().pq == 1.0


def test_an_overlap_above_one_half_is_a_match_with_its_iou() -> None:
    truth = _map([[1, 1, 1, 2]], car_1=1, car_2=2)
    predicted = _map([[1, 1, 2, 2]], car_1=1, car_2=2)
    counts = count_picture(truth, predicted)["car"]
    # Car 1 matches with 2 of 3 pixels; car 2 overlaps with 1 of 2, which is not above one half.
    assert counts == Counts(iou=2 / 3, true_positives=1, false_positives=1, false_negatives=1)
    quality = score_pictures([(truth, predicted)]).quality("car")
    assert quality is not None
    assert (quality.pq, quality.sq, quality.rq) == pytest.approx((1 / 3, 2 / 3, 0.5))


def test_a_wrong_category_is_a_miss_and_a_false_alarm() -> None:
    counts = count_picture(_map([[1, 1]], car=1), _map([[1, 1]], bus=1))
    assert counts == {"car": Counts(false_negatives=1), "bus": Counts(false_positives=1)}


def test_void_pixels_of_the_truth_count_for_no_union() -> None:
    truth = _map([[1, 1, 0, 0]], car=1)
    predicted = _map([[1, 1, 1, 1]], car=1)
    assert count_picture(truth, predicted)["car"] == Counts(iou=1.0, true_positives=1)


@pytest.mark.parametrize(
    ("truth_row", "alarms"),
    [
        pytest.param([0, 0, 1], 0, id="mostly on void, is forgiven"),
        pytest.param([0, 1, 1], 1, id="mostly elsewhere, is an alarm"),
        pytest.param([0, 0, 1, 1], 1, id="half on void, is an alarm"),
    ],
)
def test_a_prediction_on_void(truth_row: list[int], alarms: int) -> None:
    predicted = _map([[1] * len(truth_row)], dog=1)
    counts = count_picture(_map([truth_row], sky=1), predicted)
    assert counts.get("dog", Counts()).false_positives == alarms


def test_crowds_are_never_missed_and_forgive_their_own_category_only() -> None:
    truth = _map([[1, 1, 1, 1]], frozenset({1}), person=1)
    counts = count_picture(truth, _map([[1, 1, 2, 2]], person=1, dog=2))
    assert counts == {"dog": Counts(false_positives=1)}


def test_categories_that_never_occur_take_no_part_in_the_mean() -> None:
    score = PanopticScore({"car": Counts(iou=0.8, true_positives=1)})
    assert score.mean(["car", "bus"]).pq == pytest.approx(0.8)
    assert score.quality("bus") is None
    assert [name for name, _ in table(score, ["bus", "car"])] == ["car"]


def test_nothing_to_score_is_zero_rather_than_an_error() -> None:
    assert score_pictures([]).mean().pq == 0.0


def test_maps_of_different_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(1, 2\).*\(1, 3\)"):
        count_picture(_map([[1, 1]], car=1), _map([[1, 1, 1]], car=1))


def test_an_id_without_category_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\[2\]"):
        _map([[1, 2]], car=1)
