"""Give a worker damaged files and files that lie: ``python -m tests.soak.damage FOLDER ...``.

Every file of the folders is asked for as it is; then, of those that could be read, versions that are cut off and
versions with bits flipped. For each there must be an answer or an error within ten seconds, the inference process
must live, and must not take a gigabyte more than it had.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bridge import launch
from bridge.client import Client
from bridge.errors import MattebridgeError
from tests.soak.workers import inference_of, running

LONGEST_S = 10.0
MOST_BYTES = 1 << 30

_LARGEST_BYTES = 60 << 20
"""Larger files are asked for as they are, and not cut or flipped."""


@dataclass(frozen=True)
class Answer:
    """What came of one file."""

    name: str
    code: str
    """``read``, or the code of the error."""
    seconds: float
    crashed: bool


def peak_bytes(pid: int) -> int:
    """The most memory a process ever held, as Linux keeps it."""
    match = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert match is not None
    return int(match[1]) * 1024


def forget_peak(pid: int) -> int:
    """Have Linux begin its count anew; returns what the process holds now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return peak_bytes(pid)


def ask(client: Client, worker_pid: int, path: Path, name: str) -> Answer:
    """One plate of a file."""
    before = inference_of(worker_pid)
    began = time.monotonic()
    try:
        client.segment(path)
        code = "read"
    except MattebridgeError as err:
        code = err.code
    seconds = time.monotonic() - began
    after = inference_of(worker_pid)
    crashed = before is None or after is None or before.pid != after.pid
    if crashed:
        # The next one is asked when the next process is there, so that its start is not counted.
        client.describe()
    return Answer(name, code, seconds, crashed)


def versions(path: Path, chance: random.Random, count: int) -> list[tuple[str, bytes]]:
    """A file cut off at some places, and with bits flipped at others."""
    data = path.read_bytes()
    made = [(f"cut {round(part * 100)} %", data[: int(len(data) * part)]) for part in (0.02, 0.5, 0.95)]
    for number in range(count):
        flipped = bytearray(data)
        # Headers are where lies live; half of the flips go there.
        reach = min(len(data), 4096) if number % 2 else len(data)
        for _ in range(chance.choice((1, 8, 64))):
            flipped[chance.randrange(reach)] ^= 1 << chance.randrange(8)
        made.append((f"flipped {number}", bytes(flipped)))
    return made


def run(folders: list[Path], flips: int, seed: int) -> tuple[list[Answer], int]:
    """Ask for everything; returns the answers and the most memory that one file took, in bytes."""
    chance = random.Random(seed)
    answers: list[Answer] = []
    most = 0
    with tempfile.TemporaryDirectory(prefix="mattebridge-damage-") as folder:
        home, address = Path(folder), launch.free_address()
        with running(home, address, "--queue", "none") as worker, Client(address) as client:
            client.describe()
            files = [path for given in folders for path in sorted(given.rglob("*")) if path.is_file()]
            for path in files:
                inference = inference_of(worker.pid)
                assert inference is not None
                holds = forget_peak(inference.pid)
                answers.append(ask(client, worker.pid, path, path.name))
                if not answers[-1].crashed:
                    most = max(most, peak_bytes(inference.pid) - holds)
                if answers[-1].code != "read" or path.stat().st_size > _LARGEST_BYTES:
                    continue
                for words, data in versions(path, chance, flips):
                    damaged = home / f"damaged{path.suffix}"
                    damaged.write_bytes(data)
                    answers.append(ask(client, worker.pid, damaged, f"{path.name}, {words}"))
            if worker.poll() is not None:
                raise RuntimeError("the worker ended")
    return answers, most


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--flips", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    answers, most = run(options.folders, options.flips, options.seed)
    bad = [it for it in answers if it.crashed or it.seconds > LONGEST_S or it.code == "internal"]
    for answer in bad:
        print(answer)
    print(f"{len(answers)} files: {dict(Counter(it.code for it in answers))}")
    slowest = max(answers, key=lambda it: it.seconds)
    print(f"slowest {slowest.seconds:.1f} s ({slowest.name}); most memory of one file as it is {most >> 20} MB")
    sys.exit(1 if bad or most > MOST_BYTES else 0)


if __name__ == "__main__":
    main()
