"""One image file through OpenImageIO: its header, and its picture at the display window's size.

OpenImageIO does not raise: what it cannot read comes back as None with a message beside it. Every such message
becomes an `UnreadableError` here.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import OpenImageIO as oiio

from worker.media.channels import picture_channels
from worker.media.limits import LIMIT_WORDS, MAX_SIDE_PX, check_chunks, check_promise, check_size
from worker.media.orientation import swaps_sides, upright
from worker.media.unreadable import UnreadableError

_MAX_PARTS = 64
"""How many parts of a file are searched for a picture."""

_NO_PICTURES = frozenset({"null", "term", "zfile", "gif"})
"""Formats that are no plates: test patterns, terminals, depth maps; GIF is read as a movie."""

_STRAY_BYTES = "extraneous bytes before marker"
"""A complaint about JPEG files that are whole otherwise."""

_BOILERPLATE = re.compile(r"EXR Error \([^)]*\): |EXR_ERR_[A-Z_]+ | \(\"[^\"]*\"\)")
"""Parts of messages that only programmers want, and the path, which the caller says better."""

_CHROMATICITIES = {
    "lin_rec709_scene": (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    "lin_ap0_scene": (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767),
    "lin_ap1_scene": (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767),
    "lin_rec2020_scene": (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
    "lin_p3d65_scene": (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290),
}
"""Primaries and white as OpenEXR stores them: red, green, blue, white, x and y each."""

# A thread per core this process may use, not per core of the machine: containers and farms give fewer.
if "OPENIMAGEIO_THREADS" not in os.environ and hasattr(os, "sched_getaffinity"):
    oiio.attribute("threads", len(os.sched_getaffinity(0)))
oiio.attribute("limits:resolution", MAX_SIDE_PX)


@dataclass(frozen=True)
class ImageHeader:
    """What a file says of its picture before pixels are read."""

    size_wh: tuple[int, int]
    """Width and height of the display window, turned upright."""
    is_float: bool
    color_space: str | None
    """The colour space by the file's metadata; None where it says nothing that is understood."""
    fps: Fraction | None


def image_extensions() -> frozenset[str]:
    """Lower-case extensions of the formats that are read as pictures, without the dot."""
    formats = (entry.partition(":") for entry in oiio.get_string_attribute("extension_list").split(";"))
    return frozenset(x for name, _, listed in formats if name not in _NO_PICTURES for x in listed.split(","))


def read_header(path: str) -> ImageHeader:
    """Read what a file says of its picture.

    Raises:
        UnreadableError: the file is no picture, too large, deep, or has no colour channels.
    """
    with _opened(path) as image:
        spec = image.spec
        width, height = spec.full_width, spec.full_height
        return ImageHeader(
            size_wh=(height, width) if swaps_sides(image.orientation) else (width, height),
            is_float=spec.format.basetype in (oiio.HALF, oiio.FLOAT, oiio.DOUBLE),
            color_space=_color_space(spec),
            fps=_fps(spec),
        )


def read_uint8(path: str) -> npt.NDArray[np.uint8]:
    """Read red, green and blue as stored; integers wider than 8 bits are scaled with rounding.

    The picture has the display window's size and is turned upright; outside the data window it is 0. Alpha is
    ignored: premultiplied colour stays so.

    Returns:
        Shape ``(H, W, 3)``, C-contiguous, 0 to 255.

    Raises:
        UnreadableError: the file is no picture, damaged, too large, deep, or has no colour channels.
    """
    return np.asarray(_read(path, "uint8"), np.uint8)


def read_float(path: str) -> npt.NDArray[np.float32]:
    """As `read_uint8`, but integers are scaled to 0..1 and floating point stays as it is.

    Returns:
        Shape ``(H, W, 3)``, C-contiguous, in the file's own colour space; may hold NaN and infinities.

    Raises:
        UnreadableError: as `read_uint8`.
    """
    return np.asarray(_read(path, "float"), np.float32)


def _read(path: str, dtype: str) -> npt.NDArray[Any]:
    with _opened(path) as image:
        first, last = min(image.channels), max(image.channels)
        pixels = image.input.read_image(image.part, 0, first, last + 1, dtype)
        problem = _message(image.input) or _message(oiio)
        if pixels is None or (problem and not (_STRAY_BYTES in problem and _has_jpeg_end(path))):
            raise UnreadableError(problem or "its pixels cannot be read")
        order = [position - first for position in image.channels]
        if order != list(range(pixels.shape[2])):
            pixels = pixels[..., order]
        return upright(_in_display_window(pixels, image.spec), image.orientation)


@dataclass(frozen=True)
class _Opened:
    input: oiio.ImageInput
    spec: oiio.ImageSpec
    part: int
    channels: tuple[int, int, int]
    orientation: int


