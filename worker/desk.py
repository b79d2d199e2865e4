"""Where requests that take time wait for threads that carry them out."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from bridge.errors import BusyError
from worker.fair_queue import FairQueue

Act = Callable[[], None]

WAITING = 200
WAITING_OF_ONE = 16
"""How many requests of a kind may wait for their turn, in all and of one client."""

PLATE_BYTES = 1 << 30
PLATE_BYTES_OF_ONE = 512 << 20
"""Pixels that may be held for requests that wait or are carried out, in all and of one client."""


class Desk:
    """A queue of acts with threads that carry them out until it is closed. Usable from any thread."""

    def __init__(self, what: str, threads: int) -> None:
        """Nothing waits yet.

        Args:
            what: What the acts are, for refusals, for example ``plates``.
            threads: How many are carried out at once.
        """
        self._what = what
        self._waiting: FairQueue[Act] = FairQueue(what, WAITING, WAITING_OF_ONE)
        self._lock = threading.Lock()
        self._held: Counter[str] = Counter()
        for _ in range(threads):
            threading.Thread(target=self._serve, name=f"mattebridge-{what}", daemon=True).start()

    def put(self, act: Act, owner: str, size_bytes: int = 0) -> None:
        """Have something done.

        Args:
            act: What; it must not raise.
            owner: Who asks: owners take turns.
            size_bytes: How many bytes of pixels it keeps until it is done.

        Raises:
            BusyError: too much waits, in number or in bytes; nothing is kept.
        """
        self._hold(owner, size_bytes)

        def counted() -> None:
            try:
                act()
            finally:
                self._give_back(owner, size_bytes)

        try:
            self._waiting.put(counted, owner)
        except BusyError:
            self._give_back(owner, size_bytes)
            raise

    def close(self) -> None:
        """Have the threads end; what waits is not done."""
        self._waiting.close()

    def _hold(self, owner: str, size_bytes: int) -> None:
        with self._lock:
            own, every = self._held[owner] + size_bytes, self._held.total() + size_bytes
            if size_bytes and (own > PLATE_BYTES_OF_ONE or every > PLATE_BYTES):
                held = f"{own >> 20} MB of yours" if own > PLATE_BYTES_OF_ONE else f"{every >> 20} MB in all"
                raise BusyError(f"too many pixels of {self._what} would wait, {held}; try again in a moment")
            self._held[owner] = own

    def _give_back(self, owner: str, size_bytes: int) -> None:
        with self._lock:
            self._held[owner] -= size_bytes
            if not self._held[owner]:
                del self._held[owner]

    def _serve(self) -> None:
        while (act := self._waiting.get()) is not None:
            act()
            # What it held is not kept until the next one comes.
            act = None
