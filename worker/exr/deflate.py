"""A fixed Deflate code for lines that are mostly repetitions, as tables (RFC 1951).

Where bytes repeat, Deflate says "copy 258 bytes from just before". Here that is three bits, all zero: a run of any
length is a number of zeros, which need not be written but only left out. The rest of the code has the lengths that
lines of mattes want on the average, hard ones and soft ones; a code made for each file would save a few per cent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

END = 256
"""The symbol that ends a block."""

EQUAL = 128
"""The byte that stands for one like the one before: what is added to every difference."""

LONGEST = 258
"""The longest copy, in bytes."""

SHORTEST = 3
"""The shortest copy."""

_FIRST_COPY = 257
"""The symbol of the shortest copies."""

_COPIES = (
    (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0), (10, 0), (11, 1), (13, 1), (15, 1), (17, 1), (19, 2),
    (23, 2), (27, 2), (31, 2), (35, 3), (43, 3), (51, 3), (59, 3), (67, 4), (83, 4), (99, 4), (115, 4), (131, 5),
    (163, 5), (195, 5), (227, 5), (258, 0),
)  # fmt: skip
"""The shortest length of each symbol from `_FIRST_COPY` on, and how many bits choose among its lengths."""

_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
"""The order in which a block's head gives the lengths of the code of code lengths."""

_AGAIN = 16
"""Among code lengths: the last one 3 to 6 times more."""

_LENGTH_BITS = {0: 5, 1: 4, 2: 4, 3: 5, 5: 4, 6: 4, 7: 4, 9: 4, 10: 4, _AGAIN: 1}
"""The code of code lengths: bits of each that occurs in a head."""


def _code_lengths() -> npt.NDArray[np.int64]:
    """Bits of each literal and copy; the code is complete, so that every reader takes it."""
    bits = np.full(_FIRST_COPY + len(_COPIES), 10)
    # Differences of neighbouring bytes of mattes, to which 128 is added, are small more often than large.
    bits[60:197] = 9
    bits[[0, 124, 125, 131, 132]] = 7
    bits[[126, 130]] = 6
    bits[[127, 129]] = 5
    bits[EQUAL] = 3
    bits[END:273] = 9
    bits[273:-1] = 7
    bits[-1] = 2
    return bits


def _canonical(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """The code with these lengths (section 3.2.2), each word's first bit lowest, as words go into the stream."""
    words = np.zeros(len(lengths), np.uint64)
    word = 0
    for bits in range(1, int(lengths.max()) + 1):
        for symbol in np.flatnonzero(lengths == bits):
            words[symbol] = int(format(word, f"0{bits}b")[::-1], 2)
            word += 1
        word <<= 1
    return words


BITS = _code_lengths()
"""Bits of the words of all literals and copies. Shape ``(286,)``, at most 10."""

WORDS = _canonical(BITS)
"""The words. Shape ``(286,)``."""


@dataclass(frozen=True)
class Runs:
    """How runs of pixels that are like the one before them are written, by their length from 0 on."""

    literals: npt.NDArray[np.int64]
    """How many of the pixels are written out first: one, which is what can be copied, or two."""
    words: npt.NDArray[np.uint64]
    """What is written behind these."""
    bits: npt.NDArray[np.int64]
    """How many bits that is; those beyond the word's are zero."""


@lru_cache(maxsize=4)
def runs(most: int, pixel_bytes: int) -> Runs:
    """How runs of up to `most` pixels are written.

    Args:
        most: The longest run.
        pixel_bytes: Bytes of a pixel. Where it is one, that of a run's pixels is 128, and its literals are in the
            words already; where it is two, they are whatever they are.
    """
    count = np.arange(most + 1)
    whole, rest = np.divmod(np.maximum(count - 1, 0) * pixel_bytes, LONGEST)
    copied = rest >= SHORTEST
    words, bits = np.zeros(most + 1, np.uint64), whole * (BITS[-1] + 1)
    shortest, extra = np.array(_COPIES).T
    which = np.searchsorted(shortest, rest[copied], side="right") - 1
    own = BITS[_FIRST_COPY + which]
    chosen = (rest[copied] - shortest[which]).astype(np.uint64)
    words[copied] = WORDS[_FIRST_COPY + which] | (chosen << own.astype(np.uint64))
    # The distance is one bit, 0.
    bits[copied] += own + extra[which] + 1
    # What is too short to be copied is written out.
    literals = np.minimum(count, 1) + np.where(copied, 0, rest // pixel_bytes)
    if pixel_bytes == 1:
        for number in range(SHORTEST):
            there = literals > number
            words[there] = (words[there] << np.uint64(BITS[EQUAL])) | WORDS[EQUAL]
            bits[there] += BITS[EQUAL]
        literals[:] = 0
    return Runs(literals, words, bits)


@lru_cache(maxsize=2)
def block_head(distance: int) -> tuple[int, int]:
    """The head of the last block of a stream with this code (section 3.2.7), in which copies are from `distance`.

    Returns:
        Its bits, the first one lowest, and their number.
    """
    # Two distances of one bit each, the wanted one first, since a code must be complete.
    distances = [0] * (distance - 1) + [1, 1]
    lengths = np.zeros(len(_ORDER), np.int64)
    lengths[list(_LENGTH_BITS)] = list(_LENGTH_BITS.values())
    words = _canonical(lengths)
    listed = max(place for place, symbol in enumerate(_ORDER) if lengths[symbol]) + 1
    head = [(1, 1), (2, 2), (len(BITS) - 257, 5), (len(distances) - 1, 5), (listed - 4, 4)]
    head += [(int(lengths[symbol]), 3) for symbol in _ORDER[:listed]]
    for symbol, more in _repeated([*BITS.tolist(), *distances]):
        head.append((int(words[symbol]), int(lengths[symbol])))
        if symbol == _AGAIN:
            head.append((more, 2))
    value = count = 0
    for number, bits in head:
        value |= number << count
        count += bits
    return value, count


def _repeated(lengths: Iterable[int]) -> Iterable[tuple[int, int]]:
    """Code lengths as symbols, those that are repeated as `_AGAIN` with how often beyond three times."""
    last, waiting = -1, 0
    for length in [*lengths, -1]:
        if length == last:
            waiting += 1
            continue
        while waiting >= 3:
            yield _AGAIN, min(waiting, 6) - 3
            waiting -= min(waiting, 6)
        yield from [(last, 0)] * waiting
        if length >= 0:
            yield length, 0
        last, waiting = length, 0
