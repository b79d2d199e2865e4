from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import FrameRangeError
from bridge.frames import (
    MAX_FRAMES,
    find_sequence,
    find_sequences,
    format_frames,
    frame_path,
    parse_frames,
    split_number,
    split_pattern,
)


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ("7", (7,)),
        ("1001-1004", (1001, 1002, 1003, 1004)),
        ("1-10x3,15", (1, 4, 7, 10, 15)),
        ("-5-3", (-5, -4, -3, -2, -1, 0, 1, 2, 3)),
        ("-5--3", (-5, -4, -3)),
        ("3,1,2,2-3", (1, 2, 3)),
        (" 1 , 3-4 ", (1, 3, 4)),
        ("1-6y3", (2, 3, 5, 6)),
        ("1-4:2", (1, 2, 3, 4)),
    ],
)
def test_a_range_names_frames(text: str, frames: tuple[int, ...]) -> None:
    assert parse_frames(text) == frames


@pytest.mark.parametrize(
    "text", ["", " ", "a", "1-", "1..5", "1.5", "1-5x0", "1-5x-2", "--3", "1,,2", "1;2", "1-2-3"]
)
def test_other_text_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(FrameRangeError, match="1001-1100"):
        parse_frames(text)


@pytest.mark.parametrize("text", ["1-999999999", ",".join(["1-600000"] * 2), "-999999999-999999999x2"])
def test_a_slip_of_the_finger_does_not_fill_the_memory(text: str) -> None:
    with pytest.raises(FrameRangeError, match=f"{MAX_FRAMES:,} is the most"):
        parse_frames(text)


@pytest.mark.parametrize(
    ("text", "forwards"), [("10-1", "1-10"), ("1,100-50x2", "50-100x2"), ("-3--5", "-5--3"), ("5--5", "-5-5")]
)
def test_a_range_that_runs_backwards_is_refused_with_the_forward_one(text: str, forwards: str) -> None:
    with pytest.raises(FrameRangeError, match=f"write {forwards}$"):
        parse_frames(text)


def test_a_wide_range_with_a_step_is_counted_by_its_frames() -> None:
    assert len(parse_frames("1-900000001x1000000")) == 901


@pytest.mark.parametrize(
    ("frames", "text"),
    [
        ((), ""),
        ((5,), "5"),
        ((1, 2, 3, 7, 9, 11), "1-3,7-11x2"),
        ((-3, -2, -1, 0), "-3-0"),
        ((2, 1, 2), "1-2"),
    ],
)
def test_frames_make_a_short_range(frames: tuple[int, ...], text: str) -> None:
    assert format_frames(frames) == text


@given(st.sets(st.integers(-2000, 2000), min_size=1, max_size=60))
def test_a_formatted_range_parses_to_the_same_frames(frames: set[int]) -> None:
    assert parse_frames(format_frames(frames)) == tuple(sorted(frames))


@pytest.mark.parametrize(
    ("pattern", "frame", "path"),
    [
        ("/s/plate.####.exr", 7, "/s/plate.0007.exr"),
        ("/s/plate.%04d.exr", 12345, "/s/plate.12345.exr"),
        ("/s/plate.@@@.exr", 7, "/s/plate.007.exr"),
        ("/s/plate.$F5.exr", 7, "/s/plate.00007.exr"),
        ("/s/plate.%d.exr", 7, "/s/plate.7.exr"),
        ("/s/plate.%04d.exr", -7, "/s/plate.-007.exr"),
        ("/s/####.exr", 7, "/s/0007.exr"),
        ("/s/100%_a#b.####.exr", 7, "/s/100%_a#b.0007.exr"),
        ("/s/plate_####_left.exr", 7, "/s/plate_0007_left.exr"),
        ("/s####/plate.exr", 7, "/s####/plate.exr"),
    ],
)
def test_the_path_of_a_frame(pattern: str, frame: int, path: str) -> None:
    assert frame_path(pattern, frame) == path


@pytest.mark.parametrize(
    ("spec", "padding", "frames", "text"),
    [
        ("plate.####.exr", 4, None, "plate.%04d.exr"),
        ("plate.#.exr", 0, None, "plate.%d.exr"),
        ("plate.1001-1100#.exr", 0, "1001-1100", "plate.%d.exr"),
        ("plate.-5-3@@@.exr", 3, "-5-3", "plate.%03d.exr"),
        ("plate_1-10,20-30x2####.exr", 4, "1-10,20-30x2", "plate_%04d.exr"),
        ("take2####.exr", 4, None, "take2%04d.exr"),
    ],
)
def test_a_pattern_tells_padding_and_range(spec: str, padding: int, frames: str | None, text: str) -> None:
    pattern = split_pattern(spec)
    assert pattern is not None
    assert (pattern.padding, pattern.frames, pattern.text) == (padding, frames, text)


