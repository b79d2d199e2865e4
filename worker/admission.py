"""Who may talk to a worker: with keys, clients whose public key lies in a folder, and nobody else."""

from __future__ import annotations

import logging

import zmq
from zmq.auth.thread import ThreadAuthenticator

from bridge.keys import WorkerKeys


def admit(keys: WorkerKeys, socket: zmq.Socket[bytes]) -> ThreadAuthenticator:
    """Have a socket speak CURVE and admit the clients on the list; call before it is bound.

    What is said to the socket is then encrypted, and a peer without a key, with a wrong key or with a key that is
    not on the list never gets a message through. The folder is read at the start.

    Returns:
        What judges; to be stopped when the socket is closed.
    """
    judge = ThreadAuthenticator(socket.context, log=logging.getLogger(__name__))
    # It logs the public keys of those it refuses at this level, which is what whoever runs the worker needs.
    judge.log.setLevel(logging.WARNING)
    judge.start()
    judge.configure_curve(domain="*", location=str(keys.clients))
    socket.curve_secretkey = keys.secret
    socket.curve_publickey = keys.public
    socket.curve_server = True
    return judge
