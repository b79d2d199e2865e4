"""Frame-exact access: every made movie tells the number of each of its frames."""

from __future__ import annotations

import random
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from bridge.errors import FrameRangeError, FrameUnreadableError, SourceUnreadableError
from tests.worker.media.made import number_of, numbered, write_movie
from worker.media import Source, SourceKind, open_source
from worker.media.movie_index import MovieIndex, index_movie
from worker.signs import Decoding

_KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "h264 with b-frames": ("mp4", "libx264", {"options": {"bf": "3", "g": "12"}}),
    "h264 with open groups": (
        "mp4",
        "libx264",
        {"options": {"bf": "3", "x264-params": "open-gop=1:keyint=12:scenecut=0"}},
    ),
    "h264 in a transport stream": ("ts", "libx264", {"options": {"bf": "3", "g": "12"}}),
    "h264 in matroska": ("mkv", "libx264", {"options": {"bf": "3", "g": "12"}}),
    "h264 in fragments": (
        "mp4",
        "libx264",
        {"options": {"bf": "3", "g": "12"}, "movflags": "frag_keyframe+empty_moov"},
    ),
    "h264 at an odd rate": ("mov", "libx264", {"rate": Fraction(24000, 1001)}),
    "h264 at a variable rate": (
        "mp4",
        "libx264",
        {"stamps_ms": [i * 40 + (i % 3) * 7 + (500 if i > 14 else 0) for i in range(30)]},
    ),
    "prores": ("mov", "prores_ks", {"pixel_format": "yuv422p10le"}),
    "prores 4444": ("mov", "prores_ks", {"pixel_format": "yuva444p10le"}),
    "mpeg-4 in avi": ("avi", "mpeg4", {"options": {"bf": "2", "g": "12", "b": "2M"}}),
    "mpeg-2 in mxf": ("mxf", "mpeg2video", {"options": {"bf": "2", "g": "12", "b": "4M"}}),
    "motion jpeg": ("mov", "mjpeg", {"pixel_format": "yuvj420p"}),
    "png in quicktime": ("mov", "png", {"pixel_format": "rgb24"}),
    "gif": ("gif", "gif", {"pixel_format": "rgb8"}),
}


