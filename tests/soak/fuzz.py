"""Send a worker messages that are malformed, truncated, reordered, oversized or of confused types; then look.

``python -m tests.soak.fuzz --messages 200000`` sends them over loopback from sockets of many kinds, while a valid
client goes on asking. The worker must answer or drop each, live, and keep its memory; the client loses nothing.
"""

from __future__ import annotations

import argparse
import random
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import msgpack
import msgspec
import psutil
import zmq

from bridge import launch, wire
from bridge.client import Client
from bridge.messages import Cancel, Describe, Export, Hello, Jobs, Message, Segment, Watch
from bridge.request import MatteRequest
from tests.soak.workers import running

VALID: tuple[Message, ...] = (
    Hello(),
    Jobs(),
    Cancel(job="0123456789ab"),
    Watch(job="0123456789ab"),
    Export(request=MatteRequest(source="/nothing/here.####.png", out="/nothing/out")),
    Segment(source="/nothing/here.png"),
    Describe(),
)

STRANGE: tuple[object, ...] = (
    None, True, -1, 2**63, 0.5, float("nan"), "", "x" * 5000, "\ud7ff", b"\xff\0", [], [[]], {}, {"a": {}},
    [None] * 300,
)  # fmt: skip


def mutated(chance: random.Random) -> list[bytes]:
    """The frames of a message that is wrong in some way; now and then one that is right."""
    frames = [bytes(frame) for frame in wire.pack(chance.choice(VALID), f"f{chance.randrange(1000)}")]
    kind = chance.randrange(12)
    head = bytearray(frames[0])
    if kind == 0:
        for _ in range(chance.randint(1, 8)):
            head[chance.randrange(len(head))] = chance.randrange(256)
        frames[0] = bytes(head)
    elif kind == 1:
        frames[0] = bytes(head[: chance.randrange(len(head))])
    elif kind == 2:
        frames[0] = chance.randbytes(chance.randrange(400))
    elif kind == 3:
        frames += [chance.randbytes(chance.randrange(2000)) for _ in range(chance.randint(1, 300))]
    elif kind == 4:
        chance.shuffle(frames)
        frames = frames[chance.randrange(2) :] or [b""]
    elif kind in (5, 6, 7):
        frames[0] = packed(confused(msgpack.unpackb(frames[0]), chance))
    elif kind == 8:
        shape = [chance.choice((0, 1, 3, -1, 2**31, 2**62)) for _ in range(chance.randrange(5))]
        raw: dict[str, Any] = msgpack.unpackb(frames[0])
        raw["buffers"] = [{"dtype": chance.choice(("u1", "f8", "")), "shape": shape}] * chance.randint(1, 300)
        frames[0] = packed(raw)
        frames += [b"\0" * chance.choice((0, 1, 4096))] * chance.randrange(4)
    elif kind == 9:
        # Lengths that are lies, and nesting without end.
        lie = b"\xff\xff\xff\xff"
        frames[0] = chance.choice((b"\xdf" + lie, b"\xdd" + lie, b"\xc6" + lie, b"\x91" * 5000))
    elif kind == 10 and chance.random() < 0.01:
        frames[0] = b"\0" * (wire.MAX_HEAD_BYTES + 1)
    return frames


def confused(value: Any, chance: random.Random) -> Any:
    """A structure with one of its parts replaced, lost, doubled under another name, or deep inside the same."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        key = chance.choice(list(value))
        out = dict(value)
        what = chance.randrange(4)
        if what == 0:
            del out[key]
        elif what == 1:
            out[chance.choice(("x", "__class__", key + "_"))] = value[key]
        else:
            out[key] = confused(value[key], chance)
        return out
    return chance.choice(STRANGE)


def packed(value: Any) -> bytes:
    """The value as msgpack; what it cannot take is sent as text."""
    try:
        data: bytes = msgpack.packb(value)
    except (ValueError, TypeError, OverflowError, UnicodeError):
        data = msgspec.msgpack.encode(repr(value))
    return data


def bare_noise(address: str, chance: random.Random) -> None:
    """Bytes that are not even ZeroMQ's."""
    host, port = launch.parse_address(address)
    with socket.create_connection((host, port), timeout=5) as raw:
        noise = (b"GET / HTTP/1.1\r\n\r\n", chance.randbytes(200), b"\xff" + b"\0" * 8 + b"\x7f")
        raw.sendall(chance.choice(noise))


class Watcher:
    """A valid client that asks all the time, each question with its own answer."""

    def __init__(self, address: str) -> None:
        self.asked = self.answered = 0
        self._address = address
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with Client(self._address) as client:
            while not self._over.is_set():
                self.asked += 1
                client.hello(timeout_s=10)
                client.jobs()
                self.answered += 1
                time.sleep(0.02)

    def stop(self) -> None:
        self._over.set()
        self._thread.join(20)


def run(address: str, pid: int, messages: int, seed: int) -> dict[str, float]:
    """Send so many messages; returns what was counted and the worker's memory before and after, in bytes."""
    chance = random.Random(seed)
    worker = psutil.Process(pid)
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    sent = answers = 0
    before = 0
    watcher = Watcher(address)
    try:
        while sent < messages:
            # The first tenth is to fill what every process fills once.
            if not before and sent >= messages // 10:
                before = worker.memory_info().rss
            sock = context.socket(chance.choice((zmq.DEALER, zmq.DEALER, zmq.DEALER, zmq.REQ)))
            sock.linger = 2000
            sock.connect(address)
            rounds = min(chance.choice((1, 50, 500)), messages - sent)
            for _ in range(rounds):
                sock.send_multipart(mutated(chance))
                sent += 1
                if sock.type == zmq.REQ:
                    answers += bool(sock.poll(200)) and len(sock.recv_multipart()) > 0
                    break
                while sock.poll(0):
                    sock.recv_multipart()
                    answers += 1
            # Some go without reading their answers.
            if sock.type == zmq.DEALER and chance.random() < 0.7:
                while sock.poll(300):
                    sock.recv_multipart()
                    answers += 1
            sock.close()
            if chance.random() < 0.05:
                bare_noise(address, chance)
        time.sleep(2)
        after = worker.memory_info().rss
        with Client(address) as client:
            client.hello(timeout_s=20)
            open_jobs = [info for info in client.jobs() if not info.state.is_final]
    finally:
        watcher.stop()
        context.destroy(linger=0)
    return {
        "sent": sent,
        "answers": answers,
        "asked": watcher.asked,
        "answered": watcher.answered,
        "before_bytes": before,
        "after_bytes": after,
        "open_jobs": len(open_jobs),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mattebridge-fuzz-") as folder:
        home, address = Path(folder), launch.free_address()
        with running(home, address) as worker:
            began = time.monotonic()
            found = run(address, worker.pid, options.messages, options.seed)
            found["seconds"] = round(time.monotonic() - began, 1)
            grown = found["after_bytes"] / found["before_bytes"] - 1
            lived = worker.poll() is None
        print({**found, "grown": f"{grown:+.1%}", "lived": lived})
    good = lived and grown < 0.1 and found["asked"] == found["answered"] and not found["open_jobs"]
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
