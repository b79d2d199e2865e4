"""Everything that can go wrong, named by cause.

Each error has a wire code, so that a client raises the same class the worker raised, and an exit code for the
command line: 2 for a request that was wrong, 1 for work that failed, 130 for a cancelled job.
Messages are one or a few short sentences: what was expected, what was found, what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar


class MattebridgeError(Exception):
    """Base of all errors a user can meet."""

    code: ClassVar[str] = "failed"
    exit_code: ClassVar[int] = 1


class BadRequestError(MattebridgeError):
    """The request asks for something that cannot be; nothing was done."""

    code = "bad_request"
    exit_code = 2


class SourceNotFoundError(BadRequestError):
    """No file, folder or sequence lies at the source's path."""

    code = "source_not_found"


class SourceUnreadableError(BadRequestError):
    """The source exists but is of an unknown kind, damaged, or not permitted to be read."""

    code = "source_unreadable"


class FrameRangeError(BadRequestError):
    """A frame range does not parse, or names frames the source does not have."""

    code = "frame_range"


class UnknownNameError(BadRequestError):
    """A category, model, colour space, layout or other name that is not known."""

    code = "unknown_name"


class PolicyError(BadRequestError):
    """A border policy has a row or a value that cannot be used."""

    code = "policy"


class DataSetError(BadRequestError):
    """An annotated data set is incomplete, damaged, or does not fit what it is compared with."""

    code = "data_set"


class LicenceError(BadRequestError):
    """The model's licence is not known to allow what the request is for."""

    code = "licence"


class ModelNotInstalledError(BadRequestError):
    """A model that is known, but whose weights are not on the worker's machine."""

    code = "model_not_installed"


class LayerNameError(BadRequestError):
    """A layer name that a host would refuse or change, or two layers of the same name."""

    code = "layer_name"


class OutputError(BadRequestError):
    """The output folder cannot be made or written."""

    code = "output"


class OtherSettingsError(OutputError):
    """The folder holds mattes of the same clip that were made with other settings."""

    code = "other_settings"


class FrameUnreadableError(MattebridgeError):
    """One frame of the source is missing or damaged."""

    code = "frame_unreadable"


class FolderBusyError(MattebridgeError):
    """Another export writes the mattes of the same clip into the same folder."""

    code = "folder_busy"


class OutOfSpaceError(MattebridgeError):
    """The disk is full; what was finished is kept and the job can be taken up again."""

    code = "out_of_space"


class DeviceMemoryError(MattebridgeError):
    """The device has too little memory for the model or the picture."""

    code = "device_memory"


class DeviceFailedError(MattebridgeError):
    """The device or its driver reported a fault; the inference process was started anew."""

    code = "device_failed"


class InferenceLostError(MattebridgeError):
    """The inference process ended in the middle of the work: a crash in a library, or killed from outside."""

    code = "inference_lost"


class WorkerStoppingError(MattebridgeError):
    """The worker is about to end and takes no new work; jobs it has are kept for its next start."""

    code = "worker_stopping"


class ModelError(MattebridgeError):
    """A model could not be loaded or failed while it ran."""

    code = "model"


class UnsafeCheckpointError(ModelError):
    """A checkpoint that carries code, or would grow beyond its own size; nothing in it was run."""

    code = "unsafe_checkpoint"


class DownloadError(MattebridgeError):
    """Something could not be fetched from the net; what came is kept, and the same command goes on from there."""

    code = "download"


class JobCancelledError(MattebridgeError):
    """The job was cancelled; finished frames are kept."""

    code = "cancelled"
    exit_code = 130


class KeysError(BadRequestError):
    """A key is missing, cannot be read, or does not belong where it is used."""

    code = "keys"


class BusyError(MattebridgeError):
    """The worker has as much waiting work as it takes; nothing was done."""

    code = "busy"


class JobUnknownError(BadRequestError):
    """The worker knows no job of that id."""

    code = "job_unknown"


class ProtocolError(MattebridgeError):
    """A message that does not parse, has an unknown version, or breaks the message classes."""

    code = "protocol"


class SharedMemoryError(BadRequestError):
    """A plate in shared memory that the worker cannot read; a client sends it through the socket then."""

    code = "shared_memory"


class MessageTooLargeError(ProtocolError):
    """A message above the size limit of the wire."""

    code = "message_too_large"


class WorkerUnavailableError(MattebridgeError):
    """No worker answers at the address, and none could be started."""

    code = "worker_unavailable"


class WorkerLostError(MattebridgeError):
    """The worker stopped answering in the middle of a job."""

    code = "worker_lost"


class HostError(MattebridgeError):
    """The host cannot do what is asked of it here, or did not do it."""

    code = "host"


class InternalError(MattebridgeError):
    """A fault in the worker itself; its log has the traceback."""

    code = "internal"


def _leaves(base: type[MattebridgeError]) -> Iterable[type[MattebridgeError]]:
    yield base
    for sub in base.__subclasses__():
        yield from _leaves(sub)


def from_wire(code: str, message: str) -> MattebridgeError:
    """The error a wire code stands for; the base class where this side does not know the code."""
    # A class without a code of its own travels as the one that it is a case of.
    by_code = {cls.code: cls for cls in _leaves(MattebridgeError) if "code" in vars(cls)}
    return by_code.get(code, MattebridgeError)(message)


def unknown_name(what: str, got: str, known: Iterable[str], *, shown: int = 12) -> UnknownNameError:
    """An error for an unknown name that lists the known ones, nearest first.

    Args:
        what: What the name should have been, for example ``category``.
        got: The name that was given.
        known: The names there are.
        shown: How many names the message lists at the most.
    """
    names = list(dict.fromkeys(known))
    lower = got.lower()

    def distance(name: str) -> float:
        inside = lower in name.lower() or name.lower() in lower
        return -difflib.SequenceMatcher(None, lower, name.lower()).ratio() - (0.5 if inside else 0.0)

    names.sort(key=distance)
    # Some label sets have commas in their names: "door, double door".
    quoted = [repr(name) if "," in name else name for name in names[:shown]]
    listed = ", ".join(quoted) + (f" and {len(names) - shown} more" if len(names) > shown else "")
    return UnknownNameError(f"unknown {what} {got!r}; there is: {listed}" if names else f"unknown {what} {got!r}")
