"""What a movie says of itself, where PyAV is there to ask it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Optional

import opentimelineio as otio

from host_adapters.rates import exact_rate


@dataclass(frozen=True)
class MovieFacts:
    """Length, rate and start of a movie; None for what is not known."""

    count: Optional[int] = None
    """How many frames it has."""
    rate: Optional[Fraction] = None
    timecode: Optional[Fraction] = None
    """Its start timecode, in frames."""


def look_into(path: str) -> MovieFacts:
    """What a movie says of itself; nothing without PyAV, or where it cannot be read, which the worker tells."""
    try:
        av: Any = importlib.import_module("av")
    except ImportError:
        return MovieFacts()
    try:
        with av.open(path) as container:
            if not container.streams.video:
                return MovieFacts()
            stream = container.streams.video[0]
            rate = exact_rate(stream.average_rate) if stream.average_rate else None
            count = stream.frames or None
            if not count and rate and container.duration:
                count = int(container.duration * rate / av.time_base)
            said = [one.metadata.get("timecode") for one in (stream, container, *container.streams)]
    except (av.error.FFmpegError, OSError, ValueError):
        return MovieFacts()
    text = next((one for one in said if one), None)
    return MovieFacts(count, rate, _frames(text, rate) if text and rate else None)


def _frames(timecode: str, rate: Fraction) -> Optional[Fraction]:
    try:
        return Fraction(int(otio.opentime.from_timecode(timecode, float(rate)).value))
    except ValueError:
        return None