@pytest.fixture(scope="module", params=list(_KINDS.values()), ids=list(_KINDS))
def movie(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    extension, codec, how = request.param
    return write_movie(tmp_path_factory.mktemp("movie") / f"shot.{extension}", codec, **how)


def _numbers(source: Source, frames: list[int]) -> list[int]:
    return [number_of(source.read(frame)) for frame in frames]


def test_each_frame_is_the_one_asked_for_in_any_order(movie: Path) -> None:
    with open_source(str(movie)) as source:
        assert source.frames == tuple(range(1, 31))
        forward = list(source.frames)
        shuffled = random.Random(0).sample(forward * 2, 40)
        for order in (forward, forward[::-1], shuffled, [30, 30, 1, 1]):
            assert _numbers(source, order) == [frame - 1 for frame in order]


def test_dnxhr(tmp_path: Path) -> None:
    pictures = [numbered(i, (256, 128)) for i in range(6)]
    path = write_movie(
        tmp_path / "a.mov",
        "dnxhd",
        pixel_format="yuv422p",
        options={"profile": "dnxhr_sq"},
        pictures=pictures,
    )
    with open_source(str(path)) as source:
        assert source.size_wh == (256, 128)
        assert _numbers(source, [6, 2, 3]) == [5, 1, 2]


def test_a_movie_tells_what_it_is(tmp_path: Path) -> None:
    path = write_movie(
        tmp_path / "Take 3.mov", "prores_ks", pixel_format="yuv422p10le", rate=Fraction(24000, 1001)
    )
    with open_source(str(path)) as source:
        assert (source.kind, source.clip, source.path) == (SourceKind.MOVIE, "Take_3", str(path))
        assert (source.available, source.size_wh, source.padding) == ("1-30", (64, 48), 4)
        assert source.fps == Fraction(24000, 1001)
        assert (source.colorspace, source.colorspace_from) == ("sRGB", "rule")
        assert source.frame_stamp(1) == "0"


def test_a_plate_is_contiguous_uint8(tmp_path: Path) -> None:
    with open_source(str(write_movie(tmp_path / "a.mp4", "libx264", count=2))) as source:
        plate = source.read(1)
    assert plate.dtype == np.uint8
    assert plate.shape == (48, 64, 3)
    assert plate.flags.c_contiguous


def test_a_movie_closed_under_its_readers_ends_them_without_a_crash(tmp_path: Path) -> None:
    source = open_source(str(write_movie(tmp_path / "a.mp4", "libx264")))

    def read_on(seed: int) -> None:
        shuffled = random.Random(seed)
        while True:
            frame = shuffled.choice(source.frames)
            assert number_of(source.read(frame)) == frame - 1

    with ThreadPoolExecutor(3) as threads:
        readers = [threads.submit(read_on, seed) for seed in range(3)]
        time.sleep(0.2)
        source.close()
        source.close()
        for reader in readers:
            with pytest.raises(ValueError, match="is closed"):
                reader.result(timeout=20)


def test_a_range_selects_frames(tmp_path: Path) -> None:
    path = write_movie(tmp_path / "a.mp4", "libx264")
    with open_source(str(path), frames="5-9x2,20") as source:
        assert source.frames == (5, 7, 9, 20)
        assert source.available == "1-30"
        assert _numbers(source, [20, 7]) == [19, 6]


@pytest.mark.parametrize("frames", ["25-35", "0-3", "31"])
def test_frames_the_movie_does_not_have_are_refused(tmp_path: Path, frames: str) -> None:
    path = write_movie(tmp_path / "a.mp4", "libx264")
    with pytest.raises(FrameRangeError, match="has frames 1-30"):
        open_source(str(path), frames=frames)


def _edit_list(path: Path, start: int) -> None:
    """Let the movie's one edit begin at a media time, by changing the edit list the writer made."""
    data = bytearray(path.read_bytes())
    at = data.find(b"elst") + 16
    data[at : at + 4] = struct.pack(">i", struct.unpack(">i", data[at : at + 4])[0] + start)
    path.write_bytes(data)


def test_frames_before_an_edit_list_do_not_count(tmp_path: Path) -> None:
    path = write_movie(tmp_path / "a.mp4", "libx264", options={"bf": "0", "g": "30"})
    with av.open(str(path)) as container:
        per_frame = int(1 / (24 * container.streams.video[0].time_base))
    _edit_list(path, 5 * per_frame)
    with open_source(str(path)) as source:
        assert source.available == "1-25"
        assert _numbers(source, [1, 25, 7]) == [5, 29, 11]


@pytest.mark.parametrize(
    ("matrix", "turns"),
    [((0, 1, -1, 0), -1), ((0, -1, 1, 0), 1), ((-1, 0, 0, -1), 2)],
    ids=["a phone held upright", "a phone held upside down", "half a turn"],
)
def test_a_display_matrix_is_applied(tmp_path: Path, matrix: tuple[int, ...], turns: int) -> None:
    plain = write_movie(tmp_path / "a.mov", "png", pixel_format="rgb24", count=2)
    data = bytearray(plain.read_bytes())
    at = data.find(b"tkhd") + 4 + 4 + 20 + 16  # version 0: QuickTime File Format, track header atom
    for place, value in zip((0, 1, 3, 4), matrix, strict=True):
        data[at + 4 * place : at + 4 * place + 4] = struct.pack(">i", value << 16)
    turned = tmp_path / "turned.mov"
    turned.write_bytes(data)
    with open_source(str(turned)) as source:
        expected = np.rot90(numbered(1), turns)
        assert source.size_wh == expected.shape[1::-1]
        np.testing.assert_array_equal(source.read(2), expected)


def _indexed(path: Path, *, by_packets: bool, monkeypatch: pytest.MonkeyPatch) -> MovieIndex:
    with monkeypatch.context() as patch, av.open(str(path)) as container:
        if by_packets:
            patch.setattr("worker.media.movie_index._listed", lambda stream: [])
        return index_movie(container, container.streams.video[0], Decoding(None))


def test_the_containers_table_says_the_same_as_its_packets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_movie(tmp_path / "a.mov", "prores_ks", pixel_format="yuv422p10le")
    table = _indexed(path, by_packets=False, monkeypatch=monkeypatch)
    packets = _indexed(path, by_packets=True, monkeypatch=monkeypatch)
    for name in ("pts", "key_pts", "key_dts", "promised"):
        np.testing.assert_array_equal(getattr(table, name), getattr(packets, name), err_msg=name)


def test_frames_of_a_movie_that_ends_early_are_listed_and_unreadable(tmp_path: Path) -> None:
    path = write_movie(tmp_path / "a.mp4", "libx264", options={"bf": "3", "g": "6"}, movflags="faststart")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.8)])
    with open_source(str(path)) as source:
        assert source.available == "1-30"
        assert _numbers(source, [1, 2, 3]) == [0, 1, 2]
        with pytest.raises(FrameUnreadableError, match=r"frame 30 of .*a\.mp4.*ends before it"):
            source.read(30)
        assert _numbers(source, [3]) == [2]


