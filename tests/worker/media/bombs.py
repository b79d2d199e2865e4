"""Small files whose headers ask for a great deal of memory."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from tests.worker.media.made import plain, write_image, write_movie

_PICTURE = plain(90, size_wh=(64, 48))

Size = tuple[int, int]


def png(folder: Path, size_wh: Size) -> Path:
    path = write_image(folder / "bomb.png", _PICTURE)
    path.write_bytes(_with_ihdr(path.read_bytes(), size_wh))
    return path


def tiff(folder: Path, size_wh: Size) -> Path:
    path = write_image(folder / "bomb.tif", _PICTURE, compression="zip")
    data = bytearray(path.read_bytes())
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        (tag,) = struct.unpack_from("<H", data, entry)
        if tag in (256, 257, 278):  # width, length, rows in a strip
            struct.pack_into("<HHII", data, entry, tag, 4, 1, size_wh[0] if tag == 256 else size_wh[1])
    path.write_bytes(data)
    return path


def jpeg(folder: Path, size_wh: Size) -> Path:
    path = folder / "bomb.jpg"
    Image.fromarray(_PICTURE).save(path, subsampling=0, progressive=True)
    path.write_bytes(_with_frame_header(path.read_bytes(), b"\xff\xc2", size_wh))
    return path


def exr(folder: Path, size_wh: Size, windows: tuple[str, ...] = ("dataWindow", "displayWindow")) -> Path:
    path = write_image(
        folder / "bomb.exr", _PICTURE.astype(np.float32) / 255, pixel_type="half", compression="dwab"
    )
    data = bytearray(path.read_bytes())
    for window in windows:
        name = window.encode() + b"\0box2i\0"
        struct.pack_into("<4i", data, data.index(name) + len(name) + 4, 0, 0, size_wh[0] - 1, size_wh[1] - 1)
    path.write_bytes(data)
    return path


def exr_data(folder: Path, size_wh: Size) -> Path:
    return exr(folder, size_wh, ("dataWindow",))


def exr_display(folder: Path, size_wh: Size) -> Path:
    return exr(folder, size_wh, ("displayWindow",))


def prores(folder: Path, size_wh: Size) -> Path:
    path = write_movie(folder / "bomb.mov", "prores", count=3, pixel_format="yuv422p10le")
    data = bytearray(path.read_bytes())
    _enter_size(data, b"apcn", size_wh)
    at = -1
    while (at := data.find(b"icpf", at + 1)) >= 0:
        struct.pack_into(">HH", data, at + 12, *size_wh)
    path.write_bytes(data)
    return path


def mjpeg(folder: Path, size_wh: Size) -> Path:
    path = write_movie(folder / "bomb.mov", "mjpeg", count=3, pixel_format="yuvj444p")
    data = bytearray(_with_frame_header(path.read_bytes(), b"\xff\xc0\0\x11", size_wh))
    _enter_size(data, b"jpeg", size_wh)
    path.write_bytes(data)
    return path


def png_movie(folder: Path, size_wh: Size) -> Path:
    path = write_movie(folder / "bomb.mov", "png", count=3, pixel_format="rgb24")
    path.write_bytes(_with_ihdr(path.read_bytes(), size_wh))
    return path


def h264(folder: Path, size_wh: Size) -> Path:
    """A movie whose sequence parameter set lies; the sample entry does, too."""
    path = write_movie(folder / "bomb.mp4", "libx264", count=3)
    data = bytearray(path.read_bytes())
    _enter_size(data, b"avc1", size_wh)
    moov = data.index(b"moov")
    assert data.index(b"mdat") < moov, "its offsets would change"
    at = data.index(b"avcC") + 10
    (length,) = struct.unpack_from(">H", data, at)
    told = _with_sps_size(bytes(data[at + 2 : at + 2 + length]), size_wh)
    data[at : at + 2 + length] = struct.pack(">H", len(told)) + told
    for box in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1", b"avcC"):
        start = data.index(box, moov) - 4
        (size,) = struct.unpack_from(">I", data, start)
        struct.pack_into(">I", data, start, size + len(told) - length)
    path.write_bytes(data)
    return path


PICTURES: tuple[Callable[[Path, Size], Path], ...] = (png, tiff, jpeg, exr, exr_data, exr_display)
MOVIES: tuple[Callable[[Path, Size], Path], ...] = (prores, mjpeg, png_movie, h264)


def _with_ihdr(data: bytes, size_wh: Size) -> bytes:
    """PNG data, alone or in a movie, with another size in each header and its checksum."""
    changed = bytearray(data)
    at = -1
    while (at := changed.find(b"IHDR", at + 1)) >= 0:
        struct.pack_into(">II", changed, at + 4, *size_wh)
        struct.pack_into(">I", changed, at + 17, zlib.crc32(bytes(changed[at : at + 17])))
    return bytes(changed)


def _with_frame_header(data: bytes, marker: bytes, size_wh: Size) -> bytes:
    """JPEG data, alone or in a movie, with another size in each frame header."""
    changed = bytearray(data)
    at = -1
    while (at := changed.find(marker, at + 1)) >= 0:
        struct.pack_into(">HH", changed, at + 5, size_wh[1], size_wh[0])
    return bytes(changed)


def _enter_size(data: bytearray, kind: bytes, size_wh: Size) -> None:
    """Change the size in a movie's sample entry, and in its track's header."""
    struct.pack_into(">HH", data, data.index(kind) + 28, *size_wh)
    struct.pack_into(">II", data, data.index(b"tkhd") + 80, size_wh[0] << 16, size_wh[1] << 16)


def _with_sps_size(unit: bytes, size_wh: Size) -> bytes:
    """A sequence parameter set with another size in macroblocks (ITU-T H.264, 7.3.2.1.1)."""
    plain_bytes = unit.replace(b"\0\0\3", b"\0\0")
    bits = "".join(f"{byte:08b}" for byte in plain_bytes)
    at = _after_number(bits, 32)  # the set's id
    if plain_bytes[1] in (100, 110, 122, 244):
        at = _after_number(bits, at, 3) + 2  # chroma format, bit depths, two flags
    at = _after_number(bits, at, 2)  # frame numbers, kind of order
    start = _after_number(bits, _after_number(bits, at), 1) + 1  # order, reference frames, a flag
    rest = bits[_after_number(bits, start, 2) :]
    bits = bits[:start] + "".join(_number(side // 16 - 1) for side in size_wh) + rest.rstrip("0")
    bits += "0" * (-len(bits) % 8)
    escaped = bytearray()
    for byte in (int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)):
        if escaped[-2:] == b"\0\0" and byte <= 3:
            escaped.append(3)
        escaped.append(byte)
    return bytes(escaped)


def _after_number(bits: str, at: int, count: int = 1) -> int:
    """Where the numbers that begin at a bit end, each coded as ue(v)."""
    for _ in range(count):
        at += 2 * (bits.index("1", at) - at) + 1
    return at


def _number(value: int) -> str:
    """A number as ue(v)."""
    bits = f"{value + 1:b}"
    return "0" * (len(bits) - 1) + bits
