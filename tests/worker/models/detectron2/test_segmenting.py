"""Which instances and which stuff become segments."""

from __future__ import annotations

import torch

from tests.worker.models.detectron2.small import LABELS
from worker.models.detectron2.classes import Classes, classes_for, joint, separated
from worker.models.detectron2.segmenting import Instances, Settings, stuff_segments, thing_segments
from worker.segments import Segment

SIZE_WH, GRID_WH = (64, 48), (32, 24)


def found(*boxes: tuple[float, float, float, float], classes: list[int], scores: list[float]) -> list[Segment]:
    """The segments of full masks in boxes."""
    instances = Instances(
        torch.tensor(scores), torch.tensor(classes), torch.tensor(boxes), torch.ones((len(boxes), 28, 28))
    )
    return thing_segments(instances, separated(LABELS), SIZE_WH, GRID_WH, Settings(0.5, 0))


def test_what_a_better_instance_shows_is_not_shown_again() -> None:
    kept = found((10, 10, 40, 40), (11, 10, 41, 40), (10, 10, 40, 40), classes=[0, 0, 1], scores=[0.8, 0.9, 0.7])
    assert [(s.category, round(s.score, 2)) for s in kept] == [("person", 0.9)]


def test_a_part_of_a_thing_repeats_it_and_another_thing_on_it_does_not() -> None:
    kept = found((10, 10, 50, 44), (20, 20, 30, 30), (32, 20, 40, 30), classes=[0, 0, 2], scores=[0.9, 0.8, 0.7])
    assert [s.category for s in kept] == ["person", "dog"]
    person, dog = kept
    x0, y0, x1, y1 = dog.box
    left, top = person.box[:2]
    # Both masks are whole where they overlap.
    assert person.mask[y0 - top : y1 - top, x0 - left : x1 - left].min() > 250
    assert dog.mask.max() == 255


def test_neighbours_stay() -> None:
    kept = found((4, 10, 24, 40), (20, 10, 40, 40), classes=[0, 0], scores=[0.9, 0.8])
    assert len(kept) == 2


def test_low_scores_and_empty_boxes_are_left_out() -> None:
    kept = found((4, 4, 20, 20), (30, 30, 30, 40), (30, 4, 50, 20), classes=[0, 0, 1], scores=[0.49, 0.9, 0.6])
    assert [s.category for s in kept] == ["car"]


def test_stuff_needs_to_prevail_in_enough_of_the_picture() -> None:
    probabilities = torch.zeros((4, 24, 32))
    probabilities[1] = 0.6
    probabilities[0, :, 20:] = 0.9
    probabilities[1, :, 20:] = 0.1
    probabilities[2, 0, :4] = 0.7
    stuff = stuff_segments(probabilities, separated(LABELS), SIZE_WH, Settings(0.5, 100))
    # Road prevails in four cells of four pixels.
    assert [s.category for s in stuff] == ["sky"]
    assert abs(stuff[0].score - 0.6) < 1e-6
    assert stuff[0].mask[0, 31] == 26
    again = stuff_segments(probabilities, separated(LABELS), SIZE_WH, Settings(0.5, 16))
    assert [s.category for s in again] == ["sky", "road"]


def test_the_numbering_follows_from_the_number_of_channels() -> None:
    assert classes_for(LABELS, 4) == Classes(
        ("person", "car", "dog"), ("", "sky", "road", "tree"), frozenset({"person", "car", "dog"})
    )
    assert classes_for(LABELS, 6) == joint(LABELS)
    assert joint(LABELS).thing_channels == (0, 2, 4)
    assert joint(LABELS).stuff_channels == (1, 3, 5)
