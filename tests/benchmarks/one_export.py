"""One export in a process of its own: ``python -m tests.benchmarks.one_export SOURCE OUT STORE [--warm]``."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import sys
from pathlib import Path

from bridge.request import MatteRequest
from tests.benchmarks.exporting import CATEGORIES, export
from worker.cli.demo import CLIP
from worker.device import choose_device
from worker.engine import Engine
from worker.store import Store


def main(source: str, out: str, store: str, *, warm: bool) -> None:
    """Print the peak resident memory of an export and its processes, in bytes, and its rate, as JSON.

    With `warm`, two small frames go before, so that the rate is that of a worker which is up.
    """
    engine = Engine(choose_device(), Store(Path(store)))
    if warm:
        export(engine, MatteRequest(source=str(CLIP), out=f"{out}-warm", categories=CATEGORIES, frames="1-2"))
    run = export(engine, MatteRequest(source=source, out=out, categories=CATEGORIES))
    pids = [os.getpid(), *(child.pid for child in multiprocessing.active_children() if child.pid is not None)]
    print(json.dumps({"peak_bytes": sum(map(_peak_bytes, pids)), "fps": run.fps}))


def _peak_bytes(pid: int) -> int:
    """The most memory a process ever held, as Linux keeps it."""
    match = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert match is not None
    return int(match[1]) * 1024


if __name__ == "__main__":
    main(*sys.argv[1:4], warm="--warm" in sys.argv)
