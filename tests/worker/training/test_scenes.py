"""Drawn clips: the same twice, exact in coverage, steady in ids, and moving."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

pytest.importorskip("skia", exc_type=ImportError)

from worker.embedded.labels import LABELS
from worker.training.scenes import ClipSpec, DrawnFrame, draw_clip

SIZE_WH = (192, 108)


@cache
def clip(seed: int, frames: int = 4, fps: float = 4.0) -> tuple[DrawnFrame, ...]:
    """A small clip; drawn once for all tests that look at it."""
    return tuple(draw_clip(ClipSpec(seed, frames, SIZE_WH, fps)))


SEEDS = pytest.mark.parametrize("seed", [1, 2, 3, 910000174])


@SEEDS
def test_a_seed_gives_the_same_bytes_again(seed: int) -> None:
    again = tuple(draw_clip(ClipSpec(seed, 2, SIZE_WH, 4.0)))
    once_more = tuple(draw_clip(ClipSpec(seed, 2, SIZE_WH, 4.0)))
    for a, b in zip(again, once_more, strict=True):
        assert a.rgb.tobytes() == b.rgb.tobytes()
        assert a.alphas.tobytes() == b.alphas.tobytes()
        assert a.segments == b.segments


def test_other_seeds_give_other_clips() -> None:
    assert (clip(1)[0].rgb != clip(2)[0].rgb).any()


@SEEDS
def test_visible_coverages_add_up_to_one(seed: int) -> None:
    for frame in clip(seed):
        assert frame.rgb.dtype == np.uint8
        assert frame.alphas.shape == (len(frame.segments), SIZE_WH[1], SIZE_WH[0])
        assert frame.alphas.min() >= 0.0
        assert np.abs(frame.alphas.sum(axis=0) - 1.0).max() < 1e-5


@SEEDS
def test_coverage_is_soft_at_edges(seed: int) -> None:
    alphas = np.concatenate([frame.alphas for frame in clip(seed)])
    partial = ((alphas > 0.02) & (alphas < 0.98)).any(axis=0).mean()
    assert 0.005 < partial < 0.5


@SEEDS
def test_a_track_keeps_its_category_and_stuff_has_one_track(seed: int) -> None:
    categories: dict[int, str] = {}
    for frame in clip(seed):
        tracks = [segment.track for segment in frame.segments]
        assert tracks == sorted(set(tracks))
        for segment in frame.segments:
            assert categories.setdefault(segment.track, segment.category) == segment.category
            assert segment.is_thing == LABELS[segment.category].is_thing
    stuff = [name for name in categories.values() if not LABELS[name].is_thing]
    assert len(stuff) == len(set(stuff))


def test_the_panoptic_map_names_the_track_that_covers_most() -> None:
    frame = clip(1)[0]
    ids = frame.panoptic_map()
    assert set(np.unique(ids)) <= {segment.track for segment in frame.segments}
    y, x = 50, 90
    best = int(frame.alphas[:, y, x].argmax())
    assert ids[y, x] == frame.segments[best].track


def _middles(frames: tuple[DrawnFrame, ...]) -> dict[int, list[float]]:
    """The x of each thing's middle by frame, for things that stay clear of the picture's sides."""
    found: dict[int, list[float]] = {}
    for frame in frames:
        for segment, alpha in zip(frame.segments, frame.alphas, strict=True):
            clear = alpha[:, 0].max() == 0 and alpha[:, -1].max() == 0
            if segment.is_thing and clear and alpha.sum() > 60:
                middle = float((alpha.sum(axis=0) * np.arange(alpha.shape[1])).sum() / alpha.sum())
                found.setdefault(segment.track, []).append(middle)
    return found


def test_the_persons_of_the_sample_clip_cross() -> None:
    frames = tuple(draw_clip(ClipSpec(910000174, 3, SIZE_WH, 1.2)))
    middles = [xs for xs in _middles(frames).values() if len(xs) >= 2]
    moves = [abs(xs[1] - xs[0]) for xs in middles]
    assert max(moves) > 10
    order_first = np.argsort([xs[0] for xs in middles])
    order_last = np.argsort([xs[1] for xs in middles])
    assert order_first.tolist() != order_last.tolist()


def test_a_clip_can_be_drawn_at_any_size() -> None:
    for size in ((64, 96), (50, 50), (320, 100)):
        (frame,) = draw_clip(ClipSpec(5, 1, size))
        assert frame.rgb.shape == (size[1], size[0], 3)
        assert np.abs(frame.alphas.sum(axis=0) - 1.0).max() < 1e-5


def test_every_category_occurs_within_a_few_clips() -> None:
    missing = set(LABELS.names)
    for seed in range(40, 70):
        missing -= {s.category for s in next(draw_clip(ClipSpec(seed, 1, (96, 54)))).segments}
        if not missing:
            break
    assert not missing


def test_hair_can_be_a_segment_of_its_own() -> None:
    whole = next(draw_clip(ClipSpec(19, 1, SIZE_WH)))
    parted = next(draw_clip(ClipSpec(19, 1, SIZE_WH, hair=True)))
    assert np.array_equal(parted.rgb, whole.rgb)
    hair = [s.category for s in parted.segments].index("hair")
    assert not parted.segments[hair].is_thing
    assert parted.alphas.min() > -1e-6
    np.testing.assert_allclose(parted.alphas.sum(0), 1.0, atol=1e-5)
    # What the hair has, it took from persons, and from nothing else.
    taken = parted.alphas[hair].copy()
    for segment, alpha in zip(whole.segments, whole.alphas, strict=True):
        same = parted.alphas[[s.track for s in parted.segments].index(segment.track)]
        if segment.category == "person":
            taken -= alpha - same
        else:
            np.testing.assert_allclose(same, alpha, atol=1e-6)
    np.testing.assert_allclose(taken, 0.0, atol=1e-5)
    assert parted.alphas[hair].max() > 0.99


@pytest.mark.parametrize("seed", [800100000, 800100004])
def test_in_a_staged_clip_people_cross_and_one_leaves_and_comes_back(seed: int) -> None:
    frames = tuple(draw_clip(ClipSpec(seed, 60, SIZE_WH, 24.0, staged=True)))[::3]
    seen: dict[int, list[int]] = {}
    places: dict[int, dict[int, float]] = {}
    for number, frame in enumerate(frames):
        for segment, alpha in zip(frame.segments, frame.alphas, strict=True):
            if segment.is_thing and (alpha > 0.5).sum() > 20:
                seen.setdefault(segment.track, []).append(number)
                places.setdefault(segment.track, {})[number] = float(np.nonzero(alpha > 0.5)[1].mean())
    gaps = [np.diff(numbers).max() for numbers in seen.values() if len(numbers) > 1]
    assert max(gaps) > 2
    sides = [
        np.sign([one[n] - other[n] for n in sorted(one.keys() & other.keys())])
        for one in places.values()
        for other in places.values()
    ]
    assert any(signs.size and signs[0] * signs[-1] < 0 for signs in sides)
