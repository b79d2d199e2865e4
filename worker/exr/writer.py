"""Writing OpenEXR: one part, read back before it counts."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import OpenEXR

from bridge.errors import OutputError, unknown_name
from bridge.files import whole
from worker.exr.disk import disk_errors
from worker.exr.head import file_head
from worker.exr.header import Attribute
from worker.exr.patch import Patch
from worker.exr.whole_size import SIZE, UNKNOWN, put_size
from worker.exr.zips import encoded_lines
from worker.mattes.geometry import Box, Size

COMPRESSIONS = {
    "none": OpenEXR.NO_COMPRESSION,
    "rle": OpenEXR.RLE_COMPRESSION,
    "zips": OpenEXR.ZIPS_COMPRESSION,
    "zip": OpenEXR.ZIP_COMPRESSION,
    "piz": OpenEXR.PIZ_COMPRESSION,
}
"""The compressions that lose nothing and that every host reads."""


def write_exr(
    path: str | Path,
    channels: Mapping[str, Patch],
    window: Box,
    plate_wh: Size,
    attributes: Mapping[str, Attribute],
    compression: str = "zips",
) -> None:
    """Write channels as one scanline part. The same channels and attributes give the same bytes.

    Args:
        path: The file; it appears under this name when it is whole and was read back.
        channels: Pixels by channel name.
        window: The data window, which holds the channels' boxes.
        plate_wh: Width and height of the plate, in pixels: the display window.
        attributes: Header attributes, see `worker.exr.header`.
        compression: A name out of `COMPRESSIONS`.

    Raises:
        UnknownNameError: no such compression.
        OutOfSpaceError: the disk is full.
        OutputError: the file cannot be written, or is not what was written when it is read back.
    """
    if compression not in COMPRESSIONS:
        raise unknown_name("compression", compression, COMPRESSIONS)
    header = {
        **attributes,
        SIZE: UNKNOWN,
        "compression": COMPRESSIONS[compression],
        "type": OpenEXR.scanlineimage,
        "dataWindow": _inclusive(window),
        "displayWindow": _inclusive((0, 0, *plate_wh)),
    }
    encoded = _encoded(header, {name: channels[name] for name in sorted(channels)}, window)
    put_size(encoded)
    with disk_errors(path), whole(path) as temporary:
        temporary.write_bytes(encoded)
        _check(temporary, encoded, path, window, sorted(channels))


def _encoded(header: Mapping[str, object], channels: Mapping[str, Patch], window: Box) -> memoryview:
    """The file's bytes; channels are in the order of their names, which is the file's."""
    dtypes = {name: channel.pixels.dtype for name, channel in channels.items()}
    if header["compression"] == OpenEXR.ZIPS_COMPRESSION and len(set(dtypes.values())) == 1:
        lines = encoded_lines(list(channels.values()), window)
        if lines is not None:
            return _assembled(file_head(header, dtypes), *lines)
    file = io.BytesIO()
    OpenEXR.File(header, {name: channel.on(window) for name, channel in channels.items()}).write(file)
    return file.getbuffer()


def _assembled(head: bytes, lines: Sequence[npt.NDArray[np.uint8]], sizes: npt.NDArray[np.int64]) -> memoryview:
    """A file of a head, the table that says where each line begins, and the lines."""
    begins = np.cumsum(sizes) - sizes + len(head) + 8 * len(sizes)
    return memoryview(bytearray().join([head, begins.astype("<u8").data, *(piece.data for piece in lines)]))


def _inclusive(box: Box) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """A half-open box as OpenEXR's two corners, both of which belong to it."""
    return np.array(box[:2], np.int32), np.array([box[2] - 1, box[3] - 1], np.int32)


def _check(temporary: Path, encoded: memoryview, path: str | Path, window: Box, channels: list[str]) -> None:
    """Read a file back before it counts: the bytes on the disk, and the header they hold.

    Raises:
        OutputError: something differs.
    """
    if temporary.read_bytes() != encoded:
        raise OutputError(f"cannot write {path}: the disk gives back other bytes than were written")
    header = OpenEXR.File(str(temporary), header_only=True).header()
    found = [channel.name for channel in header["channels"]]
    corners = [corner.tolist() for corner in header["dataWindow"]]
    if found != channels or corners != [corner.tolist() for corner in _inclusive(window)]:
        raise OutputError(
            f"cannot write {path}: its header should have channels {channels} on window {window}, "
            f"but has {found} on {corners}"
        )
