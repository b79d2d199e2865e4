"""Exceptions of any kind, named by their cause for whoever asked."""

from __future__ import annotations

import errno
import sys

from bridge.errors import (
    BadRequestError,
    DeviceFailedError,
    DeviceMemoryError,
    InternalError,
    MattebridgeError,
    OutOfSpaceError,
    OutputError,
)


def as_known_error(err: BaseException) -> MattebridgeError:
    """The error a user should see for any exception: named by cause where the cause is known."""
    if isinstance(err, MattebridgeError):
        return err
    if _is_torch(err, "OutOfMemoryError"):
        return DeviceMemoryError(f"the device has too little memory: {err}")
    if _is_device_fault(err):
        return DeviceFailedError(f"the device failed: {err}; run the same command again, finished frames are kept")
    if isinstance(err, OSError) and err.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutOfSpaceError(f"no space left for {err.filename}; free some and run the same command again")
    if isinstance(err, PermissionError):
        return OutputError(f"no permission to touch {err.filename}")
    if isinstance(err, MemoryError):
        return BadRequestError("the picture needs more memory than this machine has")
    return InternalError(f"{type(err).__name__}: {err} (the worker's log has the details)")


def _is_torch(err: BaseException, name: str) -> bool:
    """Whether an exception is of a class of torch, which only the inference process has imported."""
    cls = getattr(sys.modules.get("torch"), name, None)
    return isinstance(cls, type) and isinstance(err, cls)


def _is_device_fault(err: BaseException) -> bool:
    """Whether the device itself reported a fault; a process in which it did can not use the device any more."""
    return _is_torch(err, "AcceleratorError") or (isinstance(err, RuntimeError) and "CUDA error" in str(err))