@pytest.mark.parametrize("spec", ["plate.exr", "plate.1001.exr", "", "plate.<UDIM>.exr", "50%done.mov"])
def test_a_path_without_a_token_is_no_pattern(spec: str) -> None:
    assert split_pattern(spec) is None


@pytest.mark.parametrize(
    ("path", "pattern", "frame"),
    [
        ("/s/plate.1001.exr", "/s/plate.%04d.exr", 1001),
        ("/s/IMG_0012.JPG", "/s/IMG_%04d.JPG", 12),
        ("00000.jpg", "%05d.jpg", 0),
        ("plate.-007.exr", "plate.%04d.exr", -7),
        ("plate-0007.exr", "plate-%04d.exr", 7),
        ("shot_v002.0101.exr", "shot_v002.%04d.exr", 101),
    ],
)
def test_a_numbered_file_tells_its_frame(path: str, pattern: str, frame: int) -> None:
    found = split_number(path)
    assert found is not None
    assert (found[0].text, found[1]) == (pattern, frame)
    assert found[0].path(frame) == path


@pytest.mark.parametrize("path", ["plate.exr", "plate_v002.exr", "v3.jpg", "frame1001", "a.jp2"])
def test_versions_and_extensions_are_no_frames(path: str) -> None:
    assert split_number(path) is None


def _touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).touch()
    return folder


def test_a_folder_is_parted_by_name_extension_and_padding(tmp_path: Path) -> None:
    _touch(
        tmp_path,
        *("a.0001.exr", "a.0002.exr", "a.10000.exr"),
        *("a.1.exr", "a.2.exr"),
        *("a.0001.jpg", "b_8.exr", "b_9.exr", "b_10.exr"),
        *("notes.txt", "still.exr", "comp_v001.exr", "._a.0001.exr", ".a.0003.tmp.exr"),
    )
    assert [str(found) for found in find_sequences(tmp_path)] == [
        "a.%d.exr (1-2)",
        "a.%04d.exr (1-2,10000)",
        "a.%04d.jpg (1)",
        "b_%d.exr (8-10)",
    ]
    assert [str(found) for found in find_sequences(tmp_path, {"jpg"})] == ["a.%04d.jpg (1)"]


def test_negative_frames_and_gaps_are_kept(tmp_path: Path) -> None:
    _touch(tmp_path, "p.-002.exr", "p.-001.exr", "p.0000.exr", "p.0003.exr")
    pattern = split_pattern(str(tmp_path / "p.####.exr"))
    assert pattern is not None
    (found,) = find_sequence(pattern)
    assert found.frames == (-2, -1, 0, 3)
    assert all(Path(found.pattern.path(frame)).exists() for frame in found.frames)


def test_a_pattern_takes_files_of_its_padding_only(tmp_path: Path) -> None:
    _touch(tmp_path, "p.1.exr", "p.0001.exr", "p.00001.exr", "p.12345.exr", "p.0002.exr.bak", "q.0001.exr")
    pattern = split_pattern(str(tmp_path / "p.%04d.exr"))
    assert pattern is not None
    assert [found.frames for found in find_sequence(pattern)] == [(1, 12345)]


def test_an_open_padding_is_found_on_disk(tmp_path: Path) -> None:
    _touch(tmp_path, "p.0999.exr", "p.1000.exr")
    pattern = split_pattern(str(tmp_path / "p.#.exr"))
    assert pattern is not None
    (found,) = find_sequence(pattern)
    assert (found.pattern.text, found.frames) == (str(tmp_path / "p.%04d.exr"), (999, 1000))


def test_names_with_spaces_brackets_and_other_alphabets(tmp_path: Path) -> None:
    _touch(tmp_path, "Дубль [3] (a+b).0001.exr")
    pattern = split_pattern(str(tmp_path / "Дубль [3] (a+b).####.exr"))
    assert pattern is not None
    assert [found.frames for found in find_sequence(pattern)] == [(1,)]


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    pattern = split_pattern(str(tmp_path / "p.####.exr"))
    assert pattern is not None
    assert find_sequence(pattern) == []
    assert find_sequences(tmp_path) == []
