"""What a service's socket takes from a peer, and keeps for it."""

from __future__ import annotations

import zmq

from bridge import wire

_LETTERS_IN_SOCKET = 100
"""How many small messages the socket keeps for a client; what else there is waits in the mail."""


def set_limits(socket: zmq.Socket[bytes]) -> None:
    """Set the limits of a ROUTER socket; call before it is bound."""
    socket.setsockopt(zmq.LINGER, 1000)
    # What a client does not take is refused by the socket, not lost in it.
    socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
    socket.setsockopt(zmq.SNDHWM, _LETTERS_IN_SOCKET)
    # A machine that went without a word gives up its place some time.
    socket.setsockopt(zmq.TCP_KEEPALIVE, 1)
    socket.setsockopt(zmq.TCP_KEEPALIVE_IDLE, 60)
    # libzmq drops a peer that exceeds this before memory is taken; smaller excesses get an error reply.
    socket.setsockopt(zmq.MAXMSGSIZE, wire.MAX_BUFFERS_BYTES)
