"""The head of a file without its pixels, against a file with them."""

from __future__ import annotations

import io
from fractions import Fraction

import numpy as np
import OpenEXR

from worker.exr.head import file_head


def test_it_is_the_head_of_the_file_with_pixels() -> None:
    header = {
        "type": OpenEXR.scanlineimage,
        "compression": OpenEXR.ZIPS_COMPRESSION,
        "dataWindow": (np.array([-3, 5], np.int32), np.array([16, 14], np.int32)),
        "displayWindow": (np.array([0, 0], np.int32), np.array([99, 49], np.int32)),
        "a rather long name, of more than thirty-one characters": "плита",
        "framesPerSecond": Fraction(24000, 1001),
        "note": "dataWindow box2i",
    }
    # So many that the pixel the library is given is compressed, too.
    names = [f"layer{number:03d}.A" for number in range(200)]
    file = io.BytesIO()
    OpenEXR.File(header, {name: np.zeros((10, 20), np.float16) for name in names}).write(file)
    head = file_head(header, dict.fromkeys(names, np.dtype(np.float16)))
    assert file.getvalue().startswith(head)
    table = np.frombuffer(file.getvalue()[len(head) : len(head) + 80], "<u8")
    assert table[0] == len(head) + 80
