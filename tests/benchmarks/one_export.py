"""One export in a process of its own: ``python -m tests.benchmarks.one_export SOURCE OUT STORE``."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from bridge.request import MatteRequest
from tests.benchmarks.exporting import CATEGORIES, export
from worker.device import choose_device
from worker.engine import Engine
from worker.store import Store


def main(source: str, out: str, store: str) -> None:
    """Print the peak resident memory of an export, in bytes, and its rate, as JSON."""
    engine = Engine(choose_device(), Store(Path(store)))
    run = export(engine, MatteRequest(source=source, out=out, categories=CATEGORIES))
    # Kilobytes on Linux, bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(json.dumps({"peak_bytes": peak, "fps": run.fps}))


if __name__ == "__main__":
    main(*sys.argv[1:4])
