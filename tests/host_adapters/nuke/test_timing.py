"""Frames of the script and frames of files."""

from __future__ import annotations

import pytest

from host_adapters.nuke.timing import Timing, TimingError


@pytest.mark.parametrize(
    ("mode", "text", "frame", "file_frame", "script_range"),
    [
        ("expression", "", 1001, 1001, (1001, 1100)),
        ("expression", "", 1000, None, (1001, 1100)),
        ("expression", "frame+1000", 1, 1001, (1, 100)),
        ("expression", "frame - 10 + 5", 1006, 1001, (1006, 1105)),
        ("expression", "frame*2", 510, 1020, None),
        ("expression", "int(frame/2)+1000", 5, 1002, None),
        ("expression", "1050", 7, 1050, None),
        ("offset", "10", 1011, 1001, (1011, 1110)),
        ("offset", "-1000", 1, 1001, (1, 100)),
        ("offset", "", 1001, 1001, (1001, 1100)),
        ("start at", "1", 1, 1001, (1, 100)),
        ("start at", "1", 101, None, (1, 100)),
    ],
)
def test_the_file_frame_at_a_frame_of_the_script(
    mode: str, text: str, frame: int, file_frame: int | None, script_range: tuple[int, int] | None
) -> None:
    timing = Timing(mode, text, 1001, 1100)
    assert timing.file_frame(frame) == file_frame
    assert timing.script_range() == script_range


@pytest.mark.parametrize(
    "text",
    ["frame/2", "[value root.x]", "curve", "frame.real", "__import__('os')", "frame/0", "x(", "frame if 1 else 2"],
)
def test_what_only_nuke_can_tell_is_not_guessed(text: str) -> None:
    with pytest.raises(TimingError):
        Timing("expression", text, 1001, 1100).file_frame(2003)


def test_an_offset_that_is_no_number_is_not_guessed() -> None:
    with pytest.raises(TimingError, match="no number"):
        Timing("offset", "[frame]", 1, 10).file_frame(1)


def test_file_frames_are_ascending_and_once() -> None:
    assert Timing("expression", "int(frame/2)", 2, 4).file_frames(range(20)) == (2, 3, 4)
