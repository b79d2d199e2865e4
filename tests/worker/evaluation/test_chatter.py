"""Chatter of discs whose jitter is known."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from tests.worker.evaluation.matte_scene import Scene
from worker.evaluation.chatter import Chatter, border_box, chatter
from worker.evaluation.matte_motion import Followed, follow_mattes, follow_plates

JITTERS_PX = (0.0, 0.25, 0.5, 1.0, 2.0)

SCENES = {
    "nothing moves": Scene(),
    "the camera pans": Scene(disc=(4.6, 2.2), ground=(4.6, 2.2)),
    "the disc moves": Scene(disc=(3.3, 1.7)),
    "disc and ground move apart": Scene(disc=(3.3, 1.7), ground=(-1.2, 0.5)),
}


@cache
def by_the_plates(scene: Scene) -> Followed:
    return follow_plates(scene.plate(0), scene.plate(1))


def flicker(scene: Scene, grown_px: float = 0.0, soft_px: float = 1.0, by_plates: bool = True) -> Chatter:
    """Chatter where the edge of the second matte lies `grown_px` too far out."""
    before, after = scene.matte(0, soft_px=soft_px), scene.matte(1, grown_px, soft_px)
    followed = by_the_plates(scene) if by_plates else follow_mattes(before, after)
    found = chatter(before, after, followed)
    assert found is not None
    return found


@pytest.mark.parametrize("by_plates", [True, False], ids=["by plates", "by mattes"])
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())
def test_chatter_is_the_jitter_whatever_moves(scene: Scene, by_plates: bool) -> None:
    found = [flicker(scene, jitter, by_plates=by_plates) for jitter in JITTERS_PX]
    # Motion between a moving thing and its ground is known to a third of a pixel; that is the floor.
    assert found[0].jump_px < (0.35 if by_plates and scene.disc != scene.ground else 0.15)
    assert found[0].mean < 0.06
    for chatters in ([f.jump_px for f in found], [f.mean for f in found], [f.p95 for f in found]):
        assert chatters == sorted(chatters)
    for jitter, one in zip(JITTERS_PX[2:], found[2:], strict=True):
        assert one.jump_px == pytest.approx(jitter, abs=0.2)
        assert one.judged > 0.8


def test_the_band_of_a_hard_edge_is_five_pixels() -> None:
    """An edge between pixels jumps by one: the band is the column that turns, and 2 on either side of it."""
    before = np.zeros((30, 30), np.float32)
    before[:, 15:] = 1
    after = np.roll(before, -1, 1)
    after[:, -1] = 1
    still = follow_plates(np.zeros((30, 30, 3), np.uint8), np.zeros((30, 30, 3), np.uint8))
    found = chatter(before, after, still)
    assert found is not None
    assert (found.mean, found.p95, found.jump_px, found.judged) == pytest.approx((0.2, 1.0, 1.0, 1.0))


def test_a_soft_edge_jumps_as_far_as_a_hard_one() -> None:
    hard, soft = flicker(Scene(), 1.0), flicker(Scene(), 1.0, soft_px=8.0)
    assert hard.jump_px == pytest.approx(soft.jump_px, abs=0.05)
    assert hard.p95 > 4 * soft.p95


def test_a_matte_that_stays_behind_chatters() -> None:
    scene = Scene(disc=(2.0, 0.0), ground=(2.0, 0.0))
    stuck = scene.matte(0)
    found = chatter(stuck, stuck, by_the_plates(scene))
    assert found is not None
    # The mean of |2 cos| around the disc.
    assert found.jump_px == pytest.approx(4 / math.pi, abs=0.1)


def test_across_a_cut_nothing_is_judged() -> None:
    scene = Scene()
    other = np.ascontiguousarray(scene.plate(0)[::-1, ::-1])
    assert chatter(scene.matte(0), scene.matte(0), follow_plates(scene.plate(0), other)) is None


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_matte_without_a_border_is_not_judged(value: float) -> None:
    flat = np.full((30, 30), value, np.float32)
    assert chatter(flat, flat, follow_mattes(flat, flat)) is None
    assert border_box([flat], 4) is None


def test_a_matte_that_vanishes_is_all_chatter() -> None:
    full = np.ones((30, 30), np.float32)
    found = chatter(full, np.zeros_like(full), follow_mattes(full, full))
    assert found is not None
    assert found.mean == pytest.approx(1.0)


def test_the_box_holds_the_borders_of_all_mattes() -> None:
    mattes = [np.zeros((40, 50), np.float32) for _ in range(2)]
    mattes[0][10:20, 12:18] = 1
    mattes[1][15:30, 14:16] = 1
    # Two pixels of the band and three of the margin.
    assert border_box(mattes, 3) == (slice(5, 35), slice(7, 23))
