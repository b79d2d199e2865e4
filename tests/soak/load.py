"""Many clients at once, asking, cancelling and vanishing at random: ``python -m tests.soak.load --minutes 10``.

No reply may be lost or come twice, every job must end in a final state, and the service's memory must stay flat.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import psutil
import zmq
from PIL import Image

from bridge import launch, wire
from bridge.client import Client
from bridge.errors import BusyError, JobCancelledError, JobUnknownError, MattebridgeError
from bridge.messages import Export, Hello, Jobs
from bridge.request import MatteRequest
from tests.soak.workers import running
from tests.worker.conftest import draw_plate

CATEGORIES = ("person", "sky")


class Crowd:
    """What all clients counted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []

    def count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1

    def complain(self, words: str) -> None:
        with self._lock:
            self.wrong.append(words)


def one_client(number: int, address: str, plates: Path, out: Path, until: float, crowd: Crowd) -> None:
    """Live as a client for a while, several times over."""
    chance = random.Random(number)
    while time.monotonic() < until:
        with Client(address) as client:
            for _ in range(chance.randint(1, 12)):
                if time.monotonic() >= until:
                    break
                try:
                    one_act(chance, client, plates, out, crowd)
                except BusyError:
                    crowd.count("busy")
                except (JobCancelledError, JobUnknownError) as err:
                    crowd.count(err.code)
                except MattebridgeError as err:
                    crowd.complain(f"client {number}: {err.code}: {err}")
                time.sleep(chance.uniform(0, 0.2))


def one_act(chance: random.Random, client: Client, plates: Path, out: Path, crowd: Crowd) -> None:
    """One thing that a client does."""
    act = chance.choice(("hello", "jobs", "segment", "export", "export and leave", "cancel", "watch"))
    crowd.count(act)
    if act == "hello":
        client.hello(timeout_s=30)
    elif act == "jobs":
        client.jobs()
    elif act == "segment":
        mattes = client.segment(draw_plate(chance.randrange(8)), categories=CATEGORIES)
        if [matte.layer.name for matte in mattes] != list(CATEGORIES) and len(mattes) != len(CATEGORIES):
            crowd.complain(f"a plate came back with {[matte.layer.name for matte in mattes]}")
    elif act.startswith("export"):
        request = MatteRequest(
            source=f"{plates}/shot.####.png",
            frames=f"{chance.randint(1, 4)}-{chance.randint(4, 8)}",
            out=str(out / str(chance.randrange(6))),
            categories=CATEGORIES,
            contact_sheet=False,
        )
        job = client.export(request, keep_going=chance.random() < 0.5)
        if act == "export":
            if chance.random() < 0.3:
                time.sleep(chance.uniform(0, 1))
                job.cancel()
            info = job.wait(timeout_s=None)
            if info.manifest is None:
                crowd.complain(f"job {info.job} is done without a manifest")
    else:
        known = client.jobs()
        if known:
            info = chance.choice(known)
            if act == "cancel" and chance.random() < 0.3:
                client.cancel(info.job)
            else:
                client.watch(info.job)


def count_replies(address: str, until: float, crowd: Crowd) -> None:
    """A client of bare messages: each request has one answer, no more and no less."""
    socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.DEALER)
    socket.connect(address)
    asked = answered = 0
    seen: set[str] = set()
    bad = Export(request=MatteRequest(source="/nothing/a.png", out="/nothing/b"))
    while (going := time.monotonic() < until) or answered < asked:
        if going and asked - answered < 8:
            asked += 1
            socket.send_multipart(wire.pack((Hello(), Jobs(), bad)[asked % 3], str(asked)))
        if socket.poll(5 if going else 60_000):
            reply = wire.unpack(socket.recv_multipart()).id
            if reply in seen:
                crowd.complain(f"request {reply} was answered twice")
            seen.add(reply)
            answered += 1
        elif not going:
            crowd.complain(f"{asked - answered} requests were never answered")
            break
    crowd.counts["bare requests"] = asked
    crowd.counts["bare answers"] = answered
    socket.close(0)


def run(home: Path, clients: int, seconds: float) -> tuple[Crowd, float, float]:
    """Let so many clients live for so long; returns what they counted, and the memory at 20 % and at the end."""
    plates = home / "plates"
    plates.mkdir()
    for frame in range(1, 9):
        picture = np.kron(draw_plate(frame), np.ones((2, 2, 1), np.uint8))
        Image.fromarray(picture).save(plates / f"shot.{frame:04d}.png")
    address = launch.free_address()
    crowd = Crowd()
    with running(home, address, "--queue", "none") as worker:
        with Client(address) as client:
            client.describe()
        process = psutil.Process(worker.pid)
        until = time.monotonic() + seconds
        threads = [
            threading.Thread(target=one_client, args=(number, address, plates, home / "out", until, crowd))
            for number in range(clients)
        ]
        threads.append(threading.Thread(target=count_replies, args=(address, until, crowd)))
        for thread in threads:
            thread.start()
        time.sleep(seconds * 0.2)
        before = process.memory_info().rss
        for thread in threads:
            thread.join()
        with Client(address) as client:
            deadline = time.monotonic() + 300
            while any(not info.state.is_final for info in client.jobs()) and time.monotonic() < deadline:
                time.sleep(0.5)
            for info in client.jobs():
                crowd.count(f"jobs {info.state.value}")
                if not info.state.is_final:
                    crowd.complain(f"job {info.job} is {info.state.value}")
                if info.error_code is not None:
                    crowd.complain(f"job {info.job} failed: {info.error}")
        after = process.memory_info().rss
        if worker.poll() is not None:
            crowd.complain("the worker ended")
    return crowd, before, after


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=16)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mattebridge-load-") as folder:
        crowd, before, after = run(Path(folder), options.clients, options.minutes * 60)
    for words in crowd.wrong[:50]:
        print("wrong:", words)
    grown = after / before - 1
    print(f"{dict(crowd.counts)}; memory {before / 2**20:.0f} MB, then {after / 2**20:.0f} MB ({grown:+.1%})")
    sys.exit(1 if crowd.wrong or grown > 0.1 else 0)


if __name__ == "__main__":
    main()
