"""Processes that help this one on a CPU: they write the frames of exports and make mattes of single plates.

Mattes are thousands of short steps, and between any two of them Python's lock changes hands: two threads that make
mattes are slower than one. So each core has a process of its own. They start when there is work for them, and stay
until this process ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import torch

from worker import signs
from worker.device import cores
from worker.heap import keep_freed
from worker.shared_record import Record
from worker.spawning import spawn_context


class _Here:
    """The processes of this one."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.pool: ProcessPoolExecutor | None = None


_here = _Here()


def processes() -> ProcessPoolExecutor:
    """What hands work to the processes, the same for all who ask. Usable from any thread."""
    with _here.lock:
        if _here.pool is None:
            _here.pool = ProcessPoolExecutor(
                cores(), spawn_context(), initializer=begin, initargs=(signs.record(),)
            )
        return _here.pool


def forget(broken: ProcessPoolExecutor) -> None:
    """Have others take the place of processes of which one was ended."""
    with _here.lock:
        if _here.pool is broken:
            _here.pool = None


def warm_up(device: torch.device) -> None:
    """Start the processes now, so that they are there when the first frame comes."""
    if device.type == "cpu" and cores() > 1:
        pool = processes()
        try:
            _start(pool)
        except BrokenProcessPool:
            # One was ended while it had nothing to do.
            forget(pool)
            _start(processes())


def _start(pool: ProcessPoolExecutor) -> None:
    for _ in range(cores()):
        pool.submit(os.getpid)


def end_processes() -> None:
    """End the processes; a process that waits for its children when it ends would wait for these for ever."""
    with _here.lock:
        pool, _here.pool = _here.pool, None
    if pool is not None:
        pool.shutdown(cancel_futures=True)


def begin(record: Record | None) -> None:
    """What each process does first; `record` is what `worker.signs.record` gives in its parent."""
    if record is not None:
        signs.adopt(record)
    keep_freed()
    torch.set_num_threads(1)
    # Ctrl-C at a terminal goes to the whole group; it is the parent who decides what ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="parent-watch", daemon=True).start()


def _end_with_parent() -> None:
    """A parent that is killed cannot say goodbye; without this its processes would wait for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
