"""What a pickle of arrays is built of while it is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True)
class Name:
    """Something that a pickle names, and that may be named."""

    name: str


@dataclass
class Dtype:
    """An element type, as numpy's pickles build it."""

    code: str
    order: str = "<"

    def numpy(self) -> np.dtype[np.generic]:
        """The same for numpy."""
        return np.dtype(self.code).newbyteorder(">" if self.order == ">" else "<")


@dataclass
class Array:
    """An array whose content comes with a later instruction."""

    tensor: torch.Tensor | None = None


class Mark:
    """Where a run of items on the stack begins."""


MARK = Mark()


def pairs_of(items: list[object]) -> Iterator[tuple[object, object]]:
    """Keys and values that stand in turn; ValueError where one is left over."""
    return zip(items[::2], items[1::2], strict=True)


def table_of(pairs: Iterable[tuple[object, object]]) -> dict[object, object]:
    """A table; ValueError for a key that weights do not need."""
    table: dict[object, object] = {}
    for key, value in pairs:
        # Larger integers can be chosen so that a table becomes slow.
        if not (isinstance(key, (str, bytes)) or (isinstance(key, int) and 0 <= key < 1 << 32)):
            raise ValueError(f"a table with the key {key!r:.80}")
        table[key] = value
    return table


def plain(value: object, done: dict[int, object], depth: int = 0) -> object:
    """A value whose arrays are tensors; what stands in several places is gone through once."""
    if depth > 50:
        raise ValueError("tables within tables without end")
    if id(value) in done:
        return done[id(value)]
    made: object
    if isinstance(value, dict):
        made = {key: plain(item, done, depth + 1) for key, item in value.items()}
    elif isinstance(value, list):
        made = [plain(item, done, depth + 1) for item in value]
    elif isinstance(value, tuple):
        made = tuple(plain(item, done, depth + 1) for item in value)
    elif isinstance(value, Array):
        if value.tensor is None:
            raise ValueError("an array without content")
        return value.tensor
    else:
        return None if isinstance(value, (Name, Dtype, Mark)) else value
    done[id(value)] = made
    return made
