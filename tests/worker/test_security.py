"""Who is let in, and what of the disk can be reached."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import zmq
import zmq.auth

from bridge import wire
from bridge.client import Client
from bridge.errors import BadRequestError, KeysError, WorkerLostError
from bridge.keys import (
    ClientKeys,
    WorkerKeys,
    client_keys_of_environment,
    load_client_keys,
    load_worker_keys,
    make_pair,
)
from bridge.messages import Hello, Segment
from bridge.request import MatteRequest
from tests.fakes.services import ScriptedEngine
from worker.admission import AllowList
from worker.engine import Engine
from worker.roots import Roots
from worker.service import Service

SILENCE_S = 0.7


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Pairs of a worker and of two clients; one of them is on the list."""
    folder = tmp_path / "keys"
    for name in ("worker", "known", "stranger", "other_worker"):
        make_pair(folder, name)
    (tmp_path / "clients").mkdir()
    (tmp_path / "clients" / "known.key").write_bytes((folder / "known.key").read_bytes())
    return folder


@pytest.fixture
def guarded(pairs: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a service that demands keys."""
    keys = load_worker_keys(pairs / "worker.key_secret", tmp_path / "clients")
    service = Service("tcp://127.0.0.1:0", cast(Any, ScriptedEngine()), keys=keys)
    thread = threading.Thread(target=service.run)
    thread.start()
    yield service.address
    service.stop()
    thread.join(10)


def keys_of(pairs: Path, client: str, worker: str = "worker") -> ClientKeys:
    return load_client_keys(pairs / f"{client}.key_secret", pairs / f"{worker}.key")


def test_a_client_on_the_list_is_served(guarded: str, pairs: Path) -> None:
    with Client(guarded, keys_of(pairs, "known")) as client:
        assert client.hello().device == "cpu (2 cores)"


@pytest.mark.parametrize("who", ["no key", "a wrong key of the worker", "a key that is not on the list"])
def test_nobody_else_gets_an_answer(guarded: str, pairs: Path, who: str) -> None:
    keys = {
        "no key": None,
        "a wrong key of the worker": keys_of(pairs, "known", "other_worker"),
        "a key that is not on the list": keys_of(pairs, "stranger"),
    }[who]
    with Client(guarded, keys) as client, pytest.raises(WorkerLostError):
        client.hello(timeout_s=SILENCE_S)
    with Client(guarded, keys_of(pairs, "known")) as client:
        assert client.hello()


def test_who_is_taken_from_the_list_is_refused_and_who_is_added_is_served(
    guarded: str, pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.admission.LOOK_EVERY_S", 0.0)
    listed = tmp_path / "clients" / "known.key"
    with Client(guarded, keys_of(pairs, "known")) as connected:
        assert connected.hello()
        listed.unlink()
        # Over the connection that it has, too.
        with pytest.raises(WorkerLostError):
            connected.hello(timeout_s=SILENCE_S)
    with Client(guarded, keys_of(pairs, "known")) as client, pytest.raises(WorkerLostError):
        client.hello(timeout_s=SILENCE_S)
    # A file that holds no key keeps nobody else out.
    (tmp_path / "clients" / "broken.key").write_bytes(b"\xff")
    (tmp_path / "clients" / "stranger.key").write_bytes((pairs / "stranger.key").read_bytes())
    with Client(guarded, keys_of(pairs, "stranger")) as client:
        assert client.hello()


def test_broken_messages_over_a_guarded_connection_are_answered(guarded: str, pairs: Path) -> None:
    keys = keys_of(pairs, "known")
    socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.DEALER)
    socket.curve_serverkey, socket.curve_publickey = keys.worker_public, keys.public
    socket.curve_secretkey = keys.secret
    socket.connect(guarded)
    for frames in ([b""], [b"\xc1"], [b"", b""], wire.pack(Hello(), "1")):
        socket.send_multipart(frames)
        assert socket.poll(5000)
        answer = wire.unpack(socket.recv_multipart())
    assert answer.kind == "hello_reply"
    socket.close(0)


def test_where_the_list_cannot_be_read_nobody_is_on_it(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.admission.LOOK_EVERY_S", 0.0)
    clients = AllowList(tmp_path / "clients")
    key = keys_of(pairs, "known").public
    assert clients.holds(key)
    (tmp_path / "clients").rename(tmp_path / "elsewhere")
    assert not clients.holds(key)
    (tmp_path / "elsewhere").rename(tmp_path / "clients")
    assert clients.holds(key)


def test_a_secret_that_does_not_belong_to_its_public_half_is_refused(guarded: str, pairs: Path) -> None:
    known, stranger = keys_of(pairs, "known"), keys_of(pairs, "stranger")
    forged = ClientKeys(known.worker_public, known.public, stranger.secret)
    with Client(guarded, forged) as client, pytest.raises(WorkerLostError):
        client.hello(timeout_s=SILENCE_S)


def test_plain_text_to_a_guarded_socket_is_dropped(guarded: str) -> None:
    socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.DEALER)
    socket.connect(guarded)
    socket.send_multipart(wire.pack(Hello(), "1"))
    assert not socket.poll(int(SILENCE_S * 1000))
    socket.close(0)


@pytest.mark.parametrize("address", ["tcp://0.0.0.0:5570", "tcp://192.0.2.7:5570"], ids=["all", "another"])
def test_beyond_this_machine_keys_are_demanded(address: str) -> None:
    with pytest.raises(KeysError, match="mattebridge keys"):
        Service(address, cast(Any, ScriptedEngine()))


def test_with_keys_every_address_can_be_served(pairs: Path, tmp_path: Path) -> None:
    keys = load_worker_keys(pairs / "worker.key_secret", tmp_path / "clients")
    service = Service("tcp://0.0.0.0:0", cast(Any, ScriptedEngine()), keys=keys)
    service.stop()
    service.run()


def test_secret_files_are_for_their_owner_only_and_never_shown(pairs: Path, tmp_path: Path) -> None:
    secret_file = pairs / "worker.key_secret"
    assert stat.S_IMODE(secret_file.stat().st_mode) == 0o600
    keys: WorkerKeys = load_worker_keys(secret_file, tmp_path / "clients")
    assert keys.secret.decode() not in repr(keys)
    assert keys_of(pairs, "known").secret.decode() not in repr(keys_of(pairs, "known"))
    with pytest.raises(KeysError) as caught:
        load_client_keys(pairs / "known.key", pairs / "worker.key")
    assert "public key only" in str(caught.value)


def test_a_pair_is_not_replaced(pairs: Path) -> None:
    with pytest.raises(KeysError, match="already"):
        make_pair(pairs, "worker")
    for name in ("../x", "", ".hidden", "a/b"):
        with pytest.raises(KeysError, match="no name"):
            make_pair(pairs, name)


def test_the_variables_belong_together(pairs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MATTEBRIDGE_KEY", raising=False)
    monkeypatch.delenv("MATTEBRIDGE_WORKER_KEY", raising=False)
    assert client_keys_of_environment() is None
    monkeypatch.setenv("MATTEBRIDGE_KEY", str(pairs / "known.key_secret"))
    with pytest.raises(KeysError, match="MATTEBRIDGE_WORKER_KEY"):
        client_keys_of_environment()
    monkeypatch.setenv("MATTEBRIDGE_WORKER_KEY", str(pairs / "worker.key"))
    assert client_keys_of_environment() == keys_of(pairs, "known")


def outside(tmp_path: Path) -> dict[str, str]:
    """Ways to a folder that is not below the root, by the form they take."""
    inside, secret = tmp_path / "allowed", tmp_path / "secret"
    (inside / "deep").mkdir(parents=True)
    secret.mkdir()
    (secret / "plate.0001.png").write_bytes(b"")
    (inside / "link").symlink_to(secret)
    (inside / "file.0001.png").symlink_to(secret / "plate.0001.png")
    return {
        "absolute": f"{secret}/plate.####.png",
        "dots": f"{inside}/deep/../../secret/plate.####.png",
        "a link to a folder": f"{inside}/link/plate.####.png",
        "dots after a link": f"{inside}/link/../secret/plate.####.png",
        "a link to a file": f"{inside}/file.0001.png",
        "a sequence of links": f"{inside}/file.####.png",
        "a folder of links": f"{inside}",
        "file url": f"file://{secret}/plate.0001.png",
        "file url, mixed case": f"FILE://{secret}/plate.0001.png",
        "UNC": "\\\\server\\share\\plate.0001.png",
        "UNC with slashes": "//server/share/plate.0001.png",
        "device": "\\\\?\\C:\\plate.0001.png",
        "web": "http://192.0.2.1/plate.0001.png",
        "ffmpeg's list": f"concat:{secret}/plate.0001.png",
    }


@pytest.mark.parametrize(
    "form",
    [
        "absolute",
        "dots",
        "a link to a folder",
        "dots after a link",
        "a link to a file",
        "a sequence of links",
        "a folder of links",
        "file url",
        "file url, mixed case",
        "UNC",
        "UNC with slashes",
        "device",
        "web",
        "ffmpeg's list",
    ],
)
def test_nothing_outside_the_roots_is_read_or_written(tmp_path: Path, engine: Engine, form: str) -> None:
    path = outside(tmp_path)[form]
    engine._roots = Roots([tmp_path / "allowed"])
    inside = str(tmp_path / "allowed" / "out")
    with pytest.raises(BadRequestError, match=r"outside the folders|is no path"):
        engine.check(MatteRequest(source=path, out=inside, model="colours"))
    with pytest.raises(BadRequestError, match=r"outside the folders|is no path"):
        engine.segment(Segment(source=path, model="colours"), ())
    if "link to a file" not in form and "of links" not in form:
        with pytest.raises(BadRequestError, match=r"outside the folders|is no path"):
            engine.check(MatteRequest(source=inside, out=path, model="colours"))
