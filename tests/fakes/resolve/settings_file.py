"""Fusion's settings text, read: tables in tables, ``Name { ... }`` with a constructor's name before them.

Small, and strict: what it cannot read, Fusion would not either.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<string>"(?:\\.|[^"\\])*")
    | (?P<number>-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)
    | (?P<name>[A-Za-z_][A-Za-z0-9_.]*(?:\(\))?)
    | (?P<mark>[{}\[\]=,])
    """,
    re.VERBOSE,
)


@dataclass
class Table:
    """A table: named entries, and those without a name in order."""

    kind: str = ""
    """The constructor before it, such as ``Loader`` or ``Input``."""
    named: dict[str, Any] = field(default_factory=dict)
    listed: list[Any] = field(default_factory=list)


def read_settings(text: str) -> Table:
    """Read a whole file; ValueError says where it breaks."""
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"unexpected {text[position : position + 20]!r}")
        if match.lastgroup != "space":
            tokens.append((str(match.lastgroup), match.group()))
        position = match.end()
    value, rest = _value([*tokens, ("end", "")])
    if rest != [("end", "")] or not isinstance(value, Table):
        raise ValueError(f"not one table, left over: {rest[:3]}")
    return value


_Tokens = list[tuple[str, str]]


def _value(tokens: _Tokens) -> tuple[Any, _Tokens]:
    (kind, word), rest = tokens[0], tokens[1:]
    if kind == "string":
        return re.sub(r"\\(.)", r"\1", word[1:-1]), rest
    if kind == "number":
        return float(word) if "." in word or "e" in word.lower() else int(word), rest
    if word == "{":
        return _table("", rest)
    if kind == "name":
        if rest[0][1] == "{":
            return _table(word, rest[1:])
        if word in ("true", "false"):
            return word == "true", rest
    raise ValueError(f"no value: {word!r}")


def _table(kind: str, tokens: _Tokens) -> tuple[Table, _Tokens]:
    table = Table(kind)
    while tokens[0][1] != "}":
        key = None
        if tokens[0][0] == "name" and tokens[1][1] == "=":
            key, tokens = tokens[0][1], tokens[2:]
        elif tokens[0][1] == "[":
            key, after = _value(tokens[1:])
            if [after[0][1], after[1][1]] != ["]", "="]:
                raise ValueError(f"no ] = behind [{key}")
            tokens = after[2:]
        value, tokens = _value(tokens)
        if key is None:
            table.listed.append(value)
        elif str(key) in table.named:
            raise ValueError(f"{key} stands twice")
        else:
            table.named[str(key)] = value
        if tokens[0][1] == ",":
            tokens = tokens[1:]
        elif tokens[0][1] != "}":
            raise ValueError(f"no comma before {tokens[0][1]!r}")
    return table, tokens[1:]
