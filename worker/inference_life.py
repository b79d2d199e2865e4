"""One inference process from its start to its end, as the service sees it."""

from __future__ import annotations

import multiprocessing
import queue
import threading
from dataclasses import dataclass, field
from multiprocessing.context import SpawnProcess

from bridge.errors import MattebridgeError
from bridge.wire import Array
from worker.engine_link import Held, Link, Message
from worker.engine_process import EngineSettings, MakeEngine, run
from worker.losses import Lost
from worker.shared_record import Record
from worker.suspects import Suspects, Verdict
from worker.watchdog import Limits, watch

STARTING = "starting"
"""What stands for the device until the inference process has said which it is."""

Answer = tuple[Message, tuple[Array, ...]]

Arguments = tuple[EngineSettings, MakeEngine, int, bool]
"""What every process is started with: see `worker.engine_process.run`."""


@dataclass
class Life:
    """One inference process."""

    process: SpawnProcess
    link: Link
    record: Record
    calls: dict[int, queue.SimpleQueue[Answer | Lost]] = field(default_factory=dict)
    device: str = STARTING
    failure: MattebridgeError | None = None
    """Why it could not start; None where it could, or nobody knows."""
    repeated: set[int] = field(default_factory=set)
    """Calls that an earlier process ended with: if this one ends with them, too, it was their doing."""
    last_words: dict[int, Answer] = field(default_factory=dict)
    """Answers that are kept back until the process has ended and another is there."""
    held: Held | None = None
    """The memory that it told last."""
    hung: str | None = None
    """What the watchdog found, where it ended the process."""

    def notice_hung(self, words: str) -> None:
        """Keep what the watchdog found."""
        self.hung = words


def start(arguments: Arguments, suspects: Suspects, limits: Limits) -> Life:
    """Start a process, and a thread that ends it where it hangs."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    record = Record()
    process = context.Process(
        target=run,
        args=(theirs, *arguments, record, suspects.avoided, suspects.any),
        name="mattebridge-inference",
    )
    process.start()
    theirs.close()
    life = Life(process, Link(ours), record)
    threading.Thread(
        target=watch,
        args=(process, record, limits, lambda: bool(life.calls), life.notice_hung),
        name="watchdog",
        daemon=True,
    ).start()
    return life


def loss_of(life: Life, call: int, words: str, verdict: Verdict, culprits: set[int]) -> Lost:
    """What one of the calls of a process that has ended hears.

    Args:
        life: The process.
        call: The call.
        words: How it ended.
        verdict: What the frames that it was decoding say.
        culprits: Calls that are to blame by themselves.
    """
    if verdict.guilty:
        guilty = call in verdict.guilty
        return Lost(words, blameless=not guilty, over_frame=guilty)
    blameless = bool(culprits) and call not in culprits
    return Lost(words, blameless=blameless, doubted=call in verdict.doubted)
