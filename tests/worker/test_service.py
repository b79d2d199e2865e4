"""The worker's socket, with an engine that does as the test says."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import zmq

from bridge import shared_plate, wire
from bridge.client import Client
from bridge.errors import (
    BadRequestError,
    InternalError,
    JobCancelledError,
    JobUnknownError,
    UnknownNameError,
    WorkerUnavailableError,
)
from bridge.messages import ErrorReply, Export, Hello, JobState
from bridge.request import MatteRequest
from tests.fakes.services import Running, ScriptedEngine, request, until_cancelled
from worker.progress import Progress
from worker.service import Service


def test_hello_tells_who_answers(client: Client) -> None:
    reply = client.hello()
    assert reply.device.startswith("cpu")
    assert reply.uptime_s >= 0


def test_an_export_streams_its_news_to_the_end(running: Running, client: Client) -> None:
    def export(_: MatteRequest, progress: Progress) -> Path:
        progress.begin("working", 2)
        for done in (1, 2):
            progress.at(done)
        return Path("/out/a.mattes.json")

    running.engine.export = export
    stages: list[str] = []
    info = client.export(request()).wait(on_event=lambda news: stages.append(news.stage), timeout_s=10)
    assert (info.state, info.manifest) == (JobState.DONE, "/out/a.mattes.json")
    assert "working" in stages


def test_what_must_be_known_before_the_work_comes_with_the_answer_and_with_all_news(
    running: Running, client: Client
) -> None:
    running.engine.check = lambda _: ("the licence forbids commercial use",)
    job = client.export(request())
    assert job.info.notices == ("the licence forbids commercial use",)
    assert job.wait(timeout_s=10).notices == ("the licence forbids commercial use",)
    assert client.jobs()[-1].notices == ("the licence forbids commercial use",)


def test_a_bad_request_is_refused_before_it_is_queued(running: Running, client: Client) -> None:
    def check(_: MatteRequest) -> tuple[str, ...]:
        raise UnknownNameError("unknown category 'cat'; there is: car")

    running.engine.check = check
    with pytest.raises(UnknownNameError, match="there is: car"):
        client.export(request())
    assert client.jobs() == ()


def test_a_failed_job_raises_the_error_of_its_cause(running: Running, client: Client) -> None:
    def export(_: MatteRequest, __: Progress) -> Path:
        raise OSError(28, "No space left on device", "/out/a.exr")

    running.engine.export = export
    with pytest.raises(Exception, match="no space left") as caught:
        client.export(request()).wait(timeout_s=10)
    assert getattr(caught.value, "code", None) == "out_of_space"


def test_a_fault_of_the_worker_is_an_internal_error_and_the_worker_lives(running: Running, client: Client) -> None:
    def check(_: MatteRequest) -> tuple[str, ...]:
        raise ZeroDivisionError("division by zero")

    running.engine.check = check
    with pytest.raises(InternalError, match="ZeroDivisionError"):
        client.export(request())
    assert client.hello()


def test_cancel_ends_the_wait(running: Running, client: Client) -> None:
    running.engine.export = until_cancelled
    job = client.export(request())
    job.cancel()
    with pytest.raises(JobCancelledError):
        job.wait(timeout_s=10)


def test_another_client_watches_and_cancels(running: Running, client: Client) -> None:
    running.engine.export = until_cancelled
    job = client.export(request())
    with Client(running.service.address) as other:
        watched = other.watch(job.id)
        assert [info.job for info in other.jobs()] == [job.id]
        other.cancel(job.id)
        with pytest.raises(JobCancelledError):
            watched.wait(timeout_s=10)
    with pytest.raises(JobCancelledError):
        job.wait(timeout_s=10)


def test_a_job_that_has_ended_can_still_be_watched(client: Client) -> None:
    job = client.export(request())
    job.wait(timeout_s=10)
    assert client.watch(job.id).wait(timeout_s=10).state is JobState.DONE


def test_an_unknown_job_cannot_be_watched_or_cancelled(client: Client) -> None:
    for act in (client.watch, client.cancel):
        with pytest.raises(JobUnknownError):
            act("nope")


def test_wait_gives_up_after_its_time(running: Running, client: Client) -> None:
    def export(_: MatteRequest, progress: Progress) -> Path:
        progress.begin("working", 10**6)
        for done in range(10**6):
            time.sleep(0.01)
            progress.at(done)
        return Path("never")

    running.engine.export = export
    job = client.export(request())
    with pytest.raises(TimeoutError, match="still running"):
        job.wait(timeout_s=0.2)
    job.cancel()


def test_pixels_come_back_as_mattes(client: Client) -> None:
    plate = np.zeros((4, 6, 3), np.uint8)
    plate[1, 2, 0] = 255
    (matte,) = client.segment(plate)
    assert matte.layer.name == "red"
    assert matte.coverage().shape == (4, 6)
    assert matte.coverage()[1, 2] == 1.0
    # A view with strides, as hosts hand them over.
    (flipped,) = client.segment(plate[::-1, ::-1])
    assert flipped.coverage()[2, 3] == 1.0


def test_large_plates_go_through_shared_memory_and_leave_nothing_there(running: Running, client: Client) -> None:
    plate = np.random.default_rng(1).integers(0, 256, (600, 800, 3), np.uint8)
    before = set(shared_plate.FOLDER.glob("mattebridge-*"))
    (matte,) = client.segment(plate)
    assert running.engine.asked == ["memory"]
    assert np.array_equal(matte.coverage(), (plate[..., 0] / 255).astype(np.float16))
    assert set(shared_plate.FOLDER.glob("mattebridge-*")) <= before


def test_worker_that_cannot_read_the_memory_gets_the_pixels(running: Running, client: Client) -> None:
    running.engine.reads_memory = False
    plate = np.full((600, 800, 3), 51, np.uint8)
    for _ in range(2):
        (matte,) = client.segment(plate)
        assert float(matte.coverage()[0, 0]) == pytest.approx(0.2, abs=1e-3)
    # It was tried once; from then on the client knows.
    assert running.engine.asked == ["memory", "socket", "socket"]


def test_pixels_of_the_wrong_kind_are_refused_here(client: Client) -> None:
    with pytest.raises(BadRequestError, match="uint8 of shape"):
        client.segment(np.zeros((4, 6), np.uint8))


def test_the_socket_answers_while_a_job_runs(running: Running, client: Client) -> None:
    running.engine.export = until_cancelled
    job = client.export(request())
    began = time.monotonic()
    for _ in range(20):
        client.hello()
    assert time.monotonic() - began < 5
    job.cancel()


def test_broken_messages_get_an_error_and_the_next_one_is_served(running: Running) -> None:
    socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.DEALER)
    socket.connect(running.service.address)
    for frames in ([b"\xc1"], [b""], wire.pack(ErrorReply(code="x", message="y"), "9")):
        socket.send_multipart(frames)
        assert socket.poll(5000)
        body = wire.unpack(socket.recv_multipart()).body
        assert isinstance(body, ErrorReply)
    socket.send_multipart(wire.pack(Hello(), "1"))
    assert socket.poll(5000)
    assert wire.unpack(socket.recv_multipart()).id == "1"
    socket.close(0)


def test_too_many_requests_of_one_client_are_refused_and_others_are_served(running: Running) -> None:
    release = threading.Event()

    def check(_: MatteRequest) -> tuple[str, ...]:
        release.wait(20)
        return ()

    running.engine.check = check
    socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.DEALER)
    socket.connect(running.service.address)
    for number in range(40):
        socket.send_multipart(wire.pack(Export(request=request(str(number))), str(number)))
    refused = 0
    while refused < 20:
        assert socket.poll(5000)
        body = wire.unpack(socket.recv_multipart()).body
        assert isinstance(body, ErrorReply) and body.code == "busy"
        refused += 1
    with Client(running.service.address) as other:
        assert other.hello(timeout_s=5)
    release.set()
    socket.close(0)


def test_figures_are_what_happened(running: Running, client: Client) -> None:
    client.export(request()).wait(timeout_s=10)
    with pytest.raises(JobUnknownError):
        client.watch("nope")
    figures = dict(line.rsplit(" ", 1) for line in client.metrics().splitlines() if not line.startswith("#"))
    assert figures['mattebridge_jobs_ended_total{of="done"}'] == "1"
    assert figures['mattebridge_errors_total{of="job_unknown"}'] == "1"
    assert figures['mattebridge_requests_total{of="export"}'] == "1"
    assert (figures["mattebridge_ready"], figures["mattebridge_jobs_running"]) == ("1", "0")
    assert float(figures["mattebridge_resident_bytes"]) > 1e6


def test_a_taken_address_is_named(running: Running) -> None:
    with pytest.raises(WorkerUnavailableError, match="cannot listen"):
        Service(running.service.address, cast(Any, running.engine))


@pytest.mark.parametrize("address", ["tcp://0.0.0.0:5570", "tcp://192.0.2.7:5570"], ids=["all", "another"])
def test_only_loopback_is_served(address: str) -> None:
    with pytest.raises(BadRequestError, match="loopback"):
        Service(address, cast(Any, ScriptedEngine()))


@pytest.mark.parametrize("address", ["5570", "tcp://127.0.0.1", "ipc:///tmp/x", "tcp://h:1/p", "tcp://h:99999"])
def test_an_address_of_another_form_is_named(address: str) -> None:
    with pytest.raises(BadRequestError, match="must be like tcp://"):
        Service(address, cast(Any, ScriptedEngine()))


def test_an_idle_worker_ends_by_itself() -> None:
    idle = Running(ScriptedEngine(), idle_exit_s=0.2)
    idle.thread.join(10)
    assert not idle.thread.is_alive()
