"""Clients that do not read what they asked for."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import zmq

from bridge import wire
from bridge.client import Client
from bridge.errors import BusyError
from bridge.messages import ErrorReply, Export, Hello, JobEvent, JobReply, Jobs, JobState, Segment, SegmentReply
from bridge.request import MatteRequest
from tests.fakes.services import Running, until_cancelled
from worker.progress import Progress

EVENTS = 3000


def deaf(address: str) -> zmq.Socket[bytes]:
    """A client's socket that takes next to nothing before it is read."""
    socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.DEALER)
    socket.setsockopt(zmq.RCVHWM, 1)
    socket.setsockopt(zmq.RCVBUF, 1 << 14)
    socket.connect(address)
    return socket


def read(socket: zmq.Socket[bytes]) -> wire.Envelope:
    assert socket.poll(10_000)
    return wire.unpack(socket.recv_multipart())


def test_news_that_nobody_takes_do_not_pile_up_and_the_last_one_arrives(running: Running) -> None:
    def export(_: MatteRequest, progress: Progress) -> Path:
        for done in range(EVENTS):
            progress.relay("working", done, EVENTS, 1.0, None)
        return Path("/out/a.mattes.json")

    running.engine.export = export
    # Each event is so long that all of them would take 150 MB.
    request = MatteRequest(source=f"/{'x' * 50_000}.mov", out="/out")
    socket = deaf(running.service.address)
    before = psutil.Process().memory_info().rss
    socket.send_multipart(wire.pack(Export(request=request), "1"))
    with Client(running.service.address) as other:
        deadline = time.monotonic() + 60
        while not (known := other.jobs()) or not known[0].state.is_final:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert known[0].state is JobState.DONE
    boxes = list(running.service._mail._boxes.values())
    assert sum(len(box.letters) for box in boxes) <= 4
    assert sum(box.plain_bytes + box.in_socket() for box in boxes) < 2 << 20
    assert psutil.Process().memory_info().rss - before < 60 << 20
    told: list[JobEvent | JobReply] = []
    while not told or not told[-1].info.state.is_final:
        body = read(socket).body
        assert isinstance(body, (JobEvent, JobReply))
        told.append(body)
    assert [it.info.state for it in told[-2:]] == [JobState.RUNNING, JobState.DONE]
    done = [it.info.done for it in told if isinstance(it, JobEvent)]
    assert done == sorted(done)
    assert done[-1] == EVENTS - 1
    assert len(done) < EVENTS / 2
    socket.close(0)


def test_who_asks_without_end_and_reads_nothing_is_cut_off_and_told_so(running: Running) -> None:
    running.engine.export = until_cancelled
    source = f"/{'x' * 50_000}.mov"
    socket = deaf(running.service.address)
    with Client(running.service.address) as other:
        job = other.export(MatteRequest(source=source, out="/out"))
        for number in range(1500):
            socket.send_multipart(wire.pack(Jobs(), str(number)))
        deadline = time.monotonic() + 20
        while not any(box.cut for box in list(running.service._mail._boxes.values())):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        # Others are served meanwhile.
        assert other.hello(timeout_s=5)
        job.cancel()
    while not isinstance(body := read(socket).body, ErrorReply):
        pass
    assert body.code == "busy"
    assert "none of" in body.message
    # From then on it is served as before. It may have been cut off more than once: what it asked between two such
    # answers is asked again.
    socket.send_multipart(wire.pack(Hello(), "again"))
    while (answer := read(socket)).id != "again":
        if isinstance(answer.body, ErrorReply):
            socket.send_multipart(wire.pack(Hello(), "again"))
    socket.close(0)


def test_no_more_mattes_are_made_for_who_takes_none(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.mail.MOST_UNSENT_BYTES", 8 << 20)
    plate = np.zeros((1000, 1000, 3), np.uint8)
    pixels = wire.Array("u1", plate.shape, plate.data)
    socket = deaf(running.service.address)
    for number in range(16):
        socket.send_multipart(wire.pack(Segment(), str(number), [pixels]))
        time.sleep(0.02)
    with Client(running.service.address) as other:
        # It waits behind them, and is answered.
        assert len(other.segment(plate[:10])) == 1
    kinds = [type(read(socket).body) for _ in range(16)]
    assert kinds.count(SegmentReply) < 16
    assert kinds.count(SegmentReply) + kinds.count(ErrorReply) == 16
    # All was taken: it is served again.
    socket.send_multipart(wire.pack(Segment(), "again", [pixels]))
    assert isinstance(read(socket).body, SegmentReply)
    socket.close(0)


def test_pixels_that_wait_have_a_limit_over_all_clients(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.desk.PLATE_BYTES", 5 << 20)
    monkeypatch.setattr("worker.desk.PLATE_BYTES_OF_ONE", 3 << 20)
    running.engine.reads_memory = False
    held = running.engine.hold
    held.clear()
    plate = np.zeros((700, 700, 3), np.uint8)
    pixels = wire.Array("u1", plate.shape, plate.data)
    sockets = [deaf(running.service.address) for _ in range(3)]
    for number, socket in enumerate(sockets):
        # 1.5 MB each: two of one client fit, and three of all.
        for again in range(3):
            socket.send_multipart(wire.pack(Segment(), f"{number}{again}", [pixels]))
        body = read(socket).body
        assert isinstance(body, ErrorReply)
        assert (body.code, "MB" in body.message) == ("busy", True)
    held.set()
    served = 0
    for socket in sockets:
        while socket.poll(1000):
            served += isinstance(wire.unpack(socket.recv_multipart()).body, SegmentReply)
    assert served == 3
    # What was held is given back.
    sockets[2].send_multipart(wire.pack(Segment(), "again", [pixels]))
    assert isinstance(read(sockets[2]).body, SegmentReply)
    for socket in sockets:
        socket.close(0)


def test_busy_is_what_a_client_hears(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.desk.PLATE_BYTES_OF_ONE", 100)
    with Client(running.service.address) as client, pytest.raises(BusyError, match="too many pixels of plates"):
        client.segment(np.zeros((10, 10, 3), np.uint8))
