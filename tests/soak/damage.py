"""Give a worker damaged files and files that lie: ``python -m tests.soak.damage [FOLDER ...]``.

Every file of the folders is asked for as it is; then, of those that could be read, versions that are cut off and
versions with bits flipped. Before them come small files whose headers promise large pictures. For each there must
be an answer or an error within ten seconds, the inference process must live, and it must not, even for a moment,
take a gigabyte more than it held before that file.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bridge import launch
from bridge.client import Client
from bridge.errors import MattebridgeError
from tests.peaks import forget_peak, peak_bytes
from tests.soak.workers import inference_of, running
from tests.worker.media import bombs
from tests.worker.media.made import plain, write_image

LONGEST_S = 10.0
MOST_BYTES = 1 << 30

LIES_WH = ((65500, 65500), (16384, 8192), (8192, 4320))
"""Sizes that headers promise: beyond the limit, at it, and what a camera might give."""

_LARGEST_BYTES = 60 << 20
"""Larger files are asked for as they are, and not cut or flipped."""


@dataclass(frozen=True)
class Answer:
    """What came of one file."""

    name: str
    code: str
    """``read``, or the code of the error."""
    seconds: float
    peak_bytes: int | None
    """The most that the inference process took for it, beyond what it held before; None where it crashed."""

    @property
    def is_good(self) -> bool:
        """Whether this is what a damaged file should come to."""
        return (
            self.peak_bytes is not None
            and self.peak_bytes < MOST_BYTES
            and self.seconds <= LONGEST_S
            and self.code != "internal"
        )

    def __str__(self) -> str:
        took = "crashed" if self.peak_bytes is None else f"{self.peak_bytes >> 20} MB"
        return f"{self.name}: {self.code}, {self.seconds:.1f} s, {took}"


def ask(client: Client, worker_pid: int, path: Path, name: str) -> Answer:
    """One plate of a file."""
    before = inference_of(worker_pid)
    assert before is not None
    held = forget_peak(before.pid)
    began = time.monotonic()
    try:
        client.segment(path)
        code = "read"
    except MattebridgeError as err:
        code = err.code
    seconds = time.monotonic() - began
    after = inference_of(worker_pid)
    if after is None or before.pid != after.pid:
        # The next one is asked when the next process is there, so that its start is not counted.
        client.describe()
        return Answer(name, code, seconds, None)
    return Answer(name, code, seconds, peak_bytes(after.pid) - held)


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


def lies(folder: Path) -> Iterator[tuple[str, Path]]:
    """Files of some kilobytes whose headers promise large pictures."""
    for size_wh in LIES_WH:
        for make in (*bombs.PICTURES, *bombs.MOVIES):
            if make is bombs.exr_display and size_wh == LIES_WH[-1]:
                continue  # a small picture in a large frame is no lie
            yield f"{make.__name__} that promises {size_wh[0]} x {size_wh[1]}", make(folder, size_wh)


def run(folders: list[Path], flips: int, seed: int) -> list[Answer]:
    """Ask for everything, and tell what came of each."""
    chance = random.Random(seed)
    answers: list[Answer] = []
    with tempfile.TemporaryDirectory(prefix="mattebridge-damage-") as folder:
        home, address = Path(folder), launch.free_address()
        with running(home, address, "--queue", "none") as worker, Client(address) as client:
            client.describe()
            # What the model takes is no file's doing.
            ask(client, worker.pid, write_image(home / "warm.png", plain(90, size_wh=(64, 48))), "warm")
            answers += [ask(client, worker.pid, path, name) for name, path in lies(home)]
            for path in [path for given in folders for path in sorted(given.rglob("*")) if path.is_file()]:
                answers.append(ask(client, worker.pid, path, path.name))
                if answers[-1].code != "read" or path.stat().st_size > _LARGEST_BYTES:
                    continue
                for words, data in versions(path, chance, flips):
                    damaged = home / f"damaged{path.suffix}"
                    damaged.write_bytes(data)
                    answers.append(ask(client, worker.pid, damaged, f"{path.name}, {words}"))
            if worker.poll() is not None:
                raise RuntimeError("the worker ended")
    return answers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--flips", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    answers = run(options.folders, options.flips, options.seed)
    bad = [it for it in answers if not it.is_good]
    print(f"{len(answers)} files: {dict(Counter(it.code for it in answers))}")
    print(f"slowest: {max(answers, key=lambda it: it.seconds)}")
    print(f"largest: {max(answers, key=lambda it: it.peak_bytes or 0)}")
    for answer in bad:
        print(f"BAD {answer}")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
