"""Keys for workers that listen to other machines: CURVE key pairs in files, as ZeroMQ keeps them.

A pair is two files: ``<name>.key`` with the public half, which may be given to anybody, and ``<name>.key_secret``
with both, which only its owner may read.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional, Union

import platformdirs
import zmq.auth

from bridge.errors import KeysError

KEY_VARIABLE = "MATTEBRIDGE_KEY"
"""Environment variable with the file of the client's own secret key."""

WORKER_KEY_VARIABLE = "MATTEBRIDGE_WORKER_KEY"
"""Environment variable with the file of the worker's public key."""


@dataclass(frozen=True)
class ClientKeys:
    """What a client needs to talk to a worker that demands keys."""

    worker_public: bytes
    public: bytes
    secret: bytes = field(repr=False)


@dataclass(frozen=True)
class WorkerKeys:
    """What a worker needs to tell clients that may talk to it from all others."""

    public: bytes
    secret: bytes = field(repr=False)
    clients: Path
    """The folder with the public keys of clients that may connect."""


def default_folder() -> Path:
    """Where `mattebridge keys` puts keys unless it is told another place."""
    return Path(platformdirs.user_config_dir("mattebridge", appauthor=False)) / "keys"


def make_pair(folder: Path, name: str) -> tuple[Path, Path]:
    """Write a new pair; returns the paths of the public and of the secret file.

    Raises:
        KeysError: there is a pair of that name, or the folder cannot be written.
    """
    if not name or Path(name).name != name or name.startswith("."):
        raise KeysError(f"{name!r} is no name for a key; use letters, digits, - and _")
    if (folder / f"{name}.key_secret").exists():
        raise KeysError(f"there is a key {name!r} in {folder} already; delete it first, or choose another name")
    old = os.umask(0o077)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        public, secret = zmq.auth.create_certificates(folder, name)
    except OSError as err:
        raise KeysError(f"cannot write keys to {folder}: {err.strerror}") from None
    finally:
        os.umask(old)
    return Path(public), Path(secret)


def load_worker_keys(secret: Union[str, Path], clients: Union[str, Path]) -> WorkerKeys:
    """A worker's keys; KeysError where a file or the folder of clients cannot be used."""
    public_half, secret_half = _load(secret, secret=True)
    folder = Path(clients).expanduser()
    if not folder.is_dir():
        raise KeysError(f"{folder} is no folder; it must hold the .key files of the clients that may connect")
    assert secret_half is not None
    return WorkerKeys(public_half, secret_half, folder)


def load_client_keys(own: Union[str, Path], worker: Union[str, Path]) -> ClientKeys:
    """A client's keys from its own secret file and the worker's public one; KeysError where those cannot be."""
    public_half, secret_half = _load(own, secret=True)
    assert secret_half is not None
    return ClientKeys(_load(worker, secret=False)[0], public_half, secret_half)


def client_keys_of_environment() -> Optional[ClientKeys]:
    """The keys that the two variables name; None without them, KeysError with one of them only."""
    own, worker = os.environ.get(KEY_VARIABLE), os.environ.get(WORKER_KEY_VARIABLE)
    if not own and not worker:
        return None
    if not own or not worker:
        missing = WORKER_KEY_VARIABLE if own else KEY_VARIABLE
        raise KeysError(f"two keys belong together: {missing} (or its option) is not set")
    return load_client_keys(own, worker)


def _load(path: Union[str, Path], *, secret: bool) -> tuple[bytes, Optional[bytes]]:
    file = Path(path).expanduser()
    try:
        public_half, secret_half = zmq.auth.load_certificate(file)
    except (OSError, ValueError) as err:
        # What the file holds is never repeated.
        raise KeysError(f"{file} is no key file ({type(err).__name__}); `mattebridge keys` makes some") from None
    if secret and secret_half is None:
        raise KeysError(f"{file} holds a public key only; name the .key_secret file")
    return public_half, secret_half
