"""The head of an OpenEXR file, as the library writes it, without the pixels."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import OpenEXR

_VERSION_ENDS = 8
"""The magic number and the version stand before the first attribute."""

_WINDOW = "dataWindow"


def file_head(header: Mapping[str, Any], channels: Mapping[str, np.dtype[np.floating]]) -> bytes:
    """What stands in a file of one scanline part before the table of its lines.

    Args:
        header: Attributes as OpenEXR takes them, the data window among them.
        channels: The type of each channel: half or 32-bit float.
    """
    own: dict[str, bytes] = {}
    kept: list[tuple[str, Any]] = []
    # The library takes a millisecond. The heads of an export differ in words, whole numbers and the data window,
    # whose bytes are plain; all else is asked for once.
    for name, value in header.items():
        if name == _WINDOW:
            own[name] = struct.pack("<4i", *np.ravel(value))
        elif type(value) is str:
            own[name] = value.encode()
            kept.append((name, ""))
        elif type(value) is int:
            own[name] = struct.pack("<i", value)
            kept.append((name, 0))
        else:
            kept.append((name, _Value(value)))
    form = _form(tuple(kept), tuple(channels.items()))
    parts = [form.start]
    for begin, name, value in form.attributes:
        value = own.get(name, value)
        parts += [begin, struct.pack("<i", len(value)), value]
    return b"".join([*parts, b"\0"])


class _Value:
    """A value of the library's kinds, told from others by its words: those that hold arrays have no hash."""

    def __init__(self, value: Any) -> None:
        self.value = value
        parts = value if isinstance(value, tuple) else (value,)
        # The words of arrays take longest.
        plain = [(part.dtype.str, part.tolist()) if isinstance(part, np.ndarray) else part for part in parts]
        self._words = repr((type(value), plain))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Value) and self._words == other._words

    def __hash__(self) -> int:
        return hash(self._words)


@dataclass(frozen=True)
class _Form:
    """A head whose words, whole numbers and data window are to be put in."""

    start: bytes
    """The magic number and the version, which says whether names are long."""
    attributes: tuple[tuple[bytes, str, bytes], ...]
    """In the file's order: name and type as they stand there, the name, and the value."""


@lru_cache(maxsize=32)
def _form(header: tuple[tuple[str, Any], ...], channels: tuple[tuple[str, np.dtype[np.floating]], ...]) -> _Form:
    # The library writes no file without pixels: it is given one.
    corner = np.zeros(2, np.int32)
    attributes = {name: value.value if isinstance(value, _Value) else value for name, value in header}
    file = io.BytesIO()
    pixels = {name: np.zeros((1, 1), dtype) for name, dtype in channels}
    OpenEXR.File({**attributes, _WINDOW: (corner, corner)}, pixels).write(file)
    head = file.getvalue()
    return _Form(head[:_VERSION_ENDS], tuple(_attributes(head)))


def _attributes(head: bytes) -> Iterator[tuple[bytes, str, bytes]]:
    """What `_Form` keeps of each attribute.

    An attribute is its name and its type, both ended by a zero, the size of its value and the value; an empty name
    ends them all (OpenEXR File Layout, "Header").
    """
    at = _VERSION_ENDS
    while head[at]:
        begin = at
        name_ends = head.index(b"\0", at)
        at = head.index(b"\0", name_ends + 1) + 1
        (size,) = struct.unpack_from("<i", head, at)
        yield head[begin:at], head[begin:name_ends].decode(), head[at + 4 : at + 4 + size]
        at += 4 + size
