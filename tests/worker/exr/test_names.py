"""File names, and that sequences of them are read as one."""

from __future__ import annotations

import fileseq
import pytest

from worker.exr.layouts.layers import layers_file
from worker.exr.names import frame_token


@pytest.mark.parametrize(
    ("frame", "padding", "token"),
    [
        pytest.param(1001, 4, "1001", id="four digits"),
        pytest.param(7, 4, "0007", id="padded"),
        pytest.param(7, 1, "0007", id="never less than four"),
        pytest.param(7, 6, "000007", id="as the source is padded"),
        pytest.param(123456, 4, "123456", id="longer than the padding"),
        pytest.param(0, 4, "0000", id="zero"),
        pytest.param(-5, 4, "-005", id="the minus sign counts, as in %04d"),
        pytest.param(-12345, 4, "-12345", id="negative and longer than the padding"),
    ],
)
def test_frame_token(frame: int, padding: int, token: str) -> None:
    assert frame_token(frame, padding) == token
    assert frame_token(frame, padding) == f"%0{max(padding, 4)}d" % frame


def test_file_name_of_the_layout() -> None:
    assert layers_file("sh010_plate", 1001) == "sh010_plate_mattes.1001.exr"


def test_sequence_across_zero_is_one_sequence() -> None:
    names = [layers_file("plate", frame) for frame in range(-3, 4)]
    (sequence,) = fileseq.FileSequence.findSequencesInList(names)
    assert sorted(sequence.frameSet()) == list(range(-3, 4))
    assert sorted(sequence) == sorted(names)
