"""The head of an OpenEXR file, as the library writes it, without the pixels."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import OpenEXR

_VERSION_ENDS = 8
"""The magic number and the version stand before the first attribute."""


def file_head(header: Mapping[str, Any], channels: Mapping[str, np.dtype[np.floating]]) -> bytes:
    """What stands in a file of one scanline part before the table of its lines.

    Args:
        header: Attributes as OpenEXR takes them, the data window among them.
        channels: The type of each channel: half or 32-bit float.
    """
    # The library writes no file without pixels: it is given one, and the data window is put in afterwards.
    corner = np.zeros(2, np.int32)
    file = io.BytesIO()
    pixels = {name: np.zeros((1, 1), dtype) for name, dtype in channels.items()}
    OpenEXR.File({**header, "dataWindow": (corner, corner)}, pixels).write(file)
    head, at = file.getbuffer(), _VERSION_ENDS
    # An attribute is its name and its type, both ended by a zero, the size of its value and the value; an empty
    # name ends them all (OpenEXR File Layout, "Header").
    while head[at]:
        name, kind = bytes(head[at : at + 512]).split(b"\0", 2)[:2]
        at += len(name) + len(kind) + 2
        (size,) = struct.unpack_from("<i", head, at)
        if name == b"dataWindow":
            struct.pack_into("<4i", head, at + 4, *np.ravel(header["dataWindow"]))
        at += 4 + size
    return bytes(head[: at + 1])
