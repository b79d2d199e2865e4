"""What waits for each client to take it: answers, and news of jobs, of which only the newest count."""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import zmq

from bridge import wire
from bridge.errors import BusyError
from bridge.messages import ErrorReply, JobEvent, JobState, Message
from bridge.outbox import Wake
from worker.clients import Sender

MOST_UNSENT_BYTES = 512 << 20
MOST_UNSENT_BYTES_OF_ALL = 2 << 30
"""Mattes that may wait for one client, and for all together, before no more are made."""

MOST_LETTERS = 1000
MOST_LETTER_BYTES = 16 << 20
"""Answers without mattes, and news, that may wait for one client; with more it is cut off."""

_WINDOW_BYTES = 1 << 20
"""How much may wait for one client inside the socket, and one letter more."""

_SMALL_BYTES = 16 << 10
"""Smaller letters are copied into the socket, whose high-water mark bounds them."""


@dataclass(frozen=True)
class _Letter:
    frames: list[wire.Buffer]
    size: int
    has_arrays: bool
    news: tuple[str, str] | None = None
    """Request and job that it is news of; None for an answer."""


@dataclass
class _Box:
    """What waits for one client."""

    letters: OrderedDict[int, _Letter] = field(default_factory=OrderedDict)
    newest: dict[tuple[str, str], tuple[int, JobState]] = field(default_factory=dict)
    """The latest news of a request and a job that waits here: its place, and the state it tells."""
    handed: list[tuple[zmq.MessageTracker, int]] = field(default_factory=list)
    """Large letters that the socket has, with their sizes."""
    plain_bytes: int = 0
    """Size of the letters without arrays."""
    cut: bool = False
    """Whether what waited was dropped; until the client has read that, nothing else is kept for it."""

    def in_socket(self) -> int:
        self.handed = [(tracker, size) for tracker, size in self.handed if not tracker.done]
        return sum(size for _, size in self.handed)

    def mattes(self) -> int:
        waiting = sum(letter.size for letter in self.letters.values() if letter.has_arrays)
        return waiting + self.in_socket()

    def put(self, place: int, letter: _Letter, state: JobState | None) -> None:
        if letter.news is not None and state is not None:
            before = self.newest.get(letter.news)
            # Only progress within a state is replaced: each change of a state arrives, in its order.
            if before is not None and before[1] is state:
                self.take(before[0])
            self.newest[letter.news] = (place, state)
        self.letters[place] = letter
        self.plain_bytes += 0 if letter.has_arrays else letter.size

    def take(self, place: int) -> None:
        letter = self.letters.pop(place)
        self.plain_bytes -= 0 if letter.has_arrays else letter.size
        if letter.news is not None and self.newest.get(letter.news, (None,))[0] == place:
            del self.newest[letter.news]

    def empty(self) -> None:
        self.letters.clear()
        self.newest.clear()
        self.plain_bytes = 0


class Mail:
    """Boxes of clients. `put` and `check` may be called from any thread, the rest by the socket's owner.

    The socket takes a bounded part of what waits for a client; the rest waits here, where newer progress replaces
    older. A client that asks without end and reads nothing is cut off: it hears so once it reads again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places = itertools.count()
        self._boxes: dict[bytes, _Box] = {}
        self._full: set[bytes] = set()
        """Boxes with letters."""
        self._wake = Wake()

    def fileno(self) -> int:
        """The descriptor that is readable when something new waits."""
        return self._wake.fileno()

    @property
    def waits(self) -> bool:
        """Whether something waits for a client that did not take it yet."""
        with self._lock:
            return bool(self._full)

    def put(self, to: Sender, message: Message, arrays: Sequence[wire.Array] = ()) -> None:
        """Have something sent; dropped where the client is cut off.

        Raises:
            MessageTooLargeError: the arrays are above the limit of a message.
        """
        frames = wire.pack(message, to.request_id, arrays)
        info = message.info if isinstance(message, JobEvent) else None
        news = None if info is None else (to.request_id, info.job)
        letter = _Letter(frames, sum(map(len, frames)), bool(arrays), news)
        with self._lock:
            box = self._boxes.setdefault(to.identity, _Box())
            if box.cut:
                return
            box.put(next(self._places), letter, None if info is None else info.state)
            if len(box.letters) > MOST_LETTERS or box.plain_bytes > MOST_LETTER_BYTES:
                self._cut(box, to.request_id)
            self._full.add(to.identity)
        self._wake.set()

    def is_cut(self, identity: bytes) -> bool:
        """Whether a client was cut off and has not read so yet; what it asks meanwhile is not carried out."""
        with self._lock:
            return identity in self._boxes and self._boxes[identity].cut

    def check(self, identity: bytes) -> None:
        """Refuse more mattes for a client that does not take what is done: BusyError."""
        with self._lock:
            own = self._boxes[identity].mattes() if identity in self._boxes else 0
            every = sum(box.mattes() for box in self._boxes.values())
        if own > MOST_UNSENT_BYTES:
            raise BusyError(f"{own >> 20} MB of mattes wait for this client to take them; no more is made before")
        if every > MOST_UNSENT_BYTES_OF_ALL:
            raise BusyError(f"{every >> 20} MB of mattes wait for clients to take them; try again in a moment")

    def deliver(self, socket: zmq.Socket[bytes]) -> list[bytes]:
        """Hand the socket what it takes; it must be mandatory. Returns clients that are gone."""
        self._wake.clear()
        gone = []
        with self._lock:
            for identity in list(self._full):
                try:
                    self._deliver(socket, identity, self._boxes[identity])
                except zmq.Again:
                    continue
                except zmq.ZMQError as err:
                    if err.errno != zmq.EHOSTUNREACH:
                        raise
                    gone.append(identity)
                    self._forget(identity)
            for identity in [one for one in self._boxes if one not in self._full]:
                if not self._boxes[identity].in_socket():
                    del self._boxes[identity]
        return gone

    def forget(self, identity: bytes) -> None:
        """Drop what waits for a client."""
        with self._lock:
            self._forget(identity)

    def close(self) -> None:
        """Release the descriptors."""
        self._wake.close()

    def _deliver(self, socket: zmq.Socket[bytes], identity: bytes, box: _Box) -> None:
        while box.letters and box.in_socket() < _WINDOW_BYTES:
            place, letter = next(iter(box.letters.items()))
            if letter.size < _SMALL_BYTES:
                socket.send_multipart([identity, *letter.frames], zmq.NOBLOCK)
            else:
                # Each frame is tracked: where the last is small, it says nothing about those before it.
                parts = [zmq.Frame(part, track=True, copy=False, copy_threshold=0) for part in letter.frames]
                socket.send_multipart([identity, *parts], zmq.NOBLOCK, copy=False)
                box.handed.append((zmq.MessageTracker(*parts), letter.size))
                del parts
            box.take(place)
        if not box.letters:
            box.cut = False
            self._full.discard(identity)

    def _cut(self, box: _Box, request_id: str) -> None:
        error = BusyError(
            f"this client took none of {len(box.letters)} answers and news; they were dropped, and so is what it "
            "asks until it has read this"
        )
        box.empty()
        frames = wire.pack(ErrorReply(code=error.code, message=str(error)), request_id)
        box.put(next(self._places), _Letter(frames, sum(map(len, frames)), has_arrays=False), None)
        box.cut = True

    def _forget(self, identity: bytes) -> None:
        self._boxes.pop(identity, None)
        self._full.discard(identity)
