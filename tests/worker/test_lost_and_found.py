"""Workers that fall silent and come back, and clients that are gone."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import zmq

from bridge import wire
from bridge.client import Client
from bridge.errors import (
    ProtocolError,
    WorkerLostError,
)
from bridge.messages import Hello, JobState
from tests.fakes.services import Running, ScriptedEngine, request, running_anew, until_cancelled
from worker.job_files import JobFiles


def test_a_reply_the_client_cannot_read_is_a_protocol_error(running: Running) -> None:
    router: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.ROUTER)
    port = router.bind_to_random_port("tcp://127.0.0.1")
    with Client(f"tcp://127.0.0.1:{port}") as client:

        def serve() -> None:
            identity, head = router.recv_multipart()
            bad = wire.pack(Hello(), wire.read_head(head).id)[0]
            assert isinstance(bad, bytes)
            router.send_multipart([identity, bad.replace(b"hello", b"jello")])

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(ProtocolError, match="cannot be read"):
            client.hello()
        thread.join()
    router.close(0)


def test_a_silent_worker_is_lost_and_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.channel.PATIENCE_S", 0.3)
    monkeypatch.setattr("bridge.channel._PING_EVERY_S", 0.1)
    # Accepts connections and never says a word.
    router: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.ROUTER)
    port = router.bind_to_random_port("tcp://127.0.0.1")
    with Client(f"tcp://127.0.0.1:{port}") as client, pytest.raises(WorkerLostError, match="stopped answering"):
        client.describe()
    router.close(0)


def test_a_watched_job_that_the_worker_has_forgotten_is_lost(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.job._CHECK_AFTER_SILENCE_S", 0.2)
    running.engine.export = until_cancelled
    with Client(running.service.address) as client:
        watched = client.watch(client.export(request()).id)
        # The job book of a new process is empty.
        monkeypatch.setattr(running.service._jobs, "_jobs", {})
        with pytest.raises(WorkerLostError, match="submit the same request again"):
            watched.wait(timeout_s=10)


def test_a_job_goes_on_after_the_worker_was_stopped_and_started_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.job._CHECK_AFTER_SILENCE_S", 0.2)
    first = Running(ScriptedEngine(), open_files=lambda _: JobFiles(tmp_path))
    first.engine.export = until_cancelled
    told: list[str] = []
    with Client(first.service.address) as client:
        job, waiting = client.export(request("a")), client.export(request("b"))
        first.stop()
        second = running_anew(first.service.address, open_files=lambda _: JobFiles(tmp_path))
        done = [it.wait(on_event=lambda info: told.append(info.stage), timeout_s=20) for it in (job, waiting)]
        assert [info.state for info in done] == [JobState.DONE, JobState.DONE]
        assert client.hello().uptime_s < 20
        second.stop()
    assert "waiting for the worker's next start" in told
    assert not list(tmp_path.iterdir())


def test_a_worker_without_files_is_asked_for_the_job_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.job._CHECK_AFTER_SILENCE_S", 0.2)
    monkeypatch.setattr("bridge.channel.PATIENCE_S", 0.6)
    first = Running(ScriptedEngine())
    first.engine.export = until_cancelled
    told: list[str] = []
    with Client(first.service.address) as client:
        job = client.export(request())
        # As if it were killed: nobody hears of its end.
        monkeypatch.setattr(first.service, "_publish", lambda _: None)
        monkeypatch.setattr(first.service._jobs, "_publish", lambda _: None)
        first.stop()
        thread = threading.Thread(target=lambda: job.wait(lambda info: told.append(info.stage), timeout_s=30))
        thread.start()
        deadline = time.monotonic() + 10
        while "waiting for the worker" not in told:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        second = running_anew(first.service.address)
        thread.join(30)
        assert job.info.state is JobState.DONE
        second.stop()


def test_a_worker_that_does_not_come_back_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.job._CHECK_AFTER_SILENCE_S", 0.2)
    monkeypatch.setattr("bridge.job.RECONNECT_S", 1.0)
    monkeypatch.setattr("bridge.channel.PATIENCE_S", 0.6)
    it = Running(ScriptedEngine())
    it.engine.export = until_cancelled
    with Client(it.service.address) as client:
        job = client.export(request())
        monkeypatch.setattr(it.service._jobs, "_publish", lambda _: None)
        it.stop()
        with pytest.raises(WorkerLostError, match="stopped answering"):
            job.wait(timeout_s=30)


def test_an_idle_client_is_not_lost(running: Running, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.channel.PATIENCE_S", 0.2)
    client.hello()
    time.sleep(0.5)
    assert client.jobs() == ()


@pytest.mark.parametrize("keep_going", [True, False])
def test_the_job_of_a_client_that_is_gone_ends_or_goes_on_as_it_asked(
    running: Running, monkeypatch: pytest.MonkeyPatch, keep_going: bool
) -> None:
    monkeypatch.setattr("worker.clients.GONE_AFTER_S", 0.5)
    running.engine.export = until_cancelled
    with Client(running.service.address) as client:
        job = client.export(request(), keep_going=keep_going).id
    with Client(running.service.address) as other:
        time.sleep(1.5)
        state = other.jobs()[0].state
        assert state is (JobState.RUNNING if keep_going else JobState.CANCELLED)
        other.cancel(job)


def test_a_client_that_waits_is_there(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.clients.GONE_AFTER_S", 1.0)
    monkeypatch.setattr("bridge.channel._PING_EVERY_S", 0.2)
    running.engine.export = until_cancelled
    with Client(running.service.address) as client:
        job = client.export(request(), keep_going=False)
        time.sleep(2)
        assert client.jobs()[0].state is JobState.RUNNING
        job.cancel()
