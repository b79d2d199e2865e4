"""Scanlines as ZIPS keeps them, made from the places where pixels change: what a matte has few of.

A line of an OpenEXR file with this compression is taken apart into the even and the odd bytes of its pixels, each
byte replaced by its difference from the one before plus 128, and compressed by itself (``internal_zip.c`` of
OpenEXR). Where neighbouring pixels are equal, differences are too, or two of them alternate. Whoever knows the
pixels that change knows the stream and its checksum; all others, which are most, need not be touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worker.exr import deflate
from worker.exr.changes import Changes, LineShape, Whole, changes, steps
from worker.exr.patch import Patch
from worker.mattes.geometry import Box, box_wh

_BAND_SAMPLES = 1 << 21
"""Pixels of patches that are looked at together, on the average; few enough to stay in a processor's cache."""

_MOST_CHANGES = 1 / 16
"""The share of changing pixels from which on it is quicker to compress all of them as they are."""

_STREAM_HEAD = b"\x78\x01"
"""zlib's (RFC 1950): Deflate, a window of 32 KiB, no dictionary."""

_CHECKSUM_BYTES = 4

_LINE_HEAD_BYTES = 8
"""A line's number and the size of what follows, which stand before it."""

_ADLER = 65521
"""The modulus of zlib's checksum."""

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]


