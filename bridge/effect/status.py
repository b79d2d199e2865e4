"""OpenFX status codes, and the error an action ends with where it cannot be carried out."""

from __future__ import annotations

from enum import IntEnum

from bridge.errors import (
    BadRequestError,
    DeviceMemoryError,
    InternalError,
    JobCancelledError,
    MattebridgeError,
    ProtocolError,
    SourceUnreadableError,
    UnknownNameError,
)


class Status(IntEnum):
    """What an action answers: ``kOfxStat...`` of the OpenFX core."""

    OK = 0
    """Done."""
    FAILED = 1
    """Not done, for a reason that no other code names."""
    ERR_FATAL = 2
    """The effect cannot go on at all."""
    ERR_UNKNOWN = 3
    """An object that is not known."""
    ERR_MISSING_HOST_FEATURE = 4
    """The host lacks something that the effect needs."""
    ERR_UNSUPPORTED = 5
    """A feature or context that the effect does not have."""
    ERR_EXISTS = 6
    """It is there already."""
    ERR_FORMAT = 7
    """A file or picture in a form that cannot be used."""
    ERR_MEMORY = 8
    """Too little memory."""
    ERR_BAD_HANDLE = 9
    """An instance that was destroyed, or never created."""
    ERR_BAD_INDEX = 10
    """A frame that is not there."""
    ERR_VALUE = 11
    """A value that a parameter cannot have."""
    REPLY_YES = 12
    REPLY_NO = 13
    REPLY_DEFAULT = 14
    """The effect has nothing of its own to do here: the host shall do what it does by default."""


class ActionError(MattebridgeError):
    """An action was called out of order, on a dead instance, or with a value that cannot be."""

    code = "action"

    def __init__(self, status: Status, message: str) -> None:
        super().__init__(message)
        self.status = status
        """What a host that speaks OpenFX would be told."""


def status_of(error: BaseException) -> Status:
    """The status code that stands for an error."""
    if isinstance(error, ActionError):
        return error.status
    by_class = (
        (JobCancelledError, Status.FAILED),
        (DeviceMemoryError, Status.ERR_MEMORY),
        (MemoryError, Status.ERR_MEMORY),
        (SourceUnreadableError, Status.ERR_FORMAT),
        (UnknownNameError, Status.ERR_VALUE),
        (BadRequestError, Status.ERR_VALUE),
        (ProtocolError, Status.ERR_FATAL),
        (InternalError, Status.ERR_FATAL),
    )
    return next((status for cls, status in by_class if isinstance(error, cls)), Status.FAILED)
