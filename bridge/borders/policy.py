"""Border policies: which category's matte gets which border."""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Union

import msgspec

from bridge.borders.border import Border, BorderKind, Length, Unit
from bridge.borders.table import read_rows, write_rows
from bridge.categories import row_forms, row_names
from bridge.errors import PolicyError
from bridge.naming import slug


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
        return cls(read_rows(text, name))

    @classmethod
    def from_file(cls, path: Union[str, Path]) -> BorderPolicy:
        """Read a policy file; PolicyError where it cannot be read or used."""
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as err:
            raise PolicyError(f"cannot read policy file {path}: {err}") from None
        return cls.from_toml(text, name=str(path))

    def to_toml(self, *, widths: bool = False) -> str:
        """The policy as TOML that `from_toml` reads back.

        Args:
            widths: Write the width also where a border has its kind's own, so that it can be seen and changed.
        """
        return write_rows(self.rows, widths=widths)


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
