"""What a service knows of its clients: which of them live, and which hear of which job."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass

from bridge.errors import BusyError

GONE_AFTER_S = 15.0
"""A client that waits for a job pings every other second; one silent for so long is gone."""

MOST_WATCHES = 10_000
MOST_WATCHES_OF_ONE = 300
"""How many requests may have the events of a job sent to them, in all and of one client."""


@dataclass(frozen=True)
class Sender:
    """Whom an answer goes to."""

    identity: bytes
    request_id: str
    key: bytes = b""
    """The client's public key in Z85, where the worker demands keys."""


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


class Watchers:
    """Who hears of which job. Usable from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: dict[str, set[Sender]] = {}
        self._counts: Counter[bytes] = Counter()

    def add(self, job: str, sender: Sender) -> None:
        """Have somebody hear of a job until its end; BusyError where he, or all together, watch too much."""
        with self._lock:
            if sender in self._of.get(job, ()):
                return
            own, every = self._counts[sender.identity], self._counts.total()
            if own >= MOST_WATCHES_OF_ONE or every >= MOST_WATCHES:
                limit = f"{own} times" if own >= MOST_WATCHES_OF_ONE else "by too many others"
                raise BusyError(f"jobs are watched {limit} already; try again when some have ended")
            self._of.setdefault(job, set()).add(sender)
            self._counts[sender.identity] += 1

    def drop(self, job: str, sender: Sender) -> None:
        """Somebody need not hear of a job any more."""
        with self._lock:
            self._drop(job, sender)

    def leave(self, identity: bytes) -> None:
        """A client is gone."""
        with self._lock:
            if identity not in self._counts:
                return
            left = [(job, it) for job, senders in self._of.items() for it in senders if it.identity == identity]
            for job, sender in left:
                self._drop(job, sender)

    def of(self, job: str) -> list[Sender]:
        """Who hears of a job."""
        with self._lock:
            return list(self._of.get(job, ()))

    def end(self, job: str) -> None:
        """A job has ended."""
        with self._lock:
            for sender in list(self._of.get(job, ())):
                self._drop(job, sender)

    def _drop(self, job: str, sender: Sender) -> None:
        senders = self._of.get(job, set())
        if sender not in senders:
            return
        senders.discard(sender)
        if not senders:
            del self._of[job]
        self._counts[sender.identity] -= 1
        if not self._counts[sender.identity]:
            del self._counts[sender.identity]
