"""Borders and border policies: how the edge of each category's matte is made.

A policy is a table from category to border. The most specific row wins: the category's own name (as the
label set says it, or its short form), then its group (`bridge.categories`), then ``thing`` or ``stuff``, then
``*``. In TOML::

    [borders.person]
    kind = "feather"
    width = "0.4%"        # of plate height; "6px" for pixels of the plate
    side = "centred"

    [borders."*"]
    kind = "hard"
"""

from __future__ import annotations

import json
import sys
from enum import Enum
from pathlib import Path
from typing import Any, Optional, Union

import msgspec

from bridge.categories import row_forms, row_names
from bridge.errors import PolicyError
from bridge.naming import slug

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


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

    def describe(self) -> str:
        """One line for headers and manifests, with the fields the kind uses: ``feather width=0.4% ...``."""
        kind = self.kind.value
        if self.kind is BorderKind.HARD:
            return f"{kind} offset={self.offset}"
        if self.kind is BorderKind.NATURAL:
            return f"{kind} contrast={self.contrast:g}"
        band = f"{kind} width={self.soft_width} offset={self.offset}"
        if self.kind is BorderKind.GUIDED:
            return f"{band} contrast={self.contrast:g}"
        if self.kind is BorderKind.MATTING:
            return band
        return f"{band} side={self.side.value} profile={self.profile.value}"


class BorderPolicy(msgspec.Struct, frozen=True):
    """The table category -> border."""

    rows: dict[str, Border]
    """Keys are category names (long or short), ``thing``, ``stuff`` or ``*``."""

    def border_for(self, category: str, *, is_thing: bool) -> Border:
        """The most specific row for a category; rows this policy does not have come from `DEFAULT_POLICY`.

        A category's own row comes before those of other words for it, these before its group's (see
        `bridge.categories`), that before ``thing`` or ``stuff``, and ``*`` last.
        """
        for name in (category, *row_names(category), "thing" if is_thing else "stuff", "*"):
            border = self.row(name)
            if border is not None:
                return border
        return DEFAULT_POLICY.border_for(category, is_thing=is_thing)

    def row(self, name: str) -> Optional[Border]:
        """The row of that name, or None; names are compared as they are, then as layer names, then in plural."""
        if name in self.rows or name == "*":
            return self.rows.get(name)
        folded = {slug(key): border for key, border in self.rows.items() if key != "*"}
        if slug(name) in folded:
            return folded[slug(name)]
        return next(
            (border for key, border in self.rows.items() if key != "*" and slug(name) in row_forms(key)), None
        )

    @classmethod
    def from_toml(cls, text: str, *, name: str = "policy") -> BorderPolicy:
        """Read a policy; rows it does not have come from the default policy.

        Args:
            text: TOML with a table ``[borders.<category>]`` for each row.
            name: What to call the text in errors, for example its path.

        Raises:
            PolicyError: not TOML, an unknown key, kind or value.
        """
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as err:
            raise PolicyError(f"{name} is not valid TOML: {err}") from None
        unknown = sorted(set(data) - {"borders"})
        if unknown:
            raise PolicyError(f"{name}: unknown table {unknown[0]!r}; a policy has [borders.<category>] tables")
        borders = data.get("borders", {})
        if not isinstance(borders, dict):
            raise PolicyError(f"{name}: [borders] must be a table of tables, one for each category")
        return cls({key: _border_from_table(row, f"{name}: [borders.{key}]") for key, row in borders.items()})

    @classmethod
    def from_file(cls, path: Union[str, Path]) -> BorderPolicy:
        """Read a policy file; PolicyError where it cannot be read or used."""
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as err:
            raise PolicyError(f"cannot read policy file {path}: {err}") from None
        return cls.from_toml(text, name=str(path))

    def to_toml(self) -> str:
        """The policy as TOML that `from_toml` reads back."""
        lines: list[str] = []
        for key, border in self.rows.items():
            lines += [f"[borders.{_toml_key(key)}]"]
            lines += [f"{field} = {value}" for field, value in _toml_fields(border).items()]
            lines += [""]
        return "\n".join(lines)


def _toml_key(key: str) -> str:
    """A quoted key; TOML's escapes are JSON's, and only TOML wants one for delete."""
    return json.dumps(key, ensure_ascii=False).replace("\x7f", "\\u007f")


def _toml_fields(border: Border) -> dict[str, str]:
    width = {} if border.width is None else {"width": f'"{border.width}"'}
    return {
        "kind": f'"{border.kind.value}"',
        **width,
        "offset": f'"{border.offset}"',
        "side": f'"{border.side.value}"',
        "profile": f'"{border.profile.value}"',
        "contrast": repr(border.contrast),
    }


def _border_from_table(row: object, where: str) -> Border:
    if not isinstance(row, dict):
        raise PolicyError(f"{where} must be a table with at least a kind")
    table: dict[str, Any] = dict(row)
    try:
        for key in ("width", "offset"):
            if key in table:
                table[key] = msgspec.to_builtins(Length.parse(table[key]))
        return msgspec.convert(table, Border)
    except msgspec.ValidationError as err:
        raise PolicyError(f"{where}: {_plain(err)}") from None
    except PolicyError as err:
        raise PolicyError(f"{where}: {err}") from None


def _plain(err: Exception) -> str:
    """A validation message that also lists the choices where a word is not one of them."""
    text = str(err)
    for field, choices in (("kind", BorderKind), ("side", Side), ("profile", Profile)):
        if f"$.{field}" in text:
            return f"{text}; {field} is one of {', '.join(choice.value for choice in choices)}"
    return text


_HAIRY = Border(BorderKind.GUIDED)
_SOLID = Border(BorderKind.HARD)
_WIDE = Border(BorderKind.FEATHER, width=Length(0.6, Unit.PCT))

DEFAULT_POLICY = BorderPolicy(
    {
        **dict.fromkeys(("people", "animals", "plants"), _HAIRY),
        **dict.fromkeys(("buildings", "furniture"), _SOLID),
        **dict.fromkeys(("sky", "water", "ground"), _WIDE),
        "thing": _SOLID,
        "stuff": _WIDE,
        "*": Border(BorderKind.FEATHER),
    }
)
"""Used where a policy has no row: hair, fur and leaves follow the picture, what is built is hard, the wide and far
is soft."""


def policy_or_default(path: Optional[Union[str, Path]]) -> BorderPolicy:
    """The policy of a file, or the default policy where no file is named."""
    return DEFAULT_POLICY if path is None else BorderPolicy.from_file(path)
