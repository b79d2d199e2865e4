"""Frame rates that hosts write with a few decimals."""

from __future__ import annotations

from fractions import Fraction
from typing import Union

_NTSC = {Fraction(nominal * 1000, 1001) for nominal in (24, 30, 48, 60, 96, 120)}


def exact_rate(rate: Union[float, Fraction]) -> Fraction:
    """The rate that a rounded one means: 23.976 and 23.98 are 24000/1001; no other rates lie that near."""
    near = Fraction(rate)
    exact = next((ntsc for ntsc in _NTSC if abs(ntsc - near) < Fraction(1, 100)), near)
    return exact.limit_denominator(1001)
