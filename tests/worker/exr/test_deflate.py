"""The tables of the fixed code, against zlib."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from worker.exr import deflate


def _inflated(bits: list[tuple[int, int]], distance: int) -> bytes:
    """What zlib makes of a block of words, each with its number of bits."""
    value, count = deflate.block_head(distance)
    end = (int(deflate.WORDS[deflate.END]), int(deflate.BITS[deflate.END]))
    for word, length in [*bits, end]:
        value |= word << count
        count += length
    return zlib.decompress(value.to_bytes(-(-count // 8), "little"), wbits=-15)


def _literals(data: bytes) -> list[tuple[int, int]]:
    return [(int(deflate.WORDS[byte]), int(deflate.BITS[byte])) for byte in data]


def test_code_is_complete() -> None:
    assert np.sum(2.0**-deflate.BITS) == 1.0


@pytest.mark.parametrize("distance", [1, 2])
def test_every_literal(distance: int) -> None:
    data = bytes(range(256))
    assert _inflated(_literals(data), distance) == data


@pytest.mark.parametrize("pixel_bytes", [1, 2])
def test_runs_of_every_length(pixel_bytes: int) -> None:
    runs = deflate.runs(1200, pixel_bytes)
    pixel = bytes([deflate.EQUAL]) if pixel_bytes == 1 else b"ab"
    for length in range(1201):
        words = _literals(pixel * int(runs.literals[length]))
        words.append((int(runs.words[length]), int(runs.bits[length])))
        assert _inflated(words, pixel_bytes) == pixel * length


@pytest.mark.parametrize("pixel_bytes", [1, 2])
def test_what_is_written_for_a_change_fits_in_64_bits(pixel_bytes: int) -> None:
    runs = deflate.runs(3000, pixel_bytes)
    own = np.array([int(word).bit_length() for word in runs.words])
    longest = int(deflate.BITS.max())
    assert (longest * pixel_bytes * (1 + runs.literals) + own).max() <= 64
