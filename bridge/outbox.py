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


class Outbox(Generic[T]):
    """A thread-safe queue that wakes a poller. `put` may be called from any thread, the rest by the owner."""

    def __init__(self) -> None:
        self._items: queue.SimpleQueue[T] = queue.SimpleQueue()
        # A socket pair instead of a pipe: Windows can only poll sockets.
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)

    def fileno(self) -> int:
        """The descriptor that is readable when something waits."""
        return self._wake_out.fileno()

    def put(self, item: T) -> None:
        """Queue an item and wake the owner."""
        self._items.put(item)
        # Full: the owner has wake-ups waiting already. Closed: nobody will send any more.
        with contextlib.suppress(OSError):
            self._wake_in.send(b"\0")

    def drain(self) -> list[T]:
        """Everything queued so far, in order."""
        with contextlib.suppress(OSError):
            while self._wake_out.recv(4096):
                pass
        items: list[T] = []
        while True:
            try:
                items.append(self._items.get_nowait())
            except queue.Empty:
                return items

    def close(self) -> None:
        """Release the descriptors; later items go nowhere."""
        self._wake_in.close()
        self._wake_out.close()
