"""Pictures made smaller or larger, and as the bytes of a PNG."""

from __future__ import annotations

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

_GAP = 1.3
"""What is left to a filter of a picture that is made smaller by more than twice as much; whole pixels are averaged
before, in half the time."""


def scaled(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A picture at another width and height."""
    return picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=_GAP)


def png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """A picture as PNG, encoded by FFmpeg: Pillow takes twice as long for as many bytes.

    Args:
        pixels: Shape ``(h, w, 3)``, RGB.
    """
    encoder = av.CodecContext.create("png", "w")
    encoder.height, encoder.width = pixels.shape[:2]
    encoder.pix_fmt, encoder.framerate = "rgb24", 1
    # The quickest compression: a sheet is looked at now and then, and made with every export.
    encoder.options = {"compression_level": "1", "pred": "paeth"}
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))
