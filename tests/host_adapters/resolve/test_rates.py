"""Frame rates and timecodes."""

from __future__ import annotations

from fractions import Fraction

import pytest

from host_adapters.resolve.errors import HostRefusedError
from host_adapters.resolve.rates import frame_timecode, parse_rate, timecode_frame

NTSC = Fraction(30000, 1001)
FILM = Fraction(24000, 1001)


@pytest.mark.parametrize(
    ("written", "rate", "drop"),
    [
        ("24", Fraction(24), False),
        ("24.0", Fraction(24), False),
        (25.0, Fraction(25), False),
        ("23.976", FILM, False),
        ("23.98", FILM, False),
        ("29.97", NTSC, False),
        ("29.97 DF", NTSC, True),
        ("59.94 DF", Fraction(60000, 1001), True),
        ("47.952", Fraction(48000, 1001), False),
    ],
)
def test_rates_are_exact(written: object, rate: Fraction, drop: bool) -> None:
    assert parse_rate(written) == (rate, drop)


@pytest.mark.parametrize("written", ["", None, "fast", "0", "-24"])
def test_what_is_no_rate_is_refused(written: object) -> None:
    with pytest.raises(HostRefusedError, match="none"):
        parse_rate(written)


@pytest.mark.parametrize(
    ("timecode", "rate", "drop", "frame"),
    [
        ("00:00:00:00", Fraction(24), False, 0),
        ("01:00:00:00", Fraction(24), False, 86400),
        ("01:00:00:00", FILM, False, 86400),
        ("00:59:58:12", Fraction(25), False, 89962),
        ("01:00:00;00", NTSC, True, 107892),
        ("00:01:00;02", NTSC, True, 1800),
        ("00:00:59;29", NTSC, True, 1799),
        ("00:10:00;00", NTSC, True, 17982),
        ("01:00:00;00", Fraction(60000, 1001), True, 215784),
    ],
)
def test_timecodes_both_ways(timecode: str, rate: Fraction, drop: bool, frame: int) -> None:
    assert timecode_frame(timecode, rate) == frame
    assert frame_timecode(frame, rate, drop=drop) == timecode


def test_drop_frame_leaves_no_frame_out() -> None:
    frames = range(20 * 1800)
    assert [timecode_frame(frame_timecode(frame, NTSC, drop=True), NTSC) for frame in frames] == list(frames)


def test_no_timecode() -> None:
    with pytest.raises(HostRefusedError, match="timecode"):
        timecode_frame("1h", Fraction(24))
