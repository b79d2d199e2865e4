"""Files the tests make: movies whose every frame tells its number, and pictures of one colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import OpenImageIO as oiio

from worker.models.base import Plate

_BITS = 8


def numbered(number: int, size_wh: tuple[int, int] = (64, 48)) -> Plate:
    """A picture of eight stripes, white for the ones of a number below 256 in binary, lowest bit left."""
    width, height = size_wh
    stripe = width // _BITS
    picture = np.full((height, width, 3), 20, np.uint8)
    for bit in range(_BITS):
        if number >> bit & 1:
            picture[:, bit * stripe : (bit + 1) * stripe] = 235
    return picture


def number_of(plate: Plate) -> int:
    """The number `numbered` drew."""
    height, width = plate.shape[:2]
    stripe = width // _BITS
    middle = plate[height // 2].mean(axis=1)
    return sum(1 << bit for bit in range(_BITS) if middle[bit * stripe + stripe // 2] > 128)


def write_movie(
    path: Path,
    codec: str,
    *,
    count: int = 30,
    pixel_format: str = "yuv420p",
    rate: Fraction = Fraction(24),
    options: Mapping[str, str] | None = None,
    movflags: str = "",
    stamps_ms: Sequence[int] | None = None,
    pictures: Sequence[Plate] | None = None,
) -> Path:
    """Encode numbered pictures, or those given; one per time stamp where stamps are given."""
    drawn = [numbered(i) for i in range(count)] if pictures is None else pictures
    time_base = 1 / rate if stamps_ms is None else Fraction(1, 1000)
    muxer = {"movflags": movflags} if movflags else {}
    with av.open(str(path), "w", container_options=muxer) as container:
        stream = container.add_stream(codec, rate=rate, options=dict(options or {}))
        stream.height, stream.width = drawn[0].shape[:2]
        stream.pix_fmt = pixel_format
        stream.time_base = stream.codec_context.time_base = time_base
        for i, picture in enumerate(drawn):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pixel_format)
            frame.pts = i if stamps_ms is None else stamps_ms[i]
            frame.time_base = time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_image(
    path: Path,
    pixels: npt.NDArray[Any],
    *,
    pixel_type: str = "",
    channels: Sequence[str] = (),
    data_xy: tuple[int, int] = (0, 0),
    display_wh: tuple[int, int] | None = None,
    **attributes: Any,
) -> Path:
    """Write pixels of shape ``(H, W, C)`` by extension; in attribute names ``__`` stands for a colon."""
    height, width, count = pixels.shape
    spec = oiio.ImageSpec(width, height, count, pixel_type or str(pixels.dtype).replace("float32", "float"))
    if channels:
        spec.channelnames = tuple(channels)
    if display_wh is not None:
        spec.x, spec.y = data_xy
        spec.full_width, spec.full_height = display_wh
    for name, value in attributes.items():
        spec[name.replace("__", ":")] = value
    output = oiio.ImageOutput.create(str(path))
    assert output is not None, oiio.geterror()
    # OpenImageIO says False instead of raising.
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(np.ascontiguousarray(pixels)), output.geterror()
    assert output.close(), output.geterror()
    return path


def plain(value: float | tuple[float, ...], dtype: type = np.uint8, size_wh: tuple[int, int] = (8, 6)) -> Any:
    """A picture of one colour, shape ``(H, W, 3)``."""
    return np.full((size_wh[1], size_wh[0], 3), value, dtype)