def encoded_lines(channels: Sequence[Patch], window: Box) -> tuple[list[Bytes], Whole] | None:
    """The lines of a file of one part as they stand in it, each with its head.

    Args:
        channels: In the file's order, all of one type, half or 32-bit float.
        window: The data window, which holds the channels' boxes.

    Returns:
        The lines' bytes, in pieces of many lines, and the size of each line; None for what is left to the library:
        where changes are so many that it is not worth while, or a line would not become smaller.
    """
    width, height = box_wh(window)
    shape = LineShape(len(channels), width, channels[0].pixels.dtype.itemsize // 2)
    area = sum(channel.pixels.size for channel in channels)
    # Of a band, every pixel's number must fit in 32 bits.
    rows = max(1, min(_BAND_SAMPLES * height // max(area, 1), (1 << 32) // shape.pixels))
    most = (_MOST_CHANGES * shape.pixels + shape.channels) * height
    pieces, sizes = [], []
    for top in range(window[1], window[3], rows):
        bottom = min(top + rows, window[3])
        found = changes(channels, (window[0], top, window[2], bottom), shape)
        most -= len(found.place)
        encoded = _encoded(found, top, bottom, shape) if most >= 0 else None
        if encoded is None:
            return None
        pieces.append(encoded[0])
        sizes.append(encoded[1])
    return pieces, np.concatenate(sizes)


def _encoded(found: Changes, top: int, bottom: int, shape: LineShape) -> tuple[Bytes, Whole] | None:
    """The lines from `top` to `bottom`, and the size of each; None where one would not become smaller."""
    lines = bottom - top
    halves = [_half(found, shape, lines, odd) for odd in (False, True)]
    head, head_bits = deflate.block_head(shape.step)
    bits = head_bits + halves[0].line_bits + halves[1].line_bits
    sizes = len(_STREAM_HEAD) + -(-(bits + deflate.BITS[deflate.END]) // 8) + _CHECKSUM_BYTES
    if (sizes >= shape.bytes).any():
        return None
    whole = _LINE_HEAD_BYTES + sizes
    ends = np.cumsum(whole)
    # Words are written in pieces of 64 bits, two of them each.
    stream = np.zeros(int(ends[-1]) // 8 + 2, np.uint64)
    block = np.frombuffer(_STREAM_HEAD + head.to_bytes(-(-head_bits // 8), "little"), np.uint8)
    parts = [_as_bytes(np.arange(top, bottom), "<i4"), _as_bytes(sizes, "<i4"), np.tile(block, (lines, 1))]
    start = np.concatenate(parts, axis=1)
    out = stream.view(np.uint8)
    out[(ends - whole)[:, None] + np.arange(start.shape[1])] = start
    out[ends[:, None] + np.arange(-_CHECKSUM_BYTES, 0)] = _as_bytes(_checksums(halves, shape), ">u4")
    at = 8 * (ends - whole + _LINE_HEAD_BYTES + len(_STREAM_HEAD)) + head_bits
    for half in halves:
        moved = at - (half.ends - half.bits)[half.starts]
        _put(stream, half.ends - half.bits + np.repeat(moved, half.pieces), half.words)
        at = at + half.line_bits
    _put(stream, at, np.full(lines, deflate.WORDS[deflate.END]))
    return out[: ends[-1]], whole


def _as_bytes(numbers: Whole, dtype: str) -> Bytes:
    return numbers.astype(dtype).view(np.uint8).reshape(len(numbers), -1)


@dataclass(frozen=True)
class _Half:
    """One half of some lines, their even bytes or their odd ones, in pieces: a changed pixel and those like it."""

    starts: Whole
    """The first piece of each line. Shape ``(lines,)``."""
    words: Words
    """What is written for each piece. Shape ``(pieces,)``."""
    bits: Whole
    """How many bits that is; those beyond the word's are zero."""
    ends: Whole
    """Their sum up to the end of each piece."""
    sums: tuple[Whole, Whole]
    """What the bytes of each line add to the two sums of its checksum beyond what bytes of 128 add."""

    @property
    def pieces(self) -> Whole:
        """Pieces of each line. Shape ``(lines,)``."""
        return steps(self.starts, len(self.words))

    @property
    def line_bits(self) -> Whole:
        """Bits of each line. Shape ``(lines,)``."""
        begins = self.ends[self.starts] - self.bits[self.starts]
        return steps(begins, self.ends[-1])


def _half(found: Changes, shape: LineShape, lines: int, odd: bool) -> _Half:
    """Encode one half of the lines of a band."""
    first = np.arange(lines) * shape.pixels
    begins = np.searchsorted(found.place, first)
    own = [found.bytes[:, odd + 2 * number] for number in range(shape.step)]
    before = np.roll(own[-1], 1)
    # The first byte of a line is kept as it is; the first odd one follows the last even one.
    before[begins] = found.bytes[np.append(begins[1:], len(before)) - 1, -2] if odd else deflate.EQUAL
    differs = np.zeros(len(before), bool)
    for byte in own:
        differs[1:] |= byte[1:] != byte[:-1]
    differs[begins] = True
    kept = np.flatnonzero(differs)
    place, before, own = found.place[kept], before[kept], [byte[kept] for byte in own]
    like_it = steps(place, lines * shape.pixels) - 1
    changed = [_difference(byte, last) for byte, last in zip(own, [before, *own], strict=False)]
    same = [_difference(byte, last) for byte, last in zip(own, [own[-1], *own], strict=False)]
    words, bits = _pieces(changed, same, like_it, deflate.runs(shape.pixels, shape.step))
    starts = np.searchsorted(place, first)
    line = np.repeat(first, steps(starts, len(place)))
    left = shape.bytes - shape.step * (odd * shape.pixels + place - line)
    sums = _sums(changed, same, like_it, left)
    by_line = np.add.reduceat(sums[0], starts), np.add.reduceat(sums[1], starts)
    return _Half(starts, words, bits, np.cumsum(bits), by_line)


def _difference(byte: Bytes, before: Bytes) -> Bytes:
    return byte - before + np.uint8(deflate.EQUAL)


def _pieces(
    changed: Sequence[Bytes], same: Sequence[Bytes], like_it: Whole, runs: deflate.Runs
) -> tuple[Words, Whole]:
    """What is written for changed pixels and those like them behind them: words and their bits.

    Args:
        changed: The bytes of the changed pixels.
        same: The bytes of pixels that are like the one before them.
        like_it: How many of those follow each changed one.
        runs: How they are written.
    """
    literals = runs.literals[like_it]
    parts = [(deflate.WORDS[byte], deflate.BITS[byte]) for byte in changed]
    for number in range(int(literals.max(initial=0))):
        there = literals > number
        parts += [(deflate.WORDS[byte] * there, deflate.BITS[byte] * there) for byte in same]
    parts.append((runs.words[like_it], runs.bits[like_it]))
    words, bits = parts[0]
    for word, count in parts[1:]:
        words = words | (word << bits.astype(np.uint64))
        bits = bits + count
    return words, bits


def _sums(changed: Sequence[Bytes], same: Sequence[Bytes], like_it: Whole, left: Whole) -> tuple[Whole, Whole]:
    """What pieces add to the sums of a checksum: of bytes, and of bytes times how many are left, with their own.

    Args:
        changed: As for `_pieces`, like the next two.
        same: The same.
        like_it: The same.
        left: How many bytes of the line are left at each piece, with its first.
    """
    plain, weighed = np.zeros_like(left), np.zeros_like(left)
    for number, byte in enumerate(changed):
        value = byte.astype(np.int64) - deflate.EQUAL
        plain += value
        weighed += value * (left - number)
    if len(same) > 1:
        # That of a single byte is always 128.
        step = len(same)
        for number, byte in enumerate(same):
            value = (byte.astype(np.int64) - deflate.EQUAL) * like_it
            plain += value
            weighed += value * (left - step - number) - value * (like_it - 1) * step // 2
    return plain, weighed


def _checksums(halves: Sequence[_Half], shape: LineShape) -> Whole:
    """zlib's checksums of lines (RFC 1950, section 9). Shape ``(lines,)``."""
    count = shape.bytes
    plain, weighed = (halves[0].sums[number] + halves[1].sums[number] for number in (0, 1))
    low: Whole = (1 + deflate.EQUAL * count + plain) % _ADLER
    high: Whole = (count + deflate.EQUAL * (count * (count + 1) // 2) + weighed) % _ADLER
    return high << 16 | low


def _put(stream: Words, at: Whole, words: Words) -> None:
    """Put words into a stream from given bits on, which rise; bits are not shared, so that adding is putting."""
    place, shift = at >> 6, (at & 63).astype(np.uint64)
    first = np.flatnonzero(np.concatenate([[True], place[1:] != place[:-1]]))
    stream[place[first]] += np.add.reduceat(words << shift, first)
    # Of those that begin in one place, only the last can reach into the next.
    last = np.append(first[1:], len(place)) - 1
    stream[place[last] + 1] += (words[last] >> np.uint64(1)) >> (np.uint64(63) - shift[last])
