"""Decoded video frames to RGB, with the right matrix and range.

Left to itself the scaler takes every frame for BT.601 and rounds down; greens come out wrong by 30 of 255.
"""

from __future__ import annotations

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, VideoReformatter

from worker.media.orientation import turned
from worker.models.base import Plate

_QUALITY = 0x4 | 0x40000
"""swscale's SWS_BICUBIC and SWS_ACCURATE_RND; not every PyAV names the second."""

_BT709, _BT601 = 1, 5
_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
"""ITU-T H.273, table 4 (matrix coefficients), as frames carry them, to swscale's numbers (SWS_CS)."""

_FULL_RANGE = 2

_HD_FROM_HEIGHT_PX = 720
"""Untagged video is BT.709 from this height, BT.601 below, as players take it."""

PQ_TRANSFER = 16
"""H.273 transfer characteristics of SMPTE ST 2084."""


class FrameConverter:
    """Converts frames of one movie; keeps the scaler's tables between frames."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def to_uint8(self, frame: av.VideoFrame) -> Plate:
        """RGB as coded, 0 to 255, upright. Shape ``(H, W, 3)``."""
        # Planar: a packed target costs the scaler five times as much.
        pixels: Plate = self._reformat(frame, "gbrp").to_ndarray()
        return turned(pixels, _quarter_turns(frame))

    def to_float(self, frame: av.VideoFrame) -> npt.NDArray[np.float32]:
        """RGB as coded, 0 to 1, at the precision of the movie, upright. Shape ``(H, W, 3)``."""
        pixels: npt.NDArray[np.float32] = self._reformat(frame, "gbrpf32le").to_ndarray()
        if not frame.format.is_rgb:
            pixels /= _scaled_white(frame)
        return turned(pixels, _quarter_turns(frame))

    def _reformat(self, frame: av.VideoFrame, target: str) -> av.VideoFrame:
        if frame.format.is_rgb:
            return self._reformatter.reformat(frame, format=target, interpolation=_QUALITY)
        untagged = _BT709 if frame.height >= _HD_FROM_HEIGHT_PX else _BT601
        matrix = _MATRICES.get(frame.colorspace, untagged)
        return self._reformatter.reformat(
            frame,
            format=target,
            src_colorspace=matrix,
            dst_colorspace=matrix,
            src_color_range=ColorRange.JPEG if _is_full_range(frame) else ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
            interpolation=_QUALITY,
        )


def upright_wh(frame: av.VideoFrame) -> tuple[int, int]:
    """Width and height of a frame once it is upright."""
    width, height = frame.width, frame.height
    return (height, width) if _quarter_turns(frame) % 2 else (width, height)


def _quarter_turns(frame: av.VideoFrame) -> int:
    """Counter-clockwise; a display matrix may hold any angle, but a plate's pixels stay on their grid."""
    degrees: int = frame.rotation
    return round(degrees / 90)


def _scaled_white(frame: av.VideoFrame) -> float:
    """Where the scaler puts white of a YUV frame: it shifts codes to 16 bits, so white falls short of 1."""
    bits = int(frame.format.components[0].bits) if _is_full_range(frame) else 8
    return float((2**bits - 1 << 16 - bits) / 65535)


def _is_full_range(frame: av.VideoFrame) -> bool:
    return bool(frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj"))
