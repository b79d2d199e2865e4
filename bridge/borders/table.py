"""The rows of a border policy as TOML."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import msgspec

from bridge.borders.border import Border, BorderKind, Length, Profile, Side
from bridge.errors import PolicyError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read_rows(text: str, name: str) -> dict[str, Border]:
    """Read the tables ``[borders.<category>]`` of a text.

    Args:
        text: TOML.
        name: What to call it in errors.

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
    return {key: _border_from_table(row, f"{name}: [borders.{key}]") for key, row in borders.items()}


def write_rows(rows: Mapping[str, Border], *, widths: bool = False) -> str:
    """Rows as TOML that `read_rows` reads back the same.

    Args:
        rows: The borders by category.
        widths: Write the width also where a border has its kind's own.
    """
    lines: list[str] = []
    for key, border in rows.items():
        lines += [f"[borders.{_key(key)}]"]
        lines += [f"{field} = {value}" for field, value in _fields(border, widths).items()]
        lines += [""]
    return "\n".join(lines)


def _key(key: str) -> str:
    """A quoted key; TOML's escapes are JSON's, and only TOML wants one for delete."""
    return json.dumps(key, ensure_ascii=False).replace("\x7f", "\\u007f")


def _fields(border: Border, widths: bool) -> dict[str, str]:
    """What the kind uses, and what somebody set though it does not."""
    plain = Border(border.kind)
    texts = {
        "width": f'"{border.soft_width}"',
        "offset": f'"{border.offset}"',
        "side": f'"{border.side.value}"',
        "profile": f'"{border.profile.value}"',
        "contrast": repr(border.contrast),
    }
    own_width = () if widths or border.width is not None else ("width",)
    kept = [
        name
        for name in texts
        if name not in own_width and (name in border.fields or getattr(border, name) != getattr(plain, name))
    ]
    return {"kind": f'"{border.kind.value}"', **{name: texts[name] for name in kept}}


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