@contextmanager
def _opened(path: str) -> Iterator[_Opened]:
    """Open a file at its first part that has a picture."""
    wishes = oiio.ImageSpec()
    wishes["oiio:UnassociatedAlpha"] = 1  # PNG's colour as it is stored, not multiplied by an alpha we ignore
    image = oiio.ImageInput.open(path, wishes)
    if image is None:
        raise UnreadableError(_message(oiio) or "it cannot be opened")
    try:
        if image.format_name() in _NO_PICTURES:
            raise UnreadableError(f"format {image.format_name()} holds no plates")
        part, spec, channels = _picture_part(image)
        _check_memory(spec, channels, path)
        yield _Opened(image, spec, part, channels, spec.get_int_attribute("Orientation", 1))
    except UnicodeDecodeError as error:
        raise UnreadableError("its header holds names that are no text") from error
    finally:
        image.close()
        _message(image)  # one left behind is printed at exit


def _picture_part(image: oiio.ImageInput) -> tuple[int, oiio.ImageSpec, tuple[int, int, int]]:
    deep = False
    seen: list[str] = []
    for part in range(_MAX_PARTS):
        if not image.seek_subimage(part, 0):
            _message(image)
            break
        spec = image.spec()
        channels = picture_channels(spec.channelnames)
        if channels is not None and not spec.deep:
            return part, spec, channels
        deep = deep or spec.deep
        seen += [name for name in spec.channelnames if name not in seen]
    if deep:
        raise UnreadableError("it is deep: samples along the view instead of a picture; flatten it first")
    raise UnreadableError(f"it has no colour channels, only {', '.join(seen[:8])}")


def _check_memory(spec: oiio.ImageSpec, channels: tuple[int, int, int], path: str) -> None:
    """Refuse what would take more memory than a picture can be worth; none has been taken yet."""
    file_bytes = Path(path).stat().st_size
    read = max(channels) - min(channels) + 1
    for width, height in ((spec.width, spec.height), (spec.full_width, spec.full_height)):
        check_size(width, height)
        check_promise(width, height, read * spec.format.size(), file_bytes)
    if spec.get_string_attribute("compression") and spec.getattribute("openexr:lineOrder") is not None:
        tile_wh = (spec.tile_width, spec.tile_height)
        check_chunks(spec.width, spec.pixel_bytes(True), spec.get_string_attribute("compression"), tile_wh)


def _in_display_window(pixels: npt.NDArray[Any], spec: oiio.ImageSpec) -> npt.NDArray[Any]:
    """Paste the data window into the display window, cutting off overscan."""
    left, top = spec.x - spec.full_x, spec.y - spec.full_y
    width, height = spec.full_width, spec.full_height
    if (left, top, spec.width, spec.height) == (0, 0, width, height):
        return pixels
    window = np.zeros((height, width, 3), pixels.dtype)
    rows = slice(max(top, 0), max(min(top + spec.height, height), 0))
    columns = slice(max(left, 0), max(min(left + spec.width, width), 0))
    if rows.start < rows.stop and columns.start < columns.stop:
        window[rows, columns] = pixels[
            rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
        ]
    return window


def _color_space(spec: oiio.ImageSpec) -> str | None:
    if spec.get_int_attribute("acesImageContainerFlag", 0):
        return "lin_ap0_scene"
    named = spec.get_string_attribute("oiio:ColorSpace")
    if named:
        return str(named)
    stored = spec.getattribute("chromaticities")
    if stored is None or len(stored) != 8:
        return None
    for name, known in _CHROMATICITIES.items():
        if all(math.isclose(a, b, abs_tol=1e-3) for a, b in zip(stored, known, strict=True)):
            return name
    return None


def _fps(spec: oiio.ImageSpec) -> Fraction | None:
    rate = spec.getattribute("FramesPerSecond") or spec.getattribute("dpx:FrameRate")
    if isinstance(rate, tuple) and len(rate) == 2 and min(rate) > 0:
        return Fraction(int(rate[0]), int(rate[1]))
    if isinstance(rate, float) and math.isfinite(rate) and rate > 0:
        return Fraction(rate).limit_denominator(1001)
    return None


def _has_jpeg_end(path: str) -> bool:
    """Whether a JPEG file ends as it should; of several complaints libjpeg tells only the first."""
    with Path(path).open("rb") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - 4096, 0))
        return b"\xff\xd9" in file.read()


def _message(teller: Any) -> str:
    """What OpenImageIO, or an open file, has to complain of first, or nothing; asking clears it."""
    try:
        lines = teller.geterror().splitlines()
    except UnicodeDecodeError:  # it quotes from the file
        return "its header is damaged"
    if not lines:
        return ""
    if "limits:resolution" in lines[0]:
        return f"its picture is too large; {LIMIT_WORDS}"
    return str(_BOILERPLATE.sub("", lines[0]).strip())
