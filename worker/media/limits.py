"""How large a picture may be: looked at before memory is taken, since a short header can ask for terabytes."""

from __future__ import annotations

from worker.media.unreadable import UnreadableError

MAX_SIDE_PX = 16384
MAX_PIXELS = 16384 * 8192

LIMIT_WORDS = f"at most {MAX_SIDE_PX} a side and {MAX_PIXELS // 10**6} million pixels are read"

_TRUSTED_BYTES = 8192 * 4608 * 12
"""As much as the largest picture of a camera takes as RGB in 32 bits: so much is given to whoever asks."""

_MOST_PACKED = 8192
"""A picture that takes more than `_TRUSTED_BYTES` has at least so many-th part of it in its file: deflate packs a
black one to a thousandth at most, JPEG to a four-thousandth of its size in 32 bits."""

_MOST_AT_ONCE_BYTES = 512 << 20

_LINES_AT_ONCE = {"none": 1, "rle": 1, "zips": 1, "zip": 16, "pxr24": 16, "dwab": 256}
"""How many lines of an OpenEXR file are unpacked together, by compression; 32 for all others."""


def check_size(width: int, height: int) -> None:
    """Refuse a picture that is empty, or larger than any plate.

    Raises:
        UnreadableError: it says how large it is, and what is read.
    """
    if width < 1 or height < 1 or max(width, height) > MAX_SIDE_PX or width * height > MAX_PIXELS:
        raise UnreadableError(f"its picture is {width} x {height}; {LIMIT_WORDS}")


def check_promise(width: int, height: int, pixel_bytes: int, file_bytes: int) -> None:
    """Refuse a large picture whose file is too small to hold it.

    Args:
        width: Of the picture, in pixels.
        height: Likewise.
        pixel_bytes: What a pixel takes in the file, unpacked.
        file_bytes: The file's size.

    Raises:
        UnreadableError: it says how large the picture would be.
    """
    promised = width * height * max(pixel_bytes, 12)
    if promised > max(_TRUSTED_BYTES, file_bytes * _MOST_PACKED):
        raise UnreadableError(
            f"its picture is said to be {width} x {height}, and its file of {file_bytes} bytes is too small for "
            "that; it is damaged, or was made to take memory"
        )


def check_chunks(width: int, pixel_bytes: int, compression: str, tile_wh: tuple[int, int]) -> None:
    """Refuse an OpenEXR file whose parts are so large that one of them would fill the memory.

    Args:
        width: Of the data window, in pixels.
        pixel_bytes: Of all channels together, unpacked.
        compression: Its name, as OpenImageIO has it.
        tile_wh: Width and height of a tile; 0 and 0 where the file has lines.

    Raises:
        UnreadableError: it says how large a part is, and what is read.
    """
    pixels = tile_wh[0] * tile_wh[1] if all(tile_wh) else width * _LINES_AT_ONCE.get(compression, 32)
    if pixels * pixel_bytes > _MOST_AT_ONCE_BYTES:
        raise UnreadableError(
            f"its tiles, or the lines that are packed together, take {pixels * pixel_bytes >> 20} MB unpacked; "
            f"at most {_MOST_AT_ONCE_BYTES >> 20} MB are read"
        )
