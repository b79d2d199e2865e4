"""Who may talk to a worker: with keys, clients whose public key lies in a folder, and nobody else."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

import zmq
import zmq.auth
from zmq.auth.thread import ThreadAuthenticator

from bridge.keys import WorkerKeys

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
"""How old what is known of the folder may be."""


class AllowList:
    """The public keys in a folder, as they are now: a file that goes takes its client's permission with it.

    Usable from any thread. Where the folder cannot be read nobody is on the list.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._seen: tuple[tuple[str, int, int, int], ...] | None = None
        self._keys: frozenset[bytes] = frozenset()
        self.holds(b"")

    def holds(self, key: bytes) -> bool:
        """Whether a public key, in Z85, is on the list."""
        with self._lock:
            if time.monotonic() - self._looked_at >= LOOK_EVERY_S:
                self._look()
                self._looked_at = time.monotonic()
            return key in self._keys

    def callback(self, _: str, key: bytes) -> bool:
        """Judge a handshake, as `zmq.auth` asks it."""
        admitted = self.holds(key)
        if not admitted:
            # Public keys are no secret, and are what whoever runs the worker needs to find the client.
            log.warning(
                "a client is refused: its public key %s is not on the list", key.decode("ascii", "replace")
            )
        return admitted

    def _look(self) -> None:
        try:
            files = sorted(path for path in self._folder.iterdir() if path.suffix == ".key")
            seen = tuple(
                (path.name, it.st_mtime_ns, it.st_size, it.st_ino) for path in files for it in [path.stat()]
            )
        except OSError as err:
            if self._seen is not None or self._looked_at < 0:
                log.error("the list of clients cannot be read, and nobody is admitted: %s", err)
            self._seen, self._keys = None, frozenset()
            return
        if seen == self._seen:
            return
        keys = {key for path in files if (key := _public_key(path)) is not None}
        log.info("%d clients are on the list in %s", len(keys), self._folder)
        self._seen, self._keys = seen, frozenset(keys)


def _public_key(path: Path) -> bytes | None:
    """The key of a file; None, and a line in the log, where it holds none: the others count all the same."""
    try:
        key, _ = zmq.auth.load_certificate(path)
    except (OSError, ValueError) as err:
        log.error("%s is no key file (%s); its client is not admitted", path, type(err).__name__)
        return None
    return key


def admit(keys: WorkerKeys, clients: AllowList, socket: zmq.Socket[bytes]) -> ThreadAuthenticator:
    """Have a socket speak CURVE and admit the clients on the list; call before it is bound.

    What is said to the socket is then encrypted, and a peer without a key, with a wrong key or with a key that is
    not on the list never gets a message through. Each handshake is judged by the list as it then is.

    Returns:
        What judges; to be stopped when the socket is closed.
    """
    judge = ThreadAuthenticator(socket.context, log=log)
    judge.start()
    judge.configure_curve_callback(domain="*", credentials_provider=clients)
    socket.curve_secretkey = keys.secret
    socket.curve_publickey = keys.public
    socket.curve_server = True
    return judge


def key_of(frame: zmq.Frame) -> bytes:
    """The public key, in Z85, of the peer that sent a frame; empty where the connection has none."""
    try:
        return str(frame.get("User-Id")).encode()
    except zmq.ZMQError:
        return b""
