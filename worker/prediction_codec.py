"""A frame's prediction as bytes: msgpack inside zlib."""

from __future__ import annotations

import zlib

import msgpack
import msgspec
import numpy as np
import numpy.typing as npt

from worker.segments import FramePrediction, Segment

FORMAT = 2
"""Raised when the encoding changes; files of another format count as missing and are made again."""

# Level 1: masks are mostly flat, higher levels take several times longer for a few per cent.
_LEVEL = 1


class _Segment(msgspec.Struct, array_like=True, frozen=True):
    category: str
    is_thing: bool
    score: float
    box: tuple[int, int, int, int]
    mask: bytes
    track: int


class _Frame(msgspec.Struct, array_like=True, frozen=True):
    format: int
    grid_wh: tuple[int, int]
    segments: tuple[_Segment, ...]
    thumbnail_wh: tuple[int, int] | None
    thumbnail: bytes


class DamagedPredictionError(ValueError):
    """The bytes are no prediction of this format."""


def encode(prediction: FramePrediction) -> bytes:
    """Bytes that `decode` turns back into an equal prediction."""
    thumb = prediction.thumbnail
    frame = _Frame(
        format=FORMAT,
        grid_wh=prediction.grid_wh,
        segments=tuple(
            _Segment(s.category, s.is_thing, float(s.score), s.box, s.mask.tobytes(), s.track)
            for s in prediction.segments
        ),
        thumbnail_wh=None if thumb is None else (thumb.shape[1], thumb.shape[0]),
        thumbnail=b"" if thumb is None else thumb.tobytes(),
    )
    return zlib.compress(msgpack.packb(msgspec.to_builtins(frame, builtin_types=(bytes,))), _LEVEL)


def decode(data: bytes) -> FramePrediction:
    """The prediction that `encode` was given; DamagedPredictionError where the bytes are anything else.

    Its pixels cannot be written to: many look at the same ones.
    """
    try:
        raw = msgpack.unpackb(zlib.decompress(data), raw=False)
        frame = msgspec.convert(raw, _Frame, builtin_types=(bytes,))
        if frame.format != FORMAT:
            raise DamagedPredictionError(f"format {frame.format}, this version reads {FORMAT}")
        segments = tuple(
            Segment(s.category, s.is_thing, s.score, s.box, _mask(s.mask, s.box), s.track) for s in frame.segments
        )
        thumbnail = None
        if frame.thumbnail_wh is not None:
            w, h = frame.thumbnail_wh
            thumbnail = np.frombuffer(frame.thumbnail, np.uint8).reshape(h, w, 3)
        return FramePrediction(frame.grid_wh, segments, thumbnail)
    except (zlib.error, ValueError, msgpack.exceptions.UnpackException) as err:
        raise DamagedPredictionError(str(err)) from None


def _mask(data: bytes, box: tuple[int, int, int, int]) -> npt.NDArray[np.uint8]:
    x0, y0, x1, y1 = box
    return np.frombuffer(data, np.uint8).reshape(y1 - y0, x1 - x0)
