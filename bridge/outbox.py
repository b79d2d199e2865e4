"""Messages from many threads to the one thread that owns a socket.

A ZeroMQ socket belongs to one thread. Others put what they want sent into an outbox; the owner polls the
outbox's file descriptor beside its socket and sends what it finds.
"""

from __future__ import annotations

import contextlib
import queue
import socket
from typing import Generic, TypeVar

T = TypeVar("T")


class Wake:
    """What one thread waits for beside its socket, and all others can set off."""

    def __init__(self) -> None:
        # A socket pair instead of a pipe: Windows can only poll sockets.
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)

    def fileno(self) -> int:
        """The descriptor that is readable once `set` was called."""
        return self._wake_out.fileno()

    def set(self) -> None:
        """Wake the owner; may be called from any thread."""
        # Full: the owner has wake-ups waiting already. Closed: nobody will send any more.
        with contextlib.suppress(OSError):
            self._wake_in.send(b"\0")

    def clear(self) -> None:
        """Wait for the next call of `set`; for the owner, before it looks at what there is."""
        with contextlib.suppress(OSError):
            while self._wake_out.recv(4096):
                pass

    def close(self) -> None:
        """Release the descriptors; later calls of `set` do nothing."""
        self._wake_in.close()
        self._wake_out.close()


class Outbox(Generic[T]):
    """A thread-safe queue that wakes a poller. `put` may be called from any thread, the rest by the owner."""

    def __init__(self) -> None:
        self._items: queue.SimpleQueue[T] = queue.SimpleQueue()
        self._wake = Wake()

    def fileno(self) -> int:
        """The descriptor that is readable when something waits."""
        return self._wake.fileno()

    def put(self, item: T) -> None:
        """Queue an item and wake the owner."""
        self._items.put(item)
        self._wake.set()

    def drain(self) -> list[T]:
        """Everything queued so far, in order."""
        self._wake.clear()
        items: list[T] = []
        while True:
            try:
                items.append(self._items.get_nowait())
            except queue.Empty:
                return items

    def close(self) -> None:
        """Release the descriptors; later items go nowhere."""
        self._wake.close()
