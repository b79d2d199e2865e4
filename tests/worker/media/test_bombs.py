"""A few bytes that ask for gigabytes get an error, and no memory."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bridge.errors import FrameUnreadableError, SourceUnreadableError
from tests.peaks import forget_peak, peak_bytes
from tests.worker.media import bombs
from tests.worker.media.made import write_image
from worker.media import open_source
from worker.media.limits import check_chunks, check_promise
from worker.media.unreadable import UnreadableError

MOST_BYTES = 1 << 30

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")

ALL = [*bombs.PICTURES, *bombs.MOVIES]


@needs_linux
@pytest.mark.parametrize("size_wh", [(65500, 65500), (16384, 8192)], ids=["beyond the limit", "at the limit"])
@pytest.mark.parametrize("make", ALL, ids=[make.__name__ for make in ALL])
def test_a_bomb_is_refused_before_memory_is_taken(
    tmp_path: Path, make: Callable[[Path, tuple[int, int]], Path], size_wh: tuple[int, int]
) -> None:
    path = make(tmp_path, size_wh)
    assert path.stat().st_size < 100_000
    holds = forget_peak(os.getpid())
    says = "16384 a side and 134 million pixels" if size_wh[0] == 65500 else "16384 x 8192.* too small|134 million"
    with pytest.raises(SourceUnreadableError, match=says):
        open_source(str(path))
    assert peak_bytes(os.getpid()) - holds < MOST_BYTES


@needs_linux
@pytest.mark.parametrize("make", ALL, ids=[make.__name__ for make in ALL])
def test_a_lie_that_could_be_true_takes_no_more_than_a_camera_would(
    tmp_path: Path, make: Callable[[Path, tuple[int, int]], Path]
) -> None:
    path = make(tmp_path, (8192, 4320))
    holds = forget_peak(os.getpid())
    if make is bombs.exr_display:  # a small picture in a large frame is no lie
        with open_source(str(path)) as source:
            assert source.read(1).shape == (4320, 8192, 3)
    else:
        with pytest.raises((SourceUnreadableError, FrameUnreadableError)), open_source(str(path)) as source:
            source.read(1)
    assert peak_bytes(os.getpid()) - holds < MOST_BYTES


def test_a_black_picture_may_be_packed_tightly(tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.exr", np.zeros((5000, 8000, 3), np.float16), pixel_type="half")
    with open_source(str(path)) as source:
        assert source.size_wh == (8000, 5000)


def test_a_promise_is_held_against_the_file() -> None:
    check_promise(8192, 4320, 6, 100)
    check_promise(16384, 8192, 6, 200_000)
    with pytest.raises(UnreadableError, match="16384 x 8192, and its file of 100000 bytes is too small"):
        check_promise(16384, 8192, 6, 100_000)


def test_lines_and_tiles_that_are_unpacked_together_are_limited(tmp_path: Path) -> None:
    check_chunks(8192, 8, "dwab", (0, 0))
    check_chunks(8192, 2000, "zips", (0, 0))
    with pytest.raises(UnreadableError, match="4000 MB unpacked"):
        check_chunks(8192, 2000, "dwab", (0, 0))
    with pytest.raises(UnreadableError, match="tiles"):
        check_chunks(8192, 16, "zip", (8192, 8192))
    names = ("R", "G", "B", *(f"aov{i}.Z" for i in range(197)))
    path = write_image(
        tmp_path / "a.exr", np.zeros((4, 8192, 200), np.float32), channels=names, compression="dwab"
    )
    with pytest.raises(SourceUnreadableError, match="packed together"):
        open_source(str(path))


def test_a_plate_that_is_shown_in_bands_has_no_seams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ramp = np.linspace(0, 2, 40 * 30 * 3, dtype=np.float32).reshape(30, 40, 3)
    path = write_image(tmp_path / "a.exr", ramp)
    with open_source(str(path)) as source:
        whole = source.read(1)
        monkeypatch.setattr("worker.media.display._PIXELS_AT_ONCE", 90)
        np.testing.assert_array_equal(source.read(1), whole)
