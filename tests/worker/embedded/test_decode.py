"""Network outputs made by hand, and the segments they must become."""

from __future__ import annotations

import numpy as np
import torch

from worker.embedded.decode import FAINT, decode
from worker.embedded.labels import STUFF_NAMES, THING_NAMES
from worker.embedded.network import KERNEL_CHANNELS, MASK_CHANNELS, Outputs

GRID_WH = (64, 32)


def _outputs() -> Outputs:
    """Outputs that say: sky everywhere, no thing."""
    w, h = GRID_WH
    semantics = torch.full((1, len(STUFF_NAMES) + 1, h, w), -8.0)
    semantics[0, STUFF_NAMES.index("sky-other-merged")] = 8.0
    return Outputs(
        centres=torch.full((1, len(THING_NAMES), h // 4, w // 4), -8.0),
        kernels=torch.zeros((1, KERNEL_CHANNELS, h // 4, w // 4)),
        features=torch.zeros((1, MASK_CHANNELS, h, w)),
        semantics=semantics,
    )


def _put(outputs: Outputs, name: str, cell_xy: tuple[int, int], channel: int, logit: float = 3.0) -> None:
    """A peak whose mask is that mask feature."""
    x, y = cell_xy
    outputs.centres[0, THING_NAMES.index(name), y, x] = logit
    outputs.kernels[0, channel, y, x] = 1.0


def test_an_empty_picture_has_its_stuff_only() -> None:
    prediction = decode(_outputs())
    assert prediction.grid_wh == GRID_WH
    (sky,) = prediction.segments
    assert (sky.category, sky.is_thing, sky.box) == ("sky-other-merged", False, (0, 0, 64, 32))
    assert sky.mask.min() >= 254


def test_a_peak_becomes_a_thing_with_a_tight_box_and_soft_values() -> None:
    outputs = _outputs()
    outputs.features[0, 0] = -9.0
    outputs.features[0, 0, 8:20, 20:40] = 9.0
    outputs.features[0, 0, 20, 20:40] = 0.0
    _put(outputs, "car", (7, 3), 0)
    car = next(s for s in decode(outputs).segments if s.is_thing)
    assert car.category == "car"
    assert car.box == (20, 8, 40, 21)
    assert car.mask[0, 0] == 255
    assert car.mask[-1, 0] == 128
    assert 0.9 < car.score < 0.96


def test_faint_values_become_nothing() -> None:
    outputs = _outputs()
    outputs.features[0, 0] = float(torch.logit(torch.tensor((FAINT - 0.6) / 255)))
    outputs.features[0, 0, 8:20, 20:40] = 9.0
    _put(outputs, "dog", (7, 3), 0)
    dog = next(s for s in decode(outputs).segments if s.is_thing)
    assert dog.box == (20, 8, 40, 20)


def test_the_same_thing_found_twice_is_kept_once() -> None:
    outputs = _outputs()
    outputs.features[0, 0] = -9.0
    outputs.features[0, 0, 8:24, 20:40] = 9.0
    _put(outputs, "person", (6, 3), 0, 3.0)
    _put(outputs, "person", (9, 5), 0, 2.0)
    _put(outputs, "dog", (7, 5), 0, 1.0)
    assert [s.category for s in decode(outputs).segments if s.is_thing] == ["person"]


def test_a_part_of_a_thing_loses_score_but_a_neighbour_does_not() -> None:
    outputs = _outputs()
    for channel, (x0, x1) in enumerate(((8, 28), (10, 16), (36, 56))):
        outputs.features[0, channel] = -9.0
        outputs.features[0, channel, 6:26, x0:x1] = 9.0
    _put(outputs, "person", (4, 3), 0, 3.0)
    _put(outputs, "person", (2, 5), 1, 2.0)
    _put(outputs, "person", (11, 3), 2, 2.5)
    boxes = {s.box: s.score for s in decode(outputs).segments if s.is_thing}
    assert set(boxes) == {(8, 6, 28, 26), (36, 6, 56, 26)}


def test_masks_may_overlap_where_both_are_unsure() -> None:
    outputs = _outputs()
    outputs.features[0, 0] = -9.0
    outputs.features[0, 0, 8:24, 20:40] = 0.4
    _put(outputs, "bus", (7, 3), 0)
    sky, bus = decode(outputs).segments
    assert sky.mask[10, 30] > 250
    assert 140 < bus.mask[2, 2] < 160


def test_segments_come_highest_score_first() -> None:
    outputs = _outputs()
    for channel, logit in ((0, 0.5), (1, 2.0)):
        outputs.features[0, channel] = -9.0
        outputs.features[0, channel, 4:20, 30 * channel : 30 * channel + 20] = 9.0
        _put(outputs, "car", (2 + 8 * channel, 3), channel, logit)
    scores = [s.score for s in decode(outputs).segments]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 3


def test_stuff_without_a_sure_sample_is_left_out() -> None:
    outputs = _outputs()
    outputs.semantics[0, STUFF_NAMES.index("road")] = 7.0
    assert [s.category for s in decode(outputs).segments] == ["sky-other-merged"]


def test_masks_are_contiguous_bytes() -> None:
    (sky,) = decode(_outputs()).segments
    assert sky.mask.dtype == np.uint8
    assert sky.mask.flags.c_contiguous
