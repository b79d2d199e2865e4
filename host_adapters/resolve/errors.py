"""What can go wrong between the adapter and Resolve, in words for the person at the console."""

from __future__ import annotations

from bridge.errors import BadRequestError, MattebridgeError
from host_adapters.errors import HostRefusedError

__all__ = ["EditionError", "HostRefusedError", "HostUnavailableError", "NothingToDoError"]


class HostUnavailableError(MattebridgeError):
    """Resolve, its scripting module, a project or a timeline is not there."""

    code = "host_unavailable"


class EditionError(MattebridgeError):
    """This edition or version of Resolve cannot do what was asked."""

    code = "host_edition"


class NothingToDoError(BadRequestError):
    """Of what was chosen in Resolve, nothing can be sent to the worker."""

    code = "host_nothing"
