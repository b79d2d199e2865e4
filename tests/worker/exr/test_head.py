"""The head of a file without its pixels, against a file with them."""

from __future__ import annotations

import io
from fractions import Fraction

import numpy as np
import OpenEXR
import pytest

from worker.exr.head import file_head


# Of one form up to the last, which has another rate.
@pytest.mark.parametrize(
    ("left", "text", "number", "rate"),
    [
        (-3, "плита", 1001, Fraction(24000, 1001)),
        (7, "", -2, Fraction(24000, 1001)),
        (7, "a much longer text", 1003, Fraction(24000, 1001)),
        (7, "a much longer text", 1003, Fraction(25)),
    ],
)
def test_it_is_the_head_of_the_file_with_pixels(left: int, text: str, number: int, rate: Fraction) -> None:
    header = {
        "type": OpenEXR.scanlineimage,
        "compression": OpenEXR.ZIPS_COMPRESSION,
        "dataWindow": (np.array([left, 5], np.int32), np.array([left + 19, 14], np.int32)),
        "displayWindow": (np.array([0, 0], np.int32), np.array([99, 49], np.int32)),
        "a rather long name, of more than thirty-one characters": text,
        "framesPerSecond": rate,
        "note": "dataWindow box2i",
        "number": number,
        "pixelAspectRatio": 1.5,
    }
    # So many that the pixel the library is given is compressed, too.
    names = [f"layer{number:03d}.A" for number in range(200)]
    file = io.BytesIO()
    OpenEXR.File(header, {name: np.zeros((10, 20), np.float16) for name in names}).write(file)
    head = file_head(header, dict.fromkeys(names, np.dtype(np.float16)))
    assert file.getvalue().startswith(head)
    table = np.frombuffer(file.getvalue()[len(head) : len(head) + 80], "<u8")
    assert table[0] == len(head) + 80
