"""Frames that ended the process before are not decoded again, and cost as few others as can be."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.errors import FrameUnreadableError
from tests.worker.media.made import number_of, write_movie
from worker import signs
from worker.media import Source, open_source
from worker.media.movie_decoder import MovieDecoder
from worker.shared_record import Avoided, Record

Avoid = Callable[..., None]

ORDERS = [list(range(1, 31)), list(range(30, 0, -1)), [*range(1, 31, 2), *range(2, 31, 2)]]


@pytest.fixture
def avoid(monkeypatch: pytest.MonkeyPatch) -> Avoid:
    """Have this process avoid frames of a file."""
    monkeypatch.setattr(signs, "_here", type(signs._here)())

    def them(file: Path, *frames: int, stamp: str | None = None, lasts_s: float = 60.0) -> None:
        stamp = signs.file_stamp(str(file))[0] if stamp is None else stamp
        avoided = [Avoided(str(file), frame, stamp, "crashed", time.time() + lasts_s) for frame in frames]
        signs.adopt(Record(), avoided)

    return them


def unreadable(source: Source, order: list[int]) -> list[int]:
    """The frames that cannot be read; the others must show what they are."""
    found = []
    for frame in order:
        try:
            assert number_of(source.read(frame)) == frame - 1
            assert source.why_avoided(frame) is None
        except FrameUnreadableError as error:
            assert "crashed, twice" in str(error)
            assert source.why_avoided(frame) is not None
            found.append(frame)
    return sorted(found)


@pytest.mark.parametrize(
    "order", [list(range(1, 31)), list(range(30, 0, -1)), [*range(1, 31, 2), *range(2, 31, 2)]]
)
def test_where_every_frame_stands_alone_it_is_the_only_one(avoid: Avoid, tmp_path: Path, order: list[int]) -> None:
    movie = write_movie(tmp_path / "alone.mov", "prores_ks", pixel_format="yuv422p10le")
    avoid(movie, 8, 20)
    with open_source(str(movie)) as source:
        assert unreadable(source, order) == [8, 20]


@pytest.mark.parametrize(
    "order", [list(range(1, 31)), list(range(30, 0, -1)), [*range(1, 31, 2), *range(2, 31, 2)]]
)
def test_up_to_the_next_key_frame_none_is_decoded_through_it(
    avoid: Avoid, tmp_path: Path, order: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    movie = write_movie(tmp_path / "groups.mkv", "mpeg4", options={"g": "6", "bf": "0"})
    avoid(movie, 9)
    decoded = []
    advance = MovieDecoder._advance

    def noting(self: MovieDecoder, pts: int) -> bool:
        done = advance(self, pts)
        if self._current is not None:
            decoded.append(number_of(self._current.to_ndarray(format="rgb24")) + 1)
        return done

    monkeypatch.setattr(MovieDecoder, "_advance", noting)
    with open_source(str(movie)) as source:
        # Key frames are 1, 7, 13, 19, 25.
        assert unreadable(source, order) == [9, 10, 11, 12]
    assert not {9, 10, 11, 12} & set(decoded)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "avi"])
def test_where_a_container_seeks_too_far_back_what_is_avoided_is_passed_over(
    avoid: Avoid, tmp_path: Path, suffix: str
) -> None:
    options = {"g": "6", "keyint_min": "6", "sc_threshold": "0", "bf": "0" if suffix == "avi" else "2"}
    movie = write_movie(tmp_path / f"groups.{suffix}", "libx264", options=options)
    avoid(movie, 9)
    with open_source(str(movie)) as source:
        assert unreadable(source, list(range(1, 31))) == [9, 10, 11, 12]
        assert unreadable(source, list(range(30, 0, -1))) == [9, 10, 11, 12]


def test_a_movie_is_opened_by_another_frame(avoid: Avoid, tmp_path: Path) -> None:
    movie = write_movie(tmp_path / "alone.mov", "prores_ks", pixel_format="yuv422p10le")
    avoid(movie, 1, 2)
    with open_source(str(movie)) as source:
        assert unreadable(source, [1, 2, 3]) == [1, 2]


def test_after_some_time_a_frame_is_tried_again(avoid: Avoid, tmp_path: Path) -> None:
    movie = write_movie(tmp_path / "alone.mov", "prores_ks", pixel_format="yuv422p10le")
    avoid(movie, 8, lasts_s=-1.0)
    with open_source(str(movie)) as source:
        assert unreadable(source, [7, 8, 9]) == []


def test_a_movie_that_has_changed_is_read(avoid: Avoid, tmp_path: Path) -> None:
    movie = write_movie(tmp_path / "alone.mov", "prores_ks", pixel_format="yuv422p10le")
    avoid(movie, 8, stamp="1|2")
    with open_source(str(movie)) as source:
        assert unreadable(source, [7, 8, 9]) == []
