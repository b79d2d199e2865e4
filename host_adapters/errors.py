"""What can go wrong in more than one adapter."""

from __future__ import annotations

from bridge.errors import MattebridgeError


class HostRefusedError(MattebridgeError):
    """The host answered a call with nothing, what it did cannot be read back, or it does not see the files."""

    code = "host_refused"
