"""Writing OpenEXR: one part, read back before it counts."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import OpenEXR

from bridge.errors import OutputError, unknown_name
from bridge.files import whole
from worker.exr.disk import disk_errors
from worker.exr.header import Attribute
from worker.exr.whole_size import SIZE, UNKNOWN, put_size
from worker.mattes import Matte
from worker.mattes.geometry import Box, Size, box_wh

COMPRESSIONS = {
    "none": OpenEXR.NO_COMPRESSION,
    "rle": OpenEXR.RLE_COMPRESSION,
    "zips": OpenEXR.ZIPS_COMPRESSION,
    "zip": OpenEXR.ZIP_COMPRESSION,
    "piz": OpenEXR.PIZ_COMPRESSION,
}
"""The compressions that lose nothing and that every host reads."""

Plane = npt.NDArray[np.float16] | npt.NDArray[np.float32]
"""The pixels of one channel, shape ``(h, w)`` of the data window."""


def write_exr(
    path: str | Path,
    channels: Mapping[str, Plane],
    window: Box,
    plate_wh: Size,
    attributes: Mapping[str, Attribute],
    compression: str = "zips",
) -> None:
    """Write channels as one scanline part. The same channels and attributes give the same bytes.

    Args:
        path: The file; it appears under this name when it is whole and was read back.
        channels: Pixels by channel name. Their type is the channel's: half or 32-bit float.
        window: The data window, which all channels fill.
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
    # Of an array with gaps between its pixels the library writes other pixels, without an error.
    pixels = {name: np.ascontiguousarray(plane) for name, plane in channels.items()}
    encoded = io.BytesIO()
    OpenEXR.File(header, pixels).write(encoded)
    put_size(encoded.getbuffer())
    with disk_errors(path), whole(path) as temporary:
        temporary.write_bytes(encoded.getbuffer())
        _check(temporary, encoded, path, window, sorted(channels))


def on_window(matte: Matte, window: Box, blank: npt.NDArray[np.float16]) -> npt.NDArray[np.float16]:
    """The matte's coverage pasted into a data window that holds it; `blank` itself where it has none.

    Args:
        matte: The matte.
        window: The data window.
        blank: Zeros, shape ``(h, w)`` of `window`; it is not changed.
    """
    if matte.window is None:
        return blank
    if matte.window == window:
        return matte.coverage
    x0, y0, x1, y1 = matte.window
    canvas = np.zeros_like(blank)
    canvas[y0 - window[1] : y1 - window[1], x0 - window[0] : x1 - window[0]] = matte.coverage
    return canvas


def blank_plane(window: Box) -> npt.NDArray[np.float16]:
    """A half channel of a data window without coverage."""
    return np.zeros(box_wh(window)[::-1], np.float16)


def _inclusive(box: Box) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """A half-open box as OpenEXR's two corners, both of which belong to it."""
    return np.array(box[:2], np.int32), np.array([box[2] - 1, box[3] - 1], np.int32)


def _check(temporary: Path, encoded: io.BytesIO, path: str | Path, window: Box, channels: list[str]) -> None:
    """Read a file back before it counts: the bytes on the disk, and the header they hold.

    Raises:
        OutputError: something differs.
    """
    if temporary.read_bytes() != encoded.getbuffer():
        raise OutputError(f"cannot write {path}: the disk gives back other bytes than were written")
    header = OpenEXR.File(str(temporary), header_only=True).header()
    found = [channel.name for channel in header["channels"]]
    corners = [corner.tolist() for corner in header["dataWindow"]]
    if found != channels or corners != [corner.tolist() for corner in _inclusive(window)]:
        raise OutputError(
            f"cannot write {path}: its header should have channels {channels} on window {window}, "
            f"but has {found} on {corners}"
        )
