"""The room's inner error: a file or a frame that cannot be read."""

from __future__ import annotations


class UnreadableError(Exception):
    """Why something cannot be read, without its path.

    Never leaves the room: who knows the path and the frame makes a `MattebridgeError` of it.
    """
