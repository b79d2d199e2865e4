"""Finding sources and numbering their frames."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bridge.errors import (
    FrameRangeError,
    FrameUnreadableError,
    SourceNotFoundError,
    SourceUnreadableError,
    UnknownNameError,
)
from tests.worker.media.made import plain, write_image
from worker.media import Source, SourceKind, open_source


def _value(frame: int) -> int:
    return 100 + frame % 100


def _frames(folder: Path, *frames: int, name: str = "plate", extension: str = "png") -> Path:
    folder.mkdir(exist_ok=True)
    for frame in frames:
        write_image(folder / f"{name}.{frame:04d}.{extension}", plain(_value(frame)))
    return folder


def _is_frame(source: Source, frame: int) -> bool:
    return bool((source.read(frame) == _value(frame)).all())


@pytest.mark.parametrize(
    "spec",
    [
        "plate.####.png",
        "plate.%04d.png",
        "plate.@@@@.png",
        "plate.#.png",
        "plate.$F4.png",
        "plate.1001-1004#.png",
        "",
        "./",
        "../shots/plate.%04d.png",
    ],
)
def test_a_sequence_by_any_of_its_names(tmp_path: Path, spec: str) -> None:
    folder = _frames(tmp_path / "shots", 1001, 1002, 1004)
    with open_source(f"{folder}/{spec}", frames="1001-1004" if "1001" not in spec else None) as source:
        assert source.kind is SourceKind.SEQUENCE
        assert (source.clip, source.path) == ("plate", str(folder / "plate.%04d.png"))
        assert (source.available, source.size_wh, source.padding) == ("1001-1002,1004", (8, 6), 4)
        assert source.frames == (1001, 1002, 1003, 1004)
        assert _is_frame(source, 1004)
        assert _is_frame(source, 1001)


def test_without_a_range_a_gap_is_left_out(tmp_path: Path) -> None:
    with open_source(str(_frames(tmp_path / "s", -5, 0, 3))) as source:
        assert source.frames == (-5, 0, 3)
        assert source.available == "-5,0,3"
        assert _is_frame(source, -5)


def test_a_missing_frame_that_was_asked_for_is_unreadable(tmp_path: Path) -> None:
    with open_source(str(_frames(tmp_path / "s", 1, 3)), frames="1-3") as source:
        with pytest.raises(FrameUnreadableError, match=r"frame 2: .*plate\.0002\.png is missing"):
            source.read(2)
        assert source.frame_stamp(2) == "0"
        assert _is_frame(source, 3)


def test_where_all_frames_asked_for_are_missing_the_others_tell_the_size(tmp_path: Path) -> None:
    with open_source(str(_frames(tmp_path / "s", 1, 9)), frames="4-5") as source:
        assert (source.frames, source.size_wh) == ((4, 5), (8, 6))


@pytest.mark.parametrize("frames", ["0-5", "4", "900-1000"])
def test_frames_outside_the_sequence_are_refused(tmp_path: Path, frames: str) -> None:
    folder = _frames(tmp_path / "s", 1, 2, 3)
    with pytest.raises(FrameRangeError, match=r"plate\.%04d\.png has frames 1-3, not"):
        open_source(str(folder), frames=frames)


def test_damaged_frames_at_the_start_are_passed_over_for_size_and_colour(tmp_path: Path) -> None:
    folder = _frames(tmp_path / "s", 1, 2, 3)
    (folder / "plate.0001.png").write_bytes(b"")
    with open_source(str(folder)) as source:
        assert (source.frames, source.size_wh) == ((1, 2, 3), (8, 6))
        with pytest.raises(FrameUnreadableError, match="frame 1: "):
            source.read(1)
        assert _is_frame(source, 2)


def test_a_half_copied_frame_is_unreadable(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    for extension in ("jpg", "png", "tif"):
        folder = tmp_path / extension
        folder.mkdir()
        for frame in (1, 2):
            path = write_image(folder / f"p.{frame}.{extension}", noise)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with open_source(str(folder)) as source, pytest.raises(FrameUnreadableError, match="frame 2: "):
            source.read(2)


def test_a_frame_of_another_size_is_unreadable(tmp_path: Path) -> None:
    folder = _frames(tmp_path / "s", 1, 2)
    write_image(folder / "plate.0002.png", plain(9, size_wh=(9, 6)))
    with (
        open_source(str(folder)) as source,
        pytest.raises(FrameUnreadableError, match="is 9 x 6, expected 8 x 6"),
    ):
        source.read(2)


def test_a_stamp_follows_its_file_and_no_other(tmp_path: Path) -> None:
    folder = _frames(tmp_path / "s", 1, 2)
    with open_source(str(folder)) as source:
        first, second = source.frame_stamp(1), source.frame_stamp(2)
        write_image(folder / "plate.0002.png", plain(9))
        os.utime(folder / "plate.0002.png", ns=(1, 1))
        assert source.frame_stamp(1) == first
        assert source.frame_stamp(2) != second


def test_the_fingerprint_follows_path_and_colour(tmp_path: Path) -> None:
    folder = _frames(tmp_path / "s", 1, 2)
    with open_source(str(folder)) as a, open_source(str(folder / "plate.####.png"), frames="2") as b:
        assert a.fingerprint == b.fingerprint
    with open_source(str(folder), colorspace="ARRI LogC4") as source:
        assert source.fingerprint != a.fingerprint
    with open_source(str(_frames(tmp_path / "t", 1, 2))) as source:
        assert source.fingerprint != a.fingerprint


def test_a_numbered_file_is_a_still_of_its_frame(tmp_path: Path) -> None:
    folder = _frames(tmp_path / "s", 1001, 1002)
    with open_source(str(folder / "plate.1002.png")) as source:
        assert (source.kind, source.frames, source.available) == (SourceKind.STILL, (1002,), "1002")
        assert source.path == str(folder / "plate.1002.png")
        assert source.padding == 4
        assert _is_frame(source, 1002)
    with pytest.raises(FrameRangeError, match="has frames 1002, not 1001"):
        open_source(str(folder / "plate.1002.png"), frames="1001")


def test_a_file_without_a_number_is_frame_1(tmp_path: Path) -> None:
    path = write_image(tmp_path / "Set photo_v012.png", plain(5))
    with open_source(str(path)) as source:
        assert (source.kind, source.frames, source.clip) == (SourceKind.STILL, (1,), "Set_photo_v012")


def test_a_file_whose_name_looks_like_a_pattern_is_itself(tmp_path: Path) -> None:
    path = write_image(tmp_path / "take ##.png", plain(5))
    with open_source(str(path)) as source:
        assert source.kind is SourceKind.STILL


def test_a_picture_without_an_extension_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "picture"
    write_image(tmp_path / "a.png", plain(5)).rename(path)
    with open_source(str(path)) as source:
        assert (source.read(1) == 5).all()


def test_files_called_by_number_alone_take_their_folders_name(tmp_path: Path) -> None:
    folder = tmp_path / "sh 010"
    folder.mkdir()
    write_image(folder / "00000.png", plain(5))
    with open_source(str(folder)) as source:
        assert (source.clip, source.path, source.frames) == ("sh_010", f"{folder}/%05d.png", (0,))


def test_a_folder_that_only_says_pictures_names_no_clip(tmp_path: Path) -> None:
    folder = tmp_path / "sh 010" / "EXR"
    folder.mkdir(parents=True)
    write_image(folder / "00000.png", plain(5))
    with open_source(str(folder)) as source:
        assert source.clip == "sh_010"


def test_a_folder_of_several_sequences_lists_them(tmp_path: Path) -> None:
    folder = _frames(tmp_path / "s", 1, 2)
    _frames(folder, 5, name="other", extension="tif")
    with pytest.raises(
        SourceUnreadableError, match=r"2 sequences.*other\.%04d\.tif \(5\), plate\.%04d\.png \(1-2\)"
    ):
        open_source(str(folder))


def test_files_that_are_no_pictures_do_not_count_as_sequences(tmp_path: Path) -> None:
    folder = _frames(tmp_path / "s", 1, 2)
    for name in ("notes.0001.txt", ".plate.0003.tmp.png", "sound.0001.wav", "cover.png"):
        (folder / name).touch()
    with open_source(str(folder)) as source:
        assert source.frames == (1, 2)


def test_a_pattern_that_fits_two_paddings_lists_them(tmp_path: Path) -> None:
    folder = _frames(tmp_path / "s", 1)
    write_image(folder / "plate.1.png", plain(5))
    with pytest.raises(SourceUnreadableError, match=r"2 sequences of different padding.*%d.*%04d"):
        open_source(str(folder / "plate.#.png"))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("s/plat.####.png", r"plat\.####\.png is not there; .* has plate\.%04d\.png"),
        ("s/plate.###.exr", r"not there; .* has plate\.%04d\.png"),
        ("s/plate.0007.png", r"not there; .* has plate\.000"),
        ("s/plaet.mov", r"not there"),
        ("nowhere/at/all/plate.####.exr", r"folder .*/nowhere does not exist"),
        ("empty", "no numbered pictures"),
    ],
)
def test_what_is_not_there_is_said_with_what_lies_near(tmp_path: Path, spec: str, message: str) -> None:
    _frames(tmp_path / "s", 1, 2)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceNotFoundError, match=message):
        open_source(str(tmp_path / spec))


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        ("", SourceNotFoundError, "is no path"),
        ("a\0b", SourceNotFoundError, "is no path"),
        ("file:///s/plate.mov", SourceUnreadableError, "is a URL; give a path"),
        ("https://host/plate.mov", SourceUnreadableError, "is a URL; give a path"),
        ("C:\\shots\\plate.mov", SourceNotFoundError, "Windows path"),
        ("\\\\server\\share\\plate.####.exr", SourceNotFoundError, "Windows path"),
        ("/dev/null", SourceUnreadableError, "no regular file"),
        (f"/{'x' * 300}.mov", SourceUnreadableError, "cannot be read"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="paths of other systems")
def test_what_can_be_no_path_here(spec: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        open_source(spec)


def test_home_and_trailing_separators(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _frames(tmp_path / "кадры и пробелы", 1, 2)
    monkeypatch.setenv("HOME", str(tmp_path))
    with open_source("~/кадры и пробелы/") as source:
        assert source.path == str(folder / "plate.%04d.png")


def test_a_dangling_link_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.mov").symlink_to(tmp_path / "gone.mov")
    with pytest.raises(SourceUnreadableError, match="link to nothing"):
        open_source(str(tmp_path / "a.mov"))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user who can be refused")
def test_permission_denied_has_its_own_words(tmp_path: Path) -> None:
    folder = _frames(tmp_path / "s", 1, 2)
    (folder / "plate.0002.png").chmod(0)
    with open_source(str(folder)) as source, pytest.raises(FrameUnreadableError, match="may not be read"):
        source.read(2)
    with pytest.raises(SourceUnreadableError, match="may not be read"):
        open_source(str(folder / "plate.0002.png"))
    folder.chmod(0)
    try:
        with pytest.raises(SourceUnreadableError, match="may not be read"):
            open_source(str(folder))
    finally:
        folder.chmod(0o700)


def test_refused_files_have_their_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_image(tmp_path / "a.png", plain(5))

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SourceUnreadableError, match="may not be read; give the worker's user permission"):
        open_source(str(path))


def test_an_unknown_colour_space_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="ACEScg"):
        open_source(str(_frames(tmp_path / "s", 1)), colorspace="ACES-cg")


def test_a_frame_range_that_does_not_parse_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(FrameRangeError, match="1001-1100"):
        open_source(str(_frames(tmp_path / "s", 1)), frames="first ten")


def test_a_long_sequence_opens_by_one_listing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = write_image(tmp_path / "p.000001.png", plain(5))
    for frame in range(2, 5001):
        os.link(first, tmp_path / f"p.{frame:06d}.png")
    listed: list[str] = []
    scandir = os.scandir

    def counted(path: str) -> Iterator[os.DirEntry[str]]:
        listed.append(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", counted)
    with open_source(str(tmp_path / "p.######.png")) as source:
        assert source.available == "1-5000"
    assert len(listed) == 1