def test_one_damaged_frame_is_unreadable_and_its_neighbours_are_not(tmp_path: Path) -> None:
    path = write_movie(tmp_path / "a.mov", "prores_ks", pixel_format="yuv422p10le")
    with av.open(str(path)) as container:
        places = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    at, size = places[9]
    data[at : at + size] = bytes(size)
    path.write_bytes(data)
    with open_source(str(path)) as source:
        assert _numbers(source, [9, 11]) == [8, 10]
        with pytest.raises(FrameUnreadableError, match="frame 10 of"):
            source.read(10)
        assert _numbers(source, [11, 12, 9]) == [10, 11, 8]


@pytest.mark.parametrize("how", ["cut before its table", "text", "empty", "sound only"])
def test_what_is_no_movie_is_refused(tmp_path: Path, how: str) -> None:
    path = tmp_path / "a.mov"
    if how == "cut before its table":
        write_movie(path, "libx264")
        path.write_bytes(path.read_bytes()[:2000])
    elif how == "sound only":
        with av.open(str(path), "w") as container:
            stream = container.add_stream("pcm_s16le", rate=48000)
            sound = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.int16), format="s16", layout="mono")
            sound.rate = 48000
            container.mux(stream.encode(sound))
            container.mux(stream.encode(None))
    else:
        path.write_text("not a movie\n" * 50 if how == "text" else "")
    expected = "no video stream, only audio" if how == "sound only" else "a.mov"
    with pytest.raises(SourceUnreadableError, match=expected):
        open_source(str(path))


def test_a_playlist_does_not_make_the_worker_open_other_files(tmp_path: Path) -> None:
    write_movie(tmp_path / "secret.ts", "libx264", count=3)
    playlist = tmp_path / "a.mp4"
    playlist.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:1,\nsecret.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(SourceUnreadableError):
        open_source(str(playlist))


def test_the_fingerprint_follows_content_and_colour(tmp_path: Path) -> None:
    path = write_movie(tmp_path / "a.mov", "png", pixel_format="rgb24", count=2)
    with open_source(str(path)) as source:
        first = source.fingerprint
    with open_source(str(path), colorspace="ARRI LogC4") as source:
        assert source.fingerprint != first
    with open_source(str(path), frames="1") as source:
        assert source.fingerprint == first
    write_movie(path, "png", pixel_format="rgb24", count=3)
    with open_source(str(path)) as source:
        assert source.fingerprint != first
