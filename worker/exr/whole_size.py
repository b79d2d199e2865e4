"""A file's size in its own header, so that one that lost its end is known without reading all of it."""

from __future__ import annotations

import struct

from worker.exr.header import PREFIX

SIZE = PREFIX + "bytes"
"""The header attribute that holds it."""

UNKNOWN = 0
"""What stands there before the file is encoded."""

_LARGEST = 2**31 - 1


def put_size(encoded: memoryview) -> None:
    """Write the size of an encoded file into its header, in place.

    An attribute is its name, its type, both ended by a zero, the size of its value and the value (OpenEXR File
    Layout, "Attribute Layout"); an int has four bytes, little endian, whatever its value.
    """
    begins = b"\0".join((SIZE.encode(), b"int", struct.pack("<i", 4)))
    # Header values are bounded; those of a file with hundreds of layers take some hundred kilobytes.
    at = bytes(encoded[: 1 << 22]).index(begins) + len(begins)
    if len(encoded) <= _LARGEST:
        struct.pack_into("<i", encoded, at, len(encoded))


def is_whole(recorded: object, size: int) -> bool:
    """Whether a file of a size is the one that was written, by what its header says."""
    return recorded == size or (recorded == UNKNOWN and size > _LARGEST)
