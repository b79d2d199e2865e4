"""The inference processes of a service, one after the other: where one ends, the next one starts."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections.abc import Callable
from multiprocessing.context import SpawnProcess

import msgspec

from bridge.errors import DeviceFailedError, InferenceLostError, MattebridgeError, from_wire
from worker.engine_link import Failed, Held, Quit, Ready
from worker.inference_life import STARTING, Answer, Arguments, Life, loss_of, start
from worker.losses import Lost, end_of
from worker.suspects import Suspects
from worker.watchdog import Limits

log = logging.getLogger(__name__)

_STARTS = 3
"""After so many starts in a row that came to nothing the worker gives up."""

_END_S = 25.0
"""How long a process may take to end before it is killed."""


class Lives:
    """The process that there is now, and what is known of those before. Usable from any thread."""

    def __init__(self, arguments: Arguments, limits: Limits) -> None:
        """Start the first process."""
        self._arguments = arguments
        self._limits = limits
        self._on_fatal: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        self._suspects = Suspects()
        self._idle_starts = 0
        self.closing = False
        """Whether the service is about to end."""
        self.fatal: MattebridgeError | None = None
        """Why there is no process and will be none; None as long as there is."""
        self.losses = 0
        """How many processes ended by themselves."""
        # Under the lock: a process that ends at once is only buried when it is known.
        with self._lock:
            self.now = self._start()

    def enter(self, call: int, waiting: queue.SimpleQueue[Answer | Lost], *, repeated: bool) -> Life:
        """Have the process that there is answer a call, or its end.

        Args:
            call: The call's number.
            waiting: Takes the answers.
            repeated: An earlier process ended with the same request.

        Raises:
            MattebridgeError: there is no process and will be none.
        """
        with self._lock:
            if self.fatal is not None:
                raise from_wire(self.fatal.code, str(self.fatal))
            if self.closing:
                raise InferenceLostError("the worker is ending")
            self.now.calls[call] = waiting
            if repeated:
                self.now.repeated.add(call)
            return self.now

    def leave(self, life: Life, call: int) -> None:
        """Nobody waits for a call any more."""
        with self._lock:
            life.calls.pop(call, None)

    def on_fatal(self, act: Callable[[], None]) -> None:
        """As `worker.supervisor.Supervisor.on_fatal`."""
        with self._lock:
            self._on_fatal = act
            late = self.fatal is not None
        if late:
            act()

    def close(self) -> None:
        """End the process after the frames under way; calls still open end with an error."""
        with self._lock:
            self.closing = True
            life = self.now
        with contextlib.suppress(OSError):
            life.link.send(Quit(0))
        _see_end(life.process)

    def _start(self) -> Life:
        life = start(self._arguments, self._suspects, self._limits)
        threading.Thread(target=self._listen, args=(life,), name="mattebridge-inference", daemon=True).start()
        return life

    def _listen(self, life: Life) -> None:
        with contextlib.suppress(EOFError, OSError, msgspec.MsgspecError):
            while True:
                message, arrays = life.link.receive()
                if isinstance(message, Ready):
                    life.device = message.device
                    self._idle_starts = 0
                    log.info("the inference process %s is ready on %s", life.process.pid, message.device)
                elif isinstance(message, Held):
                    life.held = message
                elif isinstance(message, Failed) and message.call == 0:
                    life.failure = from_wire(message.code, message.message)
                elif isinstance(message, Failed) and message.code == DeviceFailedError.code:
                    # The process ends itself now; whoever hears of it shall find the next one.
                    life.last_words[message.call] = (message, arrays)
                else:
                    with self._lock:
                        waiting = life.calls.get(message.call)
                    if waiting is not None:
                        waiting.put((message, arrays))
        self._bury(life)

    def _bury(self, life: Life) -> None:
        """Tell whoever waits for a process that it is gone, and start another."""
        _see_end(life.process)
        life.link.close()
        end = end_of(life.process.exitcode, life.hung)
        with self._lock:
            before = len(self._suspects.avoided)
            # Where it is plain why the process ended, no frame is to blame.
            plain = bool(life.last_words) or end.from_outside
            under_way = () if plain else life.record.all_under_way()
            verdict = self._suspects.judge(under_way, end.did)
            if not self.closing:
                self.losses += 1
                self._idle_starts += life.device == STARTING
                log.error("%s", end.words)
                for it in under_way:
                    log.error("it was at %s", it.words, extra={"frame": it.frame})
                for avoided in self._suspects.avoided[before:]:
                    log.error("%s; it counts as unreadable now", avoided.words, extra={"frame": avoided.frame})
                if life.failure is not None or self._idle_starts >= _STARTS:
                    self.fatal = life.failure or InferenceLostError(end.words)
                else:
                    self.now = self._start()
            waiting, life.calls = life.calls, {}
            culprits = life.repeated & waiting.keys()
        for call, one in waiting.items():
            one.put(life.last_words.get(call) or loss_of(life, call, end.words, verdict, culprits))
        if self.fatal is not None:
            self._on_fatal()


def _see_end(process: SpawnProcess) -> None:
    process.join(_END_S)
    if process.is_alive():
        process.kill()
        process.join()
