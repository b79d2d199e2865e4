"""What a service knows of its clients: which of them live, and what they have not taken yet."""

from __future__ import annotations

import threading
import time
from collections import defaultdict

import zmq

from bridge.errors import BusyError

GONE_AFTER_S = 15.0
"""A client that waits for a job pings every other second; one silent for so long is gone."""

MOST_UNSENT_BYTES = 512 << 20
"""Mattes that may wait for one client to take them."""


class Presence:
    """Who was heard when, and which jobs end with the client that asked for them. Usable from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heard_at: dict[bytes, float] = {}
        self._needs: dict[str, set[bytes]] = {}
        """Jobs that end when none of these clients is there any more."""

    def heard(self, identity: bytes) -> None:
        """A message came from a client. Clients that no job hangs on are not remembered."""
        with self._lock:
            if identity in self._heard_at:
                self._heard_at[identity] = time.monotonic()

    def depends(self, job: str, identity: bytes, *, keep_going: bool) -> None:
        """A client asked for a job; one that anybody wants kept going depends on nobody."""
        with self._lock:
            if keep_going:
                self._needs[job] = set()
            elif self._needs.get(job) != set():
                self._needs.setdefault(job, set()).add(identity)
                self._heard_at[identity] = time.monotonic()

    def forget(self, job: str) -> None:
        """A job has ended."""
        with self._lock:
            self._needs.pop(job, None)
            needed = set().union(*self._needs.values())
            self._heard_at = {one: at for one, at in self._heard_at.items() if one in needed}

    def abandoned(self) -> list[str]:
        """Jobs whose clients are all gone; each is told once."""
        oldest = time.monotonic() - GONE_AFTER_S
        with self._lock:
            jobs = [
                job
                for job, needed in self._needs.items()
                if needed and all(self._heard_at.get(one, 0.0) < oldest for one in needed)
            ]
            for job in jobs:
                del self._needs[job]
        return jobs


class Unsent:
    """Answers with arrays that clients have not taken yet; for the thread that owns the socket."""

    def __init__(self) -> None:
        self._waiting: dict[bytes, list[tuple[zmq.MessageTracker, int]]] = defaultdict(list)

    def add(self, identity: bytes, tracker: zmq.MessageTracker | None, size: int) -> None:
        """An answer was handed to the socket."""
        if tracker is not None and not tracker.done:
            self._waiting[identity].append((tracker, size))

    def check(self, identity: bytes) -> None:
        """Refuse more work for a client that does not take what is done: BusyError."""
        for one in list(self._waiting):
            self._waiting[one] = [(tracker, size) for tracker, size in self._waiting[one] if not tracker.done]
            if not self._waiting[one]:
                del self._waiting[one]
        unsent = sum(size for _, size in self._waiting.get(identity, ()))
        if unsent > MOST_UNSENT_BYTES:
            raise BusyError(
                f"{unsent >> 20} MB of mattes wait for this client to take them; no more is made before"
            )
