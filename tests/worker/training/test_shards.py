"""Drawn clips on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("skia", exc_type=ImportError)

from worker.training import shards
from worker.training.scenes import ClipSpec, DrawnFrame, DrawnSegment, draw_clip
from worker.training.shards import ShardReader, draw_shards, store, unstore


def test_a_frame_comes_back_but_for_rounding() -> None:
    (frame,) = draw_clip(ClipSpec(7, 1, (160, 90)))
    back = unstore(store(frame))
    assert np.abs(back.rgb.astype(int) - frame.rgb).mean() < 6
    by_box = {(s.category, s.box): s for s in back.segments}
    assert len(by_box) == len(back.segments)
    total = np.zeros((90, 160))
    for segment in back.segments:
        x0, y0, x1, y1 = segment.box
        total[y0:y1, x0:x1] += segment.alpha
    # Each of a few coverages is rounded by up to half a step.
    assert np.abs(total - 255).max() <= 3


def test_a_segment_too_faint_for_eight_bits_is_left_out() -> None:
    alphas = np.stack([np.ones((8, 8)), np.full((8, 8), 1e-4)]).astype(np.float32)
    segments = (DrawnSegment(1, "road", False), DrawnSegment(2, "dog", True))
    back = unstore(store(DrawnFrame(np.zeros((8, 8, 3), np.uint8), segments, alphas)))
    assert [(s.category, s.track) for s in back.segments] == [("road", 1)]


def test_shards_are_drawn_once_and_read_by_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "CLIPS_PER_SHARD", 2)
    specs = [ClipSpec(seed, 2, (64, 36), 1.0) for seed in range(3)]
    done: list[int] = []
    paths = draw_shards(tmp_path, specs, 1, done.append)
    assert done == [4, 2]
    reader = ShardReader(paths)
    assert len(reader) == 6
    drawn = [unstore(store(frame)) for spec in specs for frame in draw_clip(spec)]
    for stored, fresh in zip(reader, drawn, strict=True):
        assert (stored.rgb == fresh.rgb).all()
    with pytest.raises(IndexError):
        reader[6]
    before = {path: path.stat().st_mtime_ns for path in paths}
    assert draw_shards(tmp_path, specs, 1) == paths
    assert {path: path.stat().st_mtime_ns for path in paths} == before


def test_a_shard_without_index_is_drawn_again(tmp_path: Path) -> None:
    specs = [ClipSpec(3, 1, (64, 36))]
    (path,) = draw_shards(tmp_path, specs, 1)
    path.with_suffix(".index.npy").unlink()
    path.write_bytes(b"half a shard")
    draw_shards(tmp_path, specs, 1)
    assert ShardReader([path])[0].rgb.shape == (36, 64, 3)
