"""Frame rates and timecodes as Resolve writes them."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from host_adapters.rates import exact_rate
from host_adapters.resolve.errors import HostRefusedError

_RATE = re.compile(r"\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<drop>DF)?\s*", re.IGNORECASE)

_TIMECODE = re.compile(r"(?P<h>\d{2}):(?P<m>\d{2}):(?P<s>\d{2})(?P<mark>[:;.])(?P<f>\d{2,3})")


def parse_rate(value: Any) -> tuple[Fraction, bool]:
    """The exact rate of ``24``, ``23.976``, ``29.97 DF`` or ``24.0``, and whether timecodes drop numbers.

    Raises:
        HostRefusedError: it is no frame rate.
    """
    match = _RATE.fullmatch(str(value))
    if match is None or not float(match["number"]):
        raise HostRefusedError(f"Resolve says a frame rate of {value!r}, which is none")
    return exact_rate(Fraction(match["number"])), match["drop"] is not None


def timecode_frame(timecode: str, rate: Fraction, *, drop: bool = False) -> int:
    """The frame that a timecode counts, from 00:00:00:00.

    A semicolon before the frames means drop frame: numbers 0 and 1 (of 30) of each minute are left out, but not of
    every tenth (SMPTE ST 12-1).

    Raises:
        HostRefusedError: it is no timecode.
    """
    match = _TIMECODE.fullmatch(timecode.strip())
    if match is None:
        raise HostRefusedError(f"Resolve says a timecode of {timecode!r}, which is none")
    nominal = round(rate)
    hours, minutes, seconds, frames = (int(match[part]) for part in "hmsf")
    count = ((hours * 60 + minutes) * 60 + seconds) * nominal + frames
    if drop or match["mark"] == ";":
        left_out = nominal // 15
        whole_minutes = hours * 60 + minutes
        count -= left_out * (whole_minutes - whole_minutes // 10)
    return count


def frame_timecode(frame: int, rate: Fraction, *, drop: bool = False) -> str:
    """The timecode of a frame; the inverse of `timecode_frame`."""
    nominal = round(rate)
    if drop:
        left_out = nominal // 15
        in_ten, in_one = nominal * 600 - 9 * left_out, nominal * 60 - left_out
        tens, rest = divmod(frame, in_ten)
        # The first minute of ten is whole, the others are short.
        frame += left_out * (9 * tens + max(0, (rest - left_out) // in_one))
    seconds, frames = divmod(frame, nominal)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{';' if drop else ':'}{frames:02d}"
