"""What can go wrong between the adapter and Resolve, in words for the person at the console."""

from __future__ import annotations

from bridge.errors import BadRequestError, MattebridgeError


class HostUnavailableError(MattebridgeError):
    """Resolve, its scripting module, a project or a timeline is not there."""

    code = "host_unavailable"


class EditionError(MattebridgeError):
    """This edition or version of Resolve cannot do what was asked."""

    code = "host_edition"


class HostRefusedError(MattebridgeError):
    """Resolve answered a call with None, False or an empty list, or what it did could not be read back."""

    code = "host_refused"


class NothingToDoError(BadRequestError):
    """Of what was chosen in Resolve, nothing can be sent to the worker."""

    code = "host_nothing"
