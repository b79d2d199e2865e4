"""Any EXR as it lies on the disk: parts, windows, header attributes and the pixels of each channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import OpenEXR

from bridge.errors import SourceNotFoundError, SourceUnreadableError

if TYPE_CHECKING:
    # Its package has torch, which takes seconds to load and is not needed to look into a file.
    from worker.mattes.geometry import Box, Size

MAX_BYTES = 16 * 2**30
"""Most pixels that are read, were they all 32 bits wide: a damaged header can ask for any amount of memory."""


@dataclass(frozen=True)
class ExrPart:
    """One part of a file."""

    name: str
    """Empty in most files of one part."""
    kind: str
    """``scanlineimage``, ``tiledimage``, ``deepscanline`` or ``deeptile``."""
    compression: str
    """In lower case: ``zips``, ``piz``, ``dwaa``, ..."""
    data_window: Box
    display_window: Box
    attributes: Mapping[str, object]
    """All header attributes, as OpenEXR gives them."""
    channel_names: tuple[str, ...]
    """In the file's order, which is that of the names."""
    channels: Mapping[str, npt.NDArray[Any]]
    """Pixels of the data window by channel: float16, float32 or uint32, shape ``(h, w)``; smaller for a channel
    with subsampling. None of a deep part's are read."""

    @property
    def display_wh(self) -> Size:
        """Width and height of the display window."""
        return _wh(self.display_window)

    def on_display(self, channel: str) -> npt.NDArray[Any]:
        """A channel's pixels on the display window, shape ``(h, w)``; 0 where the data window does not reach.

        Raises:
            KeyError: no such channel.
            ValueError: the channel does not fill the data window, because it is subsampled.
        """
        pixels = self.channels[channel]
        if pixels.shape != _wh(self.data_window)[::-1]:
            raise ValueError(f"channel {channel!r} is subsampled")
        if self.data_window == self.display_window:
            return pixels
        left, top, right, bottom = self.display_window
        full = np.zeros((bottom - top, right - left), pixels.dtype)
        x0, y0 = max(left, self.data_window[0]), max(top, self.data_window[1])
        x1, y1 = min(right, self.data_window[2]), min(bottom, self.data_window[3])
        if x0 < x1 and y0 < y1:
            inside = pixels[
                y0 - self.data_window[1] : y1 - self.data_window[1],
                x0 - self.data_window[0] : x1 - self.data_window[0],
            ]
            full[y0 - top : y1 - top, x0 - left : x1 - left] = inside
        return full


def read_parts(path: str | Path) -> list[ExrPart]:
    """Read a file.

    Raises:
        SourceNotFoundError: no file lies there.
        SourceUnreadableError: it is no EXR, is damaged, or is larger than `MAX_BYTES`.
    """
    if not Path(path).is_file():
        raise SourceNotFoundError(f"no file at {path}")
    headers = [part.header for part in _open(path, header_only=True).parts]
    size = sum(_bytes(header) for header in headers)
    if size > MAX_BYTES:
        raise SourceUnreadableError(
            f"cannot read {path}: its header announces {size / 2**30:.0f} GiB of pixels, more than the "
            f"{MAX_BYTES / 2**30:.0f} GiB that are read"
        )
    pixels: list[Mapping[str, npt.NDArray[Any]]] = [{} for _ in headers]
    if not all(_is_deep(header) for header in headers):
        parts = _open(path, header_only=False).parts
        if len(parts) != len(headers):
            # The library leaves out parts whose pixels it cannot decode, and says so on the console alone.
            raise SourceUnreadableError(f"cannot read {path}: its pixels are damaged")
        pixels = [
            {} if _is_deep(part.header) else {name: c.pixels for name, c in part.channels.items()}
            for part in parts
        ]
    return [_part(header, channels) for header, channels in zip(headers, pixels, strict=True)]


def _open(path: str | Path, *, header_only: bool) -> Any:
    try:
        if not OpenEXR.isOpenExrFile(str(path)):
            raise SourceUnreadableError(f"cannot read {path}: it is no OpenEXR file")
        file = OpenEXR.File(str(path), separate_channels=True, header_only=header_only)
        if not file.parts:
            raise SourceUnreadableError(f"cannot read {path}: it is damaged")
        return file
    except (RuntimeError, ValueError) as err:
        raise SourceUnreadableError(f"cannot read {path}: {err}") from None


def _part(header: Mapping[str, Any], channels: Mapping[str, npt.NDArray[Any]]) -> ExrPart:
    return ExrPart(
        name=header.get("name", ""),
        kind=header["type"].name,
        compression=header["compression"].name.removesuffix("_COMPRESSION").lower(),
        data_window=_half_open(header["dataWindow"]),
        display_window=_half_open(header["displayWindow"]),
        attributes=header,
        channel_names=tuple(channel.name for channel in header["channels"]),
        channels=channels,
    )


def _is_deep(header: Mapping[str, Any]) -> bool:
    return header["type"] in (OpenEXR.deepscanline, OpenEXR.deeptile)


def _bytes(header: Mapping[str, Any]) -> int:
    """What a part's pixels take in memory at the most."""
    width, height = _wh(_half_open(header["dataWindow"]))
    return 0 if _is_deep(header) else 4 * width * height * len(header["channels"])


def _half_open(corners: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]) -> Box:
    """OpenEXR's two corners, both of which belong to the window, as a box."""
    (x0, y0), (x1, y1) = (corner.tolist() for corner in corners)
    return x0, y0, x1 + 1, y1 + 1


def _wh(box: Box) -> Size:
    return box[2] - box[0], box[3] - box[1]
