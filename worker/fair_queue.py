"""A queue in which no owner waits for all that another has queued: owners take turns."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from typing import Generic, TypeVar

from bridge.errors import BusyError

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Items by owner; `get` takes the oldest of the owner whose turn is longest ago. Usable from any thread."""

    def __init__(self, what: str, most: int, most_of_one: int) -> None:
        """Nothing waits yet.

        Args:
            what: What the items are, for refusals, for example ``jobs``.
            most: How many may wait in all.
            most_of_one: How many of one owner may wait.
        """
        self._what = what
        self._most = most
        self._most_of_one = most_of_one
        self._owners: OrderedDict[str, deque[T]] = OrderedDict()
        self._count = 0
        self._closed = False
        self._changed = threading.Condition()

    def put(self, item: T, owner: str, *, forced: bool = False) -> None:
        """Queue an item; BusyError where too many wait already, unless it is `forced`."""
        with self._changed:
            own = len(self._owners.get(owner, ()))
            if not forced and (self._count >= self._most or own >= self._most_of_one):
                limit = f"{own} of yours" if own >= self._most_of_one else f"{self._count} in all"
                raise BusyError(f"too many {self._what} wait already, {limit}; try again when some have ended")
            self._owners.setdefault(owner, deque()).append(item)
            self._count += 1
            self._changed.notify()

    def get(self) -> T | None:
        """Wait for the next item; None once the queue is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._count or self._closed)
            if self._closed:
                return None
            owner, items = self._owners.popitem(last=False)
            item = items.popleft()
            self._count -= 1
            if items:
                self._owners[owner] = items
            return item

    def close(self) -> None:
        """Have everybody who waits in `get` leave; what is queued stays where it is."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
