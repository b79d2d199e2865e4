"""Borders: how the edge of one matte is made."""

from __future__ import annotations

from enum import Enum
from typing import Optional, Union

import msgspec

from bridge.errors import PolicyError


class BorderKind(str, Enum):
    """How an edge is made."""

    HARD = "hard"
    """Threshold at one half with one pixel of anti-aliasing."""
    FEATHER = "feather"
    """A ramp over the signed distance to the edge."""
    NATURAL = "natural"
    """The model's own probability, through a contrast curve."""
    GUIDED = "guided"
    """Follows the picture inside a band round the edge: hair, fur, leaves."""
    MATTING = "matting"
    """A matting network inside a band round the edge, where its weights are installed."""


class Side(str, Enum):
    """On which side of the edge a feather lies."""

    CENTRED = "centred"
    """Half of the width inside the edge, half outside."""
    INNER = "inner"
    """The whole width inside: nothing outside the edge is covered."""
    OUTER = "outer"
    """The whole width outside: everything inside the edge is fully covered."""


class Profile(str, Enum):
    """The shape of a feather's ramp."""

    LINEAR = "linear"
    """Straight from 0 to 1 over the width."""
    SMOOTH = "smooth"
    """3t^2 - 2t^3 over the width."""
    GAUSSIAN = "gaussian"
    """The integral of a Gaussian whose 1 % to 99 % span is the width, stretched to reach 0 and 1 there."""


class Unit(str, Enum):
    """What a length counts."""

    PX = "px"
    """Pixels of the plate."""
    PCT = "%"
    """Per cent of the plate's height, so that one policy looks the same at HD and 8K."""


class Length(msgspec.Struct, frozen=True):
    """A distance in the plate."""

    value: float
    unit: Unit = Unit.PX

    def px(self, plate_height_px: int) -> float:
        """The length in pixels of a plate of that height."""
        return self.value if self.unit is Unit.PX else self.value / 100.0 * plate_height_px

    def __str__(self) -> str:
        number = repr(self.value)
        return f"{number[:-2] if number.endswith('.0') else number}{self.unit.value}"

    @classmethod
    def parse(cls, text: Union[str, float, int]) -> Length:
        """Read ``"6px"``, ``"0.4%"`` or a bare number of pixels; PolicyError for anything else."""
        if isinstance(text, (int, float)) and not isinstance(text, bool):
            return cls(float(text))
        if isinstance(text, str):
            for unit in Unit:
                number = text.strip()
                if number.endswith(unit.value):
                    try:
                        return cls(float(number[: -len(unit.value)]), unit)
                    except ValueError:
                        break
        raise PolicyError(f"a length must be like '6px' or '0.4%' (of plate height), but is {text!r}")


_DEFAULT_WIDTH = {
    BorderKind.FEATHER: Length(0.4, Unit.PCT),
    BorderKind.GUIDED: Length(2.5, Unit.PCT),
    BorderKind.MATTING: Length(5.0, Unit.PCT),
}
"""How wide the soft part is where a border does not say; a network needs to see both sides of the hair."""

_USED = {
    BorderKind.HARD: ("offset",),
    BorderKind.FEATHER: ("width", "offset", "side", "profile"),
    BorderKind.NATURAL: ("contrast",),
    BorderKind.GUIDED: ("width", "offset", "contrast"),
    BorderKind.MATTING: ("width", "offset"),
}
"""The fields that each kind looks at."""

_MAX_LENGTH = {Unit.PX: 10000.0, Unit.PCT: 100.0}
"""The greatest width or offset: beyond the picture itself."""


class Border(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one category's edge is made."""

    kind: BorderKind
    width: Optional[Length] = None
    """Extent of the soft part of a `feather`, or of the band in which `guided` and `matting` look at the plate;
    None for the kind's own: 0.4 %, 2.5 % and 5 % of plate height. The other kinds do not use it."""
    offset: Length = Length(0.0)
    """Moves the edge: above 0 grows the matte, below 0 shrinks it. Not used by `natural`."""
    side: Side = Side.CENTRED
    profile: Profile = Profile.SMOOTH
    contrast: float = 1.0
    """Slope of a `natural` or `guided` edge at one half: 1 leaves it as it is, above 1 is harder."""

    def __post_init__(self) -> None:
        if self.width is not None:
            limit = _MAX_LENGTH[self.width.unit]
            if not 0.0 <= self.width.value <= limit:
                raise PolicyError(f"width must lie in 0 to {Length(limit, self.width.unit)}, but is {self.width}")
        limit = _MAX_LENGTH[self.offset.unit]
        if not abs(self.offset.value) <= limit:
            allowed = f"{Length(-limit, self.offset.unit)} to {Length(limit, self.offset.unit)}"
            raise PolicyError(f"offset must lie in {allowed}, but is {self.offset}")
        if not 0.05 <= self.contrast <= 100.0:
            raise PolicyError(f"contrast must lie in 0.05 to 100, but is {self.contrast:g}")

    @property
    def soft_width(self) -> Length:
        """The width, or the kind's own where there is none; 0 for kinds that have no use for one."""
        return _DEFAULT_WIDTH.get(self.kind, Length(0.0)) if self.width is None else self.width

    @property
    def needs_plate(self) -> bool:
        """Whether the edge is made from the picture and not from the mask alone."""
        return self.kind in (BorderKind.GUIDED, BorderKind.MATTING)

    @property
    def fields(self) -> dict[str, str]:
        """What the kind uses besides, as text: ``{"contrast": "1"}`` of a natural edge."""
        return {name: self._words(name) for name in _USED[self.kind]}

    def describe(self) -> str:
        """One line for headers and manifests, with the fields the kind uses: ``feather width=0.4% ...``."""
        return " ".join((self.kind.value, *(f"{name}={value}" for name, value in self.fields.items())))

    def _words(self, name: str) -> str:
        value = self.soft_width if name == "width" else getattr(self, name)
        if isinstance(value, float):
            return f"{value:g}"
        return str(value.value if isinstance(value, Enum) else value)
