"""What was asked for a moment ago, and will be again: a person at the controls changes one border of one plate."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """Values by key; the longest unused go first where they are too many bytes. Usable from any thread."""

    def __init__(self, limit_bytes: int, largest_bytes: int | None = None) -> None:
        """
        Args:
            limit_bytes: How many bytes are kept.
            largest_bytes: A value of up to this size is kept alone where it is above the limit; None for none.
        """
        self._limit_bytes = limit_bytes
        self._largest_bytes = limit_bytes if largest_bytes is None else largest_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable) -> T | None:
        """The value of a key, which now was used last; None where it is not kept."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: T, size_bytes: int) -> None:
        """Keep a value, unless it alone is too large."""
        with self._lock:
            if key in self._kept:
                self._bytes -= self._kept.pop(key)[1]
            if size_bytes > self._largest_bytes:
                return
            self._kept[key] = (value, size_bytes)
            self._bytes += size_bytes
            while self._bytes > self._limit_bytes and len(self._kept) > 1:
                _, (_, freed) = self._kept.popitem(last=False)
                self._bytes -= freed

    @property
    def size_bytes(self) -> int:
        """What is kept."""
        with self._lock:
            return self._bytes
